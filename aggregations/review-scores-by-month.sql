-- Review scores by month. Parameters: from, to, mapping, latestPerOrder.
WITH ranked AS (
    SELECT
        SUBSTR(CAST(created_at AS CHAR(19)), 1, 7) AS month,
        score,
        ROW_NUMBER() OVER (
            PARTITION BY order_id
            ORDER BY COALESCE(answered_at, created_at) DESC, review_id DESC
        ) AS age
    FROM reviews
    WHERE (created_at >= :from OR :from IS NULL)
      AND (created_at < :to OR :to IS NULL)
),
months AS (
    SELECT
        month,
        COUNT(*) AS reviews,
        SUM(score) AS total,
        SUM(CASE WHEN score = 1 THEN 1 ELSE 0 END) AS score1,
        SUM(CASE WHEN score = 2 THEN 1 ELSE 0 END) AS score2,
        SUM(CASE WHEN score = 3 THEN 1 ELSE 0 END) AS score3,
        SUM(CASE WHEN score = 4 THEN 1 ELSE 0 END) AS score4,
        SUM(CASE WHEN score = 5 THEN 1 ELSE 0 END) AS score5
    FROM ranked
    WHERE age = 1 OR NOT :latestPerOrder
    GROUP BY month
)
SELECT
    month,
    reviews,
    1e0 * total / reviews AS "meanScore",
    score1,
    score2,
    score3,
    score4,
    score5,
    1e2 * CASE
        WHEN :mapping = '5-against-1-3' THEN score5 - score1 - score2 - score3
        ELSE score4 + score5 - score1 - score2
    END / reviews AS "npsProxy"
FROM months
ORDER BY month;
