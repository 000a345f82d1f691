-- Cancellations by month. Parameters: from, to, knownCustomersOnly.
WITH months AS (
    SELECT
        SUBSTR(CAST(ordered_at AS CHAR(19)), 1, 7) AS month,
        COUNT(*) AS orders,
        SUM(CASE WHEN status = 'canceled' THEN 1 ELSE 0 END) AS canceled,
        SUM(CASE WHEN status = 'unavailable' THEN 1 ELSE 0 END) AS unavailable,
        SUM(CASE WHEN status IN ('canceled', 'unavailable') THEN total ELSE 0 END) AS lost,
        SUM(total) AS total
    FROM orders
    WHERE kind = 'sale'
      AND (ordered_at >= :from OR :from IS NULL)
      AND (ordered_at < :to OR :to IS NULL)
      AND (customer_id IS NOT NULL OR NOT :knownCustomersOnly)
    GROUP BY SUBSTR(CAST(ordered_at AS CHAR(19)), 1, 7)
)
SELECT
    month,
    orders,
    canceled,
    unavailable,
    1e0 * (canceled + unavailable) / orders AS rate,
    lost,
    1e0 * lost / NULLIF(total, 0) AS "lostShare"
FROM months
ORDER BY month;
