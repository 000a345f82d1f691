-- NPS proxy. Parameters: from, to, mapping, latestPerOrder.
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
judged AS (
    SELECT
        COUNT(*) AS reviews,
        SUM(CASE WHEN score = 5 OR (score = 4 AND :mapping = '4-5-against-1-2') THEN 1 ELSE 0 END) AS promoters,
        SUM(CASE WHEN score <= 2 OR (score = 3 AND :mapping = '5-against-1-3') THEN 1 ELSE 0 END) AS detractors
    FROM ranked
    WHERE age = 1 OR NOT :latestPerOrder
)
SELECT
    reviews,
    promoters,
    reviews - promoters - detractors AS passives,
    detractors,
    1e2 * (promoters - detractors) / reviews AS "npsProxy"
FROM judged
WHERE reviews > 0;
