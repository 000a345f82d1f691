-- Repeat purchase rate. Parameters: from, to, productsOnly, excludeCancelled.
WITH customers AS (
    SELECT orders.customer_id, COUNT(DISTINCT orders.order_id) AS orders
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
),
counted AS (
    SELECT
        COUNT(*) AS customers,
        SUM(CASE WHEN orders >= 2 THEN 1 ELSE 0 END) AS repeat_customers
    FROM customers
)
SELECT
    customers,
    repeat_customers AS "repeatCustomers",
    1e0 * repeat_customers / customers AS rate
FROM counted
WHERE customers > 0;
