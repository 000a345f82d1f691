-- Items per order. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled, of, upTo.
WITH sold AS (
    SELECT
        orders.order_id AS order_id,
        CASE :of
            WHEN 'lines' THEN COUNT(*)
            WHEN 'products' THEN COUNT(DISTINCT order_items.product_id)
            ELSE SUM(order_items.quantity)
        END AS items,
        SUM(order_items.quantity * order_items.unit_price) AS revenue
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    WHERE orders.kind = 'sale'
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.customer_id IS NOT NULL OR NOT :knownCustomersOnly)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND order_items.quantity > 0
      AND order_items.unit_price > 0
      AND (NOT order_items.is_service OR NOT :productsOnly)
    GROUP BY orders.order_id
),
sizes AS (
    SELECT
        CASE WHEN items > :upTo THEN :upTo + 1 ELSE items END AS size,
        COUNT(*) AS orders,
        SUM(items) AS items,
        SUM(revenue) AS revenue
    FROM sold
    GROUP BY CASE WHEN items > :upTo THEN :upTo + 1 ELSE items END
)
SELECT
    CAST(size AS VARCHAR(20)) || CASE WHEN size > :upTo THEN ' or more' ELSE '' END AS items,
    orders,
    items AS "totalItems",
    revenue,
    1.0 * revenue / orders AS "averageOrderValue",
    1e0 * orders / SUM(orders) OVER () AS share,
    1e0 * SUM(orders) OVER (ORDER BY size) / SUM(orders) OVER () AS "cumulativeShare"
FROM sizes
ORDER BY size;
