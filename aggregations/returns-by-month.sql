-- Returns by month. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled.
WITH months AS (
    SELECT
        SUBSTR(CAST(orders.ordered_at AS CHAR(19)), 1, 7) AS month,
        COUNT(DISTINCT CASE WHEN orders.kind = 'sale' THEN orders.order_id END) AS orders,
        COUNT(DISTINCT CASE WHEN orders.kind = 'return' THEN orders.order_id END) AS returns,
        SUM(CASE WHEN orders.kind = 'return' THEN -order_items.quantity ELSE 0 END) AS units,
        SUM(CASE WHEN orders.kind = 'sale' THEN order_items.quantity * order_items.unit_price ELSE 0 END) AS revenue,
        SUM(CASE WHEN orders.kind = 'return' THEN order_items.quantity * order_items.unit_price ELSE 0 END) AS amount
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    WHERE orders.kind IN ('sale', 'return')
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.customer_id IS NOT NULL OR NOT :knownCustomersOnly)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND (orders.kind = 'return' OR (order_items.quantity > 0 AND order_items.unit_price > 0))
      AND (NOT order_items.is_service OR NOT :productsOnly)
    GROUP BY SUBSTR(CAST(orders.ordered_at AS CHAR(19)), 1, 7)
)
SELECT
    month,
    orders,
    returns,
    1e0 * returns / (orders + returns) AS "returnRate",
    units AS "unitsReturned",
    revenue,
    amount,
    -1e0 * amount / NULLIF(revenue, 0) AS "valueRate"
FROM months
ORDER BY month;
