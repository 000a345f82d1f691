-- Views to orders. Parameters: from, to, by, hours, limit.
WITH seen AS (
    SELECT
        CASE WHEN :by = 'product' THEN product_views.product_id ELSE product_views.source END AS group_id,
        CASE WHEN product_views.customer_id IS NOT NULL THEN 1 ELSE 0 END AS known,
        CASE
            WHEN EXISTS (
                SELECT 1
                FROM orders
                JOIN order_items ON order_items.order_id = orders.order_id
                WHERE orders.customer_id = product_views.customer_id
                  AND orders.kind = 'sale'
                  AND orders.status NOT IN ('canceled', 'unavailable')
                  AND orders.ordered_at >= product_views.at
                  AND orders.ordered_at <= product_views.at + INTERVAL :hours HOUR
                  AND order_items.product_id = product_views.product_id
            ) THEN 1
            ELSE 0
        END AS ordered
    FROM product_views
    WHERE (product_views.at >= :from OR :from IS NULL)
      AND (product_views.at < :to OR :to IS NULL)
),
grouped AS (
    SELECT group_id, COUNT(*) AS views, SUM(known) AS known_views, SUM(ordered) AS ordered
    FROM seen
    GROUP BY group_id
)
SELECT
    grouped.group_id AS "group",
    COALESCE(products.name, grouped.group_id) AS name,
    grouped.views AS views,
    grouped.known_views AS "knownViews",
    grouped.ordered AS ordered,
    1e0 * grouped.ordered / NULLIF(grouped.known_views, 0) AS conversion
FROM grouped
LEFT JOIN products ON products.product_id = grouped.group_id
ORDER BY grouped.views DESC, grouped.group_id
LIMIT :limit;
