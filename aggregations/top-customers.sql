-- Top customers. Parameters: from, to, productsOnly, excludeCancelled, limit.
SELECT
    orders.customer_id AS "customerId",
    COUNT(DISTINCT orders.order_id) AS orders,
    SUM(order_items.quantity) AS units,
    ROUND(SUM(order_items.quantity * order_items.unit_price), 4) AS revenue
FROM orders
JOIN order_items ON order_items.order_id = orders.order_id
WHERE orders.kind = 'sale'
  AND (orders.ordered_at >= :from OR :from IS NULL)
  AND (orders.ordered_at < :to OR :to IS NULL)
  AND orders.customer_id IS NOT NULL
  AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
  AND order_items.quantity > 0
  AND order_items.unit_price > 0
  AND (NOT order_items.is_service OR NOT :productsOnly)
GROUP BY orders.customer_id
ORDER BY revenue DESC, orders.customer_id
LIMIT :limit;
