-- Delivery days. Parameters: from, to, per, wholeDays.
WITH delivered AS (
    SELECT
        CASE :per
            WHEN 'month' THEN SUBSTR(CAST(ordered_at AS CHAR(19)), 1, 7)
            WHEN 'state' THEN delivery_state
            WHEN 'country' THEN country
            ELSE 'all'
        END AS group_id,
        TIMESTAMPDIFF(MICROSECOND, ordered_at, delivery_delivered_at) / 864e8 AS exact_days,
        TIMESTAMPDIFF(MICROSECOND, ordered_at, delivery_shipped_at) / 864e8 AS processing,
        TIMESTAMPDIFF(MICROSECOND, delivery_shipped_at, delivery_delivered_at) / 864e8 AS transit,
        TIMESTAMPDIFF(MICROSECOND, delivery_estimated_at, delivery_delivered_at) / 864e8 AS against_promise,
        CASE
            WHEN delivery_shipped_at < ordered_at OR delivery_shipped_at > delivery_delivered_at THEN 1
            ELSE 0
        END AS out_of_order
    FROM orders
    WHERE kind = 'sale'
      AND status = 'delivered'
      AND delivery_delivered_at IS NOT NULL
      AND (ordered_at >= :from OR :from IS NULL)
      AND (ordered_at < :to OR :to IS NULL)
),
rounded AS (
    SELECT delivered.*, CASE WHEN :wholeDays THEN FLOOR(exact_days) ELSE exact_days END AS days
    FROM delivered
),
-- Between the two nearest values, percentiles are interpolated: each weighs as much as it is near.
ranked AS (
    SELECT
        rounded.*,
        ABS(ROW_NUMBER() OVER (PARTITION BY group_id ORDER BY days) - 1
            - 0.5 * (COUNT(*) OVER (PARTITION BY group_id) - 1)) AS from_median,
        ABS(ROW_NUMBER() OVER (PARTITION BY group_id ORDER BY days) - 1
            - 0.9 * (COUNT(*) OVER (PARTITION BY group_id) - 1)) AS from_p90
    FROM rounded
)
SELECT
    group_id AS "group",
    COUNT(*) AS orders,
    AVG(days) AS "meanDays",
    SUM(CASE WHEN from_median < 1 THEN days * (1 - from_median) END) AS "medianDays",
    SUM(CASE WHEN from_p90 < 1 THEN days * (1 - from_p90) END) AS "p90Days",
    AVG(processing) AS "processingDays",
    AVG(transit) AS "transitDays",
    AVG(against_promise) AS "againstPromiseDays",
    SUM(out_of_order) AS "outOfOrder"
FROM ranked
GROUP BY group_id
ORDER BY group_id IS NOT NULL, group_id;
