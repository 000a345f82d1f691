-- Revenue by state. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled.
WITH states AS (
    SELECT
        orders.country AS country,
        orders.delivery_state AS state,
        COUNT(DISTINCT orders.order_id) AS orders,
        ROUND(SUM(order_items.quantity * order_items.unit_price), 4) AS revenue
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
    GROUP BY orders.country, orders.delivery_state
)
SELECT
    country,
    state,
    orders,
    revenue,
    1e0 * revenue / orders AS "averageOrderValue",
    1e0 * revenue / (SELECT SUM(revenue) FROM states) AS share
FROM states
ORDER BY revenue DESC, country IS NOT NULL, country, state IS NOT NULL, state;
