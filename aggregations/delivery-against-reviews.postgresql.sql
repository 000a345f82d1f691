-- Delivery against reviews. Parameters: from, to, by, detail, mapping, latestPerOrder.
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
            WHEN :by = 'timestamp'
            THEN EXTRACT(EPOCH FROM orders.delivery_delivered_at - orders.delivery_estimated_at) / 86400
            ELSE CAST(orders.delivery_delivered_at AS DATE) - CAST(orders.delivery_estimated_at AS DATE)
        END AS days_late
    FROM ranked
    JOIN orders ON orders.order_id = ranked.order_id
    WHERE (ranked.age = 1 OR NOT :latestPerOrder)
      AND orders.kind = 'sale'
      AND orders.status = 'delivered'
      AND orders.delivery_delivered_at IS NOT NULL
      AND orders.delivery_estimated_at IS NOT NULL
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
),
bands AS (
    SELECT
        score,
        CASE
            WHEN :detail = 'late' AND days_late <= 0 THEN 'on time'
            WHEN :detail = 'late' THEN 'late'
            WHEN days_late <= -14 THEN '14 or more days early'
            WHEN days_late <= -7 THEN '7 to 14 days early'
            WHEN days_late <= 0 THEN 'up to 7 days early'
            WHEN days_late <= 3 THEN 'up to 3 days late'
            WHEN days_late <= 7 THEN '3 to 7 days late'
            WHEN days_late <= 14 THEN '7 to 14 days late'
            ELSE 'over 14 days late'
        END AS delivery,
        days_late
    FROM delivered
),
counted AS (
    SELECT
        delivery,
        MIN(days_late) AS earliest,
        COUNT(*) AS reviews,
        SUM(score) AS total,
        SUM(score * score) AS squares,
        SUM(CASE WHEN score = 1 THEN 1 ELSE 0 END) AS score1,
        SUM(CASE WHEN score = 2 THEN 1 ELSE 0 END) AS score2,
        SUM(CASE WHEN score = 3 THEN 1 ELSE 0 END) AS score3,
        SUM(CASE WHEN score = 4 THEN 1 ELSE 0 END) AS score4,
        SUM(CASE WHEN score = 5 THEN 1 ELSE 0 END) AS score5
    FROM bands
    GROUP BY delivery
)
SELECT
    delivery,
    reviews,
    1e0 * total / reviews AS "meanScore",
    SQRT(1e0 * (reviews * squares - total * total) / reviews / NULLIF(reviews - 1, 0)) AS deviation,
    score1,
    score2,
    score3,
    score4,
    score5,
    1e2 * CASE
        WHEN :mapping = '5-against-1-3' THEN score5 - score1 - score2 - score3
        ELSE score4 + score5 - score1 - score2
    END / reviews AS "npsProxy"
FROM counted
ORDER BY earliest;
