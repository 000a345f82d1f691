-- Review scores. Parameters: from, to, latestPerOrder.
WITH ranked AS (
    SELECT
        score,
        ROW_NUMBER() OVER (
            PARTITION BY order_id
            ORDER BY COALESCE(answered_at, created_at) DESC, review_id DESC
        ) AS age
    FROM reviews
    WHERE (created_at >= :from OR :from IS NULL)
      AND (created_at < :to OR :to IS NULL)
),
scores AS (
    SELECT score, COUNT(*) AS reviews
    FROM ranked
    WHERE age = 1 OR NOT :latestPerOrder
    GROUP BY score
)
SELECT score, reviews, 1e0 * reviews / (SELECT SUM(reviews) FROM scores) AS share
FROM scores
ORDER BY score;
