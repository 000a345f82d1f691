-- Top products. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled, by, limit.
WITH sold AS (
    SELECT
        order_items.product_id AS product_id,
        SUM(order_items.quantity) AS units,
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
    GROUP BY order_items.product_id
)
SELECT
    sold.product_id AS "productId",
    products.name AS name,
    sold.units AS units,
    sold.revenue AS revenue,
    1e0 * sold.revenue / (SELECT SUM(revenue) FROM sold) AS share
FROM sold
LEFT JOIN products ON products.product_id = sold.product_id
ORDER BY CASE WHEN :by = 'units' THEN sold.units ELSE sold.revenue END DESC, sold.product_id
LIMIT :limit;
