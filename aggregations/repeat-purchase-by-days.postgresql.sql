-- Repeat purchase by days. Parameters: from, to, productsOnly, excludeCancelled, count.
WITH purchases AS (
    SELECT orders.customer_id AS customer_id, DATE_TRUNC('day', orders.ordered_at) AS day
    FROM orders
    WHERE orders.kind = 'sale'
      AND orders.customer_id IS NOT NULL
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND EXISTS (
          SELECT 1
          FROM order_items
          WHERE order_items.order_id = orders.order_id
            AND order_items.quantity > 0
            AND order_items.unit_price > 0
            AND (NOT order_items.is_service OR NOT :productsOnly)
      )
),
-- With count = 'days' the purchases of a day are one.
counted AS (
    SELECT
        customer_id,
        day,
        LEAD(day) OVER (PARTITION BY customer_id ORDER BY day) AS next_day,
        ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day) AS place
    FROM (
        SELECT customer_id, day FROM purchases WHERE :count = 'orders'
        UNION ALL
        SELECT DISTINCT customer_id, day FROM purchases WHERE :count = 'days'
    ) AS chosen
),
customers AS (
    SELECT customer_id, CAST(next_day AS DATE) - CAST(day AS DATE) AS gap
    FROM counted
    WHERE place = 1
),
placed AS (
    SELECT
        CASE
            WHEN gap IS NULL THEN 8
            WHEN gap = 0 THEN 0
            WHEN gap <= 7 THEN 1
            WHEN gap <= 30 THEN 2
            WHEN gap <= 60 THEN 3
            WHEN gap <= 90 THEN 4
            WHEN gap <= 180 THEN 5
            WHEN gap <= 365 THEN 6
            ELSE 7
        END AS place,
        COUNT(*) AS customers
    FROM customers
    GROUP BY 1
),
bands AS (
    SELECT 0 AS place, 'same day' AS days
    UNION ALL SELECT 1, '1–7'
    UNION ALL SELECT 2, '8–30'
    UNION ALL SELECT 3, '31–60'
    UNION ALL SELECT 4, '61–90'
    UNION ALL SELECT 5, '91–180'
    UNION ALL SELECT 6, '181–365'
    UNION ALL SELECT 7, 'over 365'
    UNION ALL SELECT 8, 'never'
),
summed AS (
    SELECT
        bands.place AS place,
        bands.days AS days,
        COALESCE(placed.customers, 0) AS customers,
        SUM(placed.customers) OVER (ORDER BY bands.place) AS up_to_here,
        SUM(placed.customers) OVER () AS everybody
    FROM bands
    LEFT JOIN placed ON placed.place = bands.place
)
SELECT
    days,
    customers,
    1e0 * customers / everybody AS share,
    CASE WHEN place < 8 THEN 1e0 * COALESCE(up_to_here, 0) / everybody END AS "cumulativeShare"
FROM summed
WHERE everybody > 0
ORDER BY place;
