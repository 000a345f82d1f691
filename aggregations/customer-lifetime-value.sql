-- Customer lifetime value. Parameters: from, to, productsOnly, excludeCancelled, net, by.
WITH customers AS (
    SELECT
        orders.customer_id AS customer_id,
        CASE WHEN :by = 'cohort' THEN SUBSTR(
            CAST(MIN(CASE WHEN orders.kind = 'sale' THEN orders.ordered_at END) AS CHAR(19)), 1, 7
        ) ELSE 'all' END AS cohort,
        COUNT(DISTINCT CASE WHEN orders.kind = 'sale' THEN orders.order_id END) AS orders,
        ROUND(SUM(order_items.quantity * order_items.unit_price), 4) AS value
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    WHERE (orders.kind = 'sale' OR (orders.kind = 'return' AND :net))
      AND orders.customer_id IS NOT NULL
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND (orders.kind = 'return' OR (order_items.quantity > 0 AND order_items.unit_price > 0))
      AND (NOT order_items.is_service OR NOT :productsOnly)
    GROUP BY orders.customer_id
),
ranked AS (
    SELECT
        customers.*,
        ROW_NUMBER() OVER (PARTITION BY cohort ORDER BY value) AS place,
        COUNT(*) OVER (PARTITION BY cohort) AS places
    FROM customers
),
cohorts AS (
    SELECT
        cohort,
        COUNT(*) AS customers,
        SUM(orders) AS orders,
        SUM(value) AS total,
        AVG(CASE WHEN 2 * place BETWEEN places AND places + 2 THEN value END) AS median,
        MAX(value) AS maximum,
        SUM(CASE WHEN value <= 0 THEN 1 ELSE 0 END) AS not_positive
    FROM ranked
    GROUP BY cohort
)
SELECT
    cohort AS "group",
    customers,
    1e0 * orders / customers AS "ordersPerCustomer",
    total,
    1.0 * total / customers AS mean,
    median,
    maximum,
    not_positive AS "notPositive"
FROM cohorts
ORDER BY cohort IS NOT NULL, cohort;
