-- Churn by inactivity. Parameters: from, asOf, productsOnly, excludeCancelled.
WITH customers AS (
    SELECT orders.customer_id AS customer_id, MAX(orders.ordered_at) AS last_at
    FROM orders
    WHERE orders.kind = 'sale'
      AND orders.customer_id IS NOT NULL
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :asOf OR :asOf IS NULL)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND EXISTS (
          SELECT 1
          FROM order_items
          WHERE order_items.order_id = orders.order_id
            AND order_items.quantity > 0
            AND order_items.unit_price > 0
            AND (NOT order_items.is_service OR NOT :productsOnly)
      )
    GROUP BY orders.customer_id
),
moment AS (
    SELECT COALESCE(:asOf, DATE_TRUNC('day', MAX(last_at)) + INTERVAL '1 day') AS as_of
    FROM customers
),
windows AS (
    SELECT 30 AS days UNION ALL SELECT 60 UNION ALL SELECT 90
    UNION ALL SELECT 120 UNION ALL SELECT 180 UNION ALL SELECT 365
),
counted AS (
    SELECT
        windows.days AS days,
        COUNT(*) AS customers,
        SUM(CASE
            WHEN customers.last_at < moment.as_of + (-windows.days) * INTERVAL '1 day' THEN 1
            ELSE 0
        END) AS churned,
        moment.as_of AS as_of
    FROM windows
    CROSS JOIN moment
    CROSS JOIN customers
    GROUP BY windows.days, moment.as_of
)
SELECT days, customers, churned, 1e0 * churned / customers AS rate, as_of AS "asOf"
FROM counted
ORDER BY days;
