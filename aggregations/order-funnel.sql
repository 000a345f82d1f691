-- Order funnel. Parameters: from, to, knownCustomersOnly.
WITH reached AS (
    SELECT
        CASE
            WHEN delivery_delivered_at IS NOT NULL OR status IN ('delivered', 'completed') THEN 3
            WHEN delivery_shipped_at IS NOT NULL OR status = 'shipped' THEN 2
            WHEN approved_at IS NOT NULL OR status IN ('approved', 'processing', 'invoiced') THEN 1
            ELSE 0
        END AS place,
        CASE WHEN status IN ('canceled', 'unavailable') THEN 1 ELSE 0 END AS canceled
    FROM orders
    WHERE kind = 'sale'
      AND (ordered_at >= :from OR :from IS NULL)
      AND (ordered_at < :to OR :to IS NULL)
      AND (customer_id IS NOT NULL OR NOT :knownCustomersOnly)
),
steps AS (
    SELECT 0 AS place, 'ordered' AS step
    UNION ALL SELECT 1, 'approved'
    UNION ALL SELECT 2, 'shipped'
    UNION ALL SELECT 3, 'delivered'
),
counted AS (
    SELECT
        steps.place AS place,
        steps.step AS step,
        SUM(CASE WHEN reached.place >= steps.place THEN 1 ELSE 0 END) AS orders,
        SUM(CASE WHEN reached.place = steps.place THEN reached.canceled ELSE 0 END) AS canceled,
        SUM(CASE WHEN reached.place = steps.place AND steps.place < 3 THEN 1 - reached.canceled ELSE 0 END) AS waiting
    FROM steps
    CROSS JOIN reached
    GROUP BY steps.place, steps.step
)
SELECT
    step,
    orders,
    1e0 * orders / FIRST_VALUE(orders) OVER (ORDER BY place) AS "ofAll",
    1e0 * orders / NULLIF(LAG(orders) OVER (ORDER BY place), 0) AS "ofPrevious",
    canceled,
    waiting
FROM counted
ORDER BY place;
