-- Late deliveries. Parameters: from, to, by, per.
WITH delivered AS (
    SELECT
        CASE :per
            WHEN 'month' THEN SUBSTR(CAST(ordered_at AS CHAR(19)), 1, 7)
            WHEN 'state' THEN delivery_state
            WHEN 'country' THEN country
            ELSE 'all'
        END AS group_id,
        CASE
            WHEN :by = 'timestamp'
            THEN ROUND((julianday(delivery_delivered_at) - julianday(delivery_estimated_at)) * 86400000) / 86400000
            ELSE julianday(date(delivery_delivered_at)) - julianday(date(delivery_estimated_at))
        END AS days_late
    FROM orders
    WHERE kind = 'sale'
      AND status = 'delivered'
      AND delivery_delivered_at IS NOT NULL
      AND delivery_estimated_at IS NOT NULL
      AND (ordered_at >= :from OR :from IS NULL)
      AND (ordered_at < :to OR :to IS NULL)
)
SELECT
    group_id AS "group",
    COUNT(*) AS orders,
    SUM(CASE WHEN days_late > 0 THEN 1 ELSE 0 END) AS late,
    1e0 * SUM(CASE WHEN days_late > 0 THEN 1 ELSE 0 END) / COUNT(*) AS "lateShare",
    AVG(CASE WHEN days_late > 0 THEN 1e0 * days_late END) AS "meanDaysLate",
    MAX(CASE WHEN days_late > 0 THEN days_late END) AS "mostDaysLate"
FROM delivered
GROUP BY group_id
ORDER BY group_id IS NOT NULL, group_id;
