-- Revenue by category. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled.
WITH categories AS (
    SELECT
        products.category AS category,
        COUNT(DISTINCT order_items.product_id) AS products,
        COUNT(*) AS "lines",
        SUM(order_items.quantity) AS units,
        ROUND(SUM(order_items.quantity * order_items.unit_price), 4) AS revenue
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    LEFT JOIN products ON products.product_id = order_items.product_id
    WHERE orders.kind = 'sale'
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.customer_id IS NOT NULL OR NOT :knownCustomersOnly)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND order_items.quantity > 0
      AND order_items.unit_price > 0
      AND (NOT order_items.is_service OR NOT :productsOnly)
    GROUP BY products.category
)
SELECT
    category,
    products,
    "lines",
    units,
    revenue,
    1e0 * revenue / (SELECT SUM(revenue) FROM categories) AS share
FROM categories
ORDER BY revenue DESC, category IS NOT NULL, category;
