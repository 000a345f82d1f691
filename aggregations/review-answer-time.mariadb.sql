-- Review answer time. Parameters: from, to, maxScore.
WITH timed AS (
    SELECT
        SUBSTR(CAST(created_at AS CHAR(19)), 1, 7) AS month,
        TIMESTAMPDIFF(MICROSECOND, created_at, answered_at) / 36e8 AS hours
    FROM reviews
    WHERE (created_at >= :from OR :from IS NULL)
      AND (created_at < :to OR :to IS NULL)
      AND (score <= :maxScore OR :maxScore IS NULL)
),
-- Between the two nearest values, percentiles are interpolated: each weighs as much as it is near.
ranked AS (
    SELECT
        month,
        hours,
        ABS(ROW_NUMBER() OVER (PARTITION BY month ORDER BY hours IS NULL, hours) - 1
            - 0.5 * (COUNT(hours) OVER (PARTITION BY month) - 1)) AS from_median,
        ABS(ROW_NUMBER() OVER (PARTITION BY month ORDER BY hours IS NULL, hours) - 1
            - 0.9 * (COUNT(hours) OVER (PARTITION BY month) - 1)) AS from_p90
    FROM timed
)
SELECT
    month,
    COUNT(*) AS reviews,
    COUNT(hours) AS answered,
    1e0 * COUNT(hours) / COUNT(*) AS "answeredShare",
    AVG(hours) AS "meanHours",
    SUM(CASE WHEN from_median < 1 THEN hours * (1 - from_median) END) AS "medianHours",
    SUM(CASE WHEN from_p90 < 1 THEN hours * (1 - from_p90) END) AS "p90Hours"
FROM ranked
GROUP BY month
ORDER BY month;
