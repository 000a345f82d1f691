-- Customer Pareto. Parameters: from, to, productsOnly, excludeCancelled, limit.
WITH sold AS (
    SELECT
        orders.customer_id AS customer_id,
        COUNT(DISTINCT orders.order_id) AS orders,
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
),
ranked AS (
    SELECT
        sold.*,
        ROW_NUMBER() OVER best AS place,
        SUM(revenue) OVER (best ROWS UNBOUNDED PRECEDING) AS up_to_here,
        SUM(revenue) OVER () AS total,
        COUNT(*) OVER () AS places
    FROM sold
    WINDOW best AS (ORDER BY revenue DESC, customer_id)
)
SELECT
    place AS rank,
    customer_id AS "customerId",
    orders,
    revenue,
    1e0 * revenue / total AS share,
    1e0 * up_to_here / total AS "cumulativeShare",
    1e0 * place / places AS "rankShare",
    CASE
        WHEN ROUND(up_to_here - revenue, 4) < ROUND(0.80 * total, 6) THEN 'A'
        WHEN ROUND(up_to_here - revenue, 4) < ROUND(0.95 * total, 6) THEN 'B'
        ELSE 'C'
    END AS class
FROM ranked
ORDER BY place
LIMIT :limit;
