-- Delivery and review correlation. Parameters: from, to, of, latestPerOrder.
WITH ranked AS (
    SELECT
        order_id,
        score,
        ROW_NUMBER() OVER (
            PARTITION BY order_id
            ORDER BY COALESCE(answered_at, created_at) DESC, review_id DESC
        ) AS age
    FROM reviews
),
delivered AS (
    SELECT
        ranked.score AS score,
        CASE
            WHEN :of = 'days'
            THEN EXTRACT(EPOCH FROM orders.delivery_delivered_at - orders.ordered_at) / 86400
            ELSE EXTRACT(EPOCH FROM orders.delivery_delivered_at - orders.delivery_estimated_at) / 86400
        END AS days
    FROM ranked
    JOIN orders ON orders.order_id = ranked.order_id
    WHERE (ranked.age = 1 OR NOT :latestPerOrder)
      AND orders.kind = 'sale'
      AND orders.status = 'delivered'
      AND orders.delivery_delivered_at IS NOT NULL
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
),
centred AS (
    SELECT
        days,
        score,
        days - AVG(days) OVER () AS x,
        score - AVG(1e0 * score) OVER () AS y
    FROM delivered
    WHERE days IS NOT NULL
),
summed AS (
    SELECT
        COUNT(*) AS reviews,
        AVG(days) AS mean_days,
        AVG(1e0 * score) AS mean_score,
        SUM(x * y) AS xy,
        SUM(x * x) AS xx,
        SUM(y * y) AS yy
    FROM centred
)
SELECT
    reviews,
    mean_days AS "meanDays",
    mean_score AS "meanScore",
    xy / NULLIF(SQRT(xx * yy), 0) AS correlation,
    xy / NULLIF(xx, 0) AS "scorePerDay"
FROM summed
WHERE reviews > 0;
