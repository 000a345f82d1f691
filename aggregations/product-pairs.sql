-- Product pairs. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled, minOrders, rankBy, limit.
WITH baskets AS (
    SELECT DISTINCT orders.order_id AS order_id, order_items.product_id AS product_id
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
),
frequent AS (
    SELECT product_id, COUNT(*) AS orders
    FROM baskets
    GROUP BY product_id
    HAVING COUNT(*) >= :minOrders
),
kept AS (
    SELECT baskets.order_id AS order_id, baskets.product_id AS product_id, frequent.orders AS orders
    FROM baskets
    JOIN frequent ON frequent.product_id = baskets.product_id
),
pairs AS (
    SELECT
        a.product_id AS product_a,
        b.product_id AS product_b,
        COUNT(*) AS orders,
        1e0 * COUNT(*) * (SELECT COUNT(DISTINCT order_id) FROM baskets) / (MIN(a.orders) * MIN(b.orders)) AS lift
    FROM kept AS a
    JOIN kept AS b ON b.order_id = a.order_id AND b.product_id > a.product_id
    GROUP BY a.product_id, b.product_id
    HAVING COUNT(*) >= :minOrders
)
SELECT product_a AS "productA", product_b AS "productB", orders, lift
FROM pairs
ORDER BY CASE WHEN :rankBy = 'lift' THEN lift ELSE orders END DESC, product_a, product_b
LIMIT :limit;
