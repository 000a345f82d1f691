-- Designer load. Parameters: from, to.
WITH period AS (
    SELECT
        DATE_TRUNC('day', COALESCE(:from, MIN(scheduled_at))) AS from_at,
        COALESCE(
            DATE_TRUNC('day', :to),
            DATE_TRUNC('day', MAX(scheduled_at)) + INTERVAL '1 day'
        ) AS to_at
    FROM design_sessions
    WHERE (scheduled_at >= :from OR :from IS NULL)
      AND (scheduled_at < :to OR :to IS NULL)
    HAVING COUNT(*) > 0
),
calendars AS (
    SELECT
        designers.designer_id AS designer_id,
        period.to_at AS to_at,
        CASE
            WHEN designers.hired_at > period.from_at THEN DATE_TRUNC('day', designers.hired_at)
            ELSE period.from_at
        END AS start_at
    FROM designers
    CROSS JOIN period
),
slots AS (
    SELECT
        calendars.designer_id AS designer_id,
        60 * CAST(SUBSTR(to_time, 1, 2) AS INTEGER) + CAST(SUBSTR(to_time, 4, 2) AS INTEGER)
            - 60 * CAST(SUBSTR(from_time, 1, 2) AS INTEGER) - CAST(SUBSTR(from_time, 4, 2) AS INTEGER) AS minutes,
        -- Days from the first such weekday to the end: a seventh of them, rounded up, are such weekdays.
        CAST(calendars.to_at AS DATE) - CAST(calendars.start_at AS DATE)
            - (designer_availability.weekday - (EXTRACT(ISODOW FROM calendars.start_at)) + 7) % 7 AS days
    FROM calendars
    JOIN designer_availability ON designer_availability.designer_id = calendars.designer_id
),
available AS (
    SELECT designer_id, SUM(CASE WHEN days > 0 THEN minutes * CEIL(days / 7e0) ELSE 0 END) AS minutes
    FROM slots
    GROUP BY designer_id
),
held AS (
    SELECT
        design_sessions.designer_id AS designer_id,
        COUNT(*) AS sessions,
        SUM(design_sessions.minutes) AS booked,
        SUM(CASE WHEN design_sessions.status = 'noShow' THEN design_sessions.minutes ELSE 0 END) AS lost
    FROM design_sessions
    CROSS JOIN period
    WHERE design_sessions.status IN ('booked', 'completed', 'noShow')
      AND design_sessions.scheduled_at >= period.from_at
      AND design_sessions.scheduled_at < period.to_at
    GROUP BY design_sessions.designer_id
),
loads AS (
    SELECT
        designers.designer_id AS designer_id,
        designers.name AS name,
        COALESCE(held.sessions, 0) AS sessions,
        COALESCE(held.booked, 0) AS booked,
        COALESCE(held.lost, 0) AS lost,
        COALESCE(available.minutes, 0) AS available,
        1e0 * COALESCE(held.booked, 0) / NULLIF(available.minutes, 0) AS used
    FROM designers
    CROSS JOIN period
    LEFT JOIN available ON available.designer_id = designers.designer_id
    LEFT JOIN held ON held.designer_id = designers.designer_id
)
SELECT
    designer_id AS "designerId",
    name,
    sessions,
    booked AS "bookedMinutes",
    lost AS "noShowMinutes",
    available AS "availableMinutes",
    used AS "load"
FROM loads
ORDER BY used IS NULL, used DESC, designer_id;
