-- Return rate by product. Parameters: from, to, knownCustomersOnly, productsOnly, minUnits, limit.
WITH moved AS (
    SELECT
        order_items.product_id AS product_id,
        SUM(CASE WHEN orders.kind = 'sale' THEN order_items.quantity ELSE 0 END) AS sold,
        SUM(CASE WHEN orders.kind = 'return' THEN -order_items.quantity ELSE 0 END) AS returned,
        SUM(CASE WHEN orders.kind = 'sale' THEN order_items.quantity * order_items.unit_price ELSE 0 END) AS revenue,
        SUM(CASE WHEN orders.kind = 'return' THEN order_items.quantity * order_items.unit_price ELSE 0 END) AS refunded
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    WHERE (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.customer_id IS NOT NULL OR NOT :knownCustomersOnly)
      AND (NOT order_items.is_service OR NOT :productsOnly)
      AND (
          (orders.kind = 'sale' AND order_items.quantity > 0 AND order_items.unit_price > 0)
          OR (orders.kind = 'return' AND order_items.quantity < 0)
      )
    GROUP BY order_items.product_id
),
rated AS (
    SELECT moved.*, 1e0 * returned / sold AS rate
    FROM moved
    WHERE sold >= :minUnits
)
SELECT
    rated.product_id AS "productId",
    products.name AS name,
    rated.sold AS "unitsSold",
    rated.returned AS "unitsReturned",
    rated.rate AS "returnRate",
    rated.revenue AS revenue,
    rated.refunded AS returns,
    -1e0 * rated.refunded / rated.revenue AS "valueRate"
FROM rated
LEFT JOIN products ON products.product_id = rated.product_id
ORDER BY rated.rate DESC, rated.returned DESC, rated.product_id
LIMIT :limit;
