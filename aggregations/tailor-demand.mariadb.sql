-- Tailor demand. Parameters: from, to.
WITH daily AS (
    SELECT state AS region, CAST(CAST(appointments.at AS DATE) AS DATETIME(3)) AS day, COUNT(*) AS visits
    FROM appointments
    WHERE status <> 'cancelled'
      AND (appointments.at >= :from OR :from IS NULL)
      AND (appointments.at < :to OR :to IS NULL)
    GROUP BY state, CAST(CAST(appointments.at AS DATE) AS DATETIME(3))
),
-- The days from the first to the last: a day that :to begins is none of them, a day that it cuts is one.
period AS (
    SELECT
        CASE
            WHEN :from IS NOT NULL AND :to IS NOT NULL THEN CEIL(TIMESTAMPDIFF(MICROSECOND, :from, :to) / 864e8)
            WHEN :to IS NOT NULL THEN CEIL(TIMESTAMPDIFF(MICROSECOND, MIN(day), :to) / 864e8)
            ELSE DATEDIFF(MAX(day), COALESCE(:from, MIN(day))) + 1
        END AS days
    FROM daily
    HAVING COUNT(*) > 0
),
regions_of AS (
    SELECT tailor_id, COUNT(*) AS regions
    FROM tailor_regions
    GROUP BY tailor_id
),
capacity AS (
    SELECT
        tailor_regions.region AS region,
        COUNT(*) AS tailors,
        ROUND(SUM(1e0 * tailors.capacity_per_day / regions_of.regions), 9) AS per_day
    FROM tailor_regions
    JOIN tailors ON tailors.tailor_id = tailor_regions.tailor_id
    JOIN regions_of ON regions_of.tailor_id = tailor_regions.tailor_id
    GROUP BY tailor_regions.region
),
visited AS (
    SELECT
        daily.region AS region,
        SUM(daily.visits) AS visits,
        MAX(daily.visits) AS busiest,
        SUM(CASE WHEN daily.visits > COALESCE(capacity.per_day, 0) THEN 1 ELSE 0 END) AS over_capacity
    FROM daily
    LEFT JOIN capacity ON capacity.region = daily.region
    GROUP BY daily.region
),
regions AS (
    SELECT
        visited.region AS region,
        COALESCE(capacity.tailors, 0) AS tailors,
        COALESCE(capacity.per_day, 0) AS per_day,
        visited.visits AS visits,
        visited.busiest AS busiest,
        visited.over_capacity AS over_capacity
    FROM visited
    LEFT JOIN capacity ON capacity.region = visited.region
    UNION ALL
    SELECT capacity.region, capacity.tailors, capacity.per_day, 0, 0, 0
    FROM capacity
    WHERE NOT EXISTS (SELECT 1 FROM visited WHERE visited.region = capacity.region)
),
used AS (
    SELECT regions.*, period.days AS days, 1e0 * visits / NULLIF(per_day * period.days, 0) AS utilisation
    FROM regions
    CROSS JOIN period
)
SELECT
    region,
    tailors,
    per_day AS "capacityPerDay",
    visits,
    1e0 * visits / days AS "visitsPerDay",
    busiest AS "busiestDay",
    over_capacity AS "daysOverCapacity",
    utilisation
FROM used
ORDER BY CASE WHEN tailors = 0 AND visits > 0 THEN 0 ELSE 1 END, utilisation IS NULL, utilisation DESC,
    region IS NOT NULL, region;
