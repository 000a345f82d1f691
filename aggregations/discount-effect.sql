-- Discount effect. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled.
WITH sold AS (
    SELECT
        orders.order_id AS order_id,
        COUNT(*) AS order_lines,
        SUM(order_items.quantity) AS units,
        SUM(order_items.quantity * order_items.unit_price) AS revenue,
        SUM(COALESCE(order_items.discount, 0)) AS discount
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
    GROUP BY orders.order_id
),
-- Without a division, so that exactly 10 % is 10 % in every database.
banded AS (
    SELECT
        sold.*,
        CASE
            WHEN discount <= 0 THEN 'none'
            WHEN ROUND(100 * discount, 4) < ROUND(5 * revenue, 4) THEN 'under 5 %'
            WHEN ROUND(100 * discount, 4) < ROUND(10 * revenue, 4) THEN '5–10 %'
            WHEN ROUND(100 * discount, 4) < ROUND(15 * revenue, 4) THEN '10–15 %'
            WHEN ROUND(100 * discount, 4) < ROUND(20 * revenue, 4) THEN '15–20 %'
            ELSE '20 % or more'
        END AS band
    FROM sold
),
bands AS (
    SELECT
        band,
        MIN(1e0 * discount / revenue) AS least,
        COUNT(*) AS orders,
        SUM(order_lines) AS order_lines,
        SUM(units) AS units,
        SUM(revenue) AS revenue,
        SUM(discount) AS discount
    FROM banded
    GROUP BY band
)
SELECT
    band AS discount,
    orders,
    1e0 * orders / (SELECT SUM(orders) FROM bands) AS share,
    revenue,
    discount AS given,
    1.0 * revenue / orders AS "averageOrderValue",
    1.0 * (revenue - discount) / orders AS "averagePaid",
    1e0 * units / orders AS "unitsPerOrder",
    1e0 * order_lines / orders AS "linesPerOrder"
FROM bands
ORDER BY least;
