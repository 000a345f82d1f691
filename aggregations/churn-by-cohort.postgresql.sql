-- Churn by cohort. Parameters: by, from, to, productsOnly, excludeCancelled.
WITH purchases AS (
    SELECT
        orders.customer_id AS customer_id,
        orders.ordered_at AS ordered_at,
        DATE_TRUNC(:by, orders.ordered_at) AS started_at
    FROM orders
    WHERE orders.kind = 'sale'
      AND orders.customer_id IS NOT NULL
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND EXISTS (
          SELECT 1
          FROM order_items
          WHERE order_items.order_id = orders.order_id
            AND order_items.quantity > 0
            AND order_items.unit_price > 0
            AND (NOT order_items.is_service OR NOT :productsOnly)
      )
),
active AS (
    SELECT
        customer_id,
        started_at,
        started_at + CASE :by WHEN 'quarter' THEN INTERVAL '3 months' ELSE CAST('1 ' || :by AS INTERVAL) END AS next_at
    FROM purchases
    GROUP BY customer_id, started_at
),
periods AS (
    SELECT
        active.started_at AS started_at,
        active.next_at AS next_at,
        active.next_at + CASE :by WHEN 'quarter' THEN INTERVAL '3 months' ELSE CAST('1 ' || :by AS INTERVAL) END AS end_at,
        COUNT(*) AS active,
        COUNT(later.customer_id) AS retained
    FROM active
    LEFT JOIN active AS later ON later.customer_id = active.customer_id AND later.started_at = active.next_at
    GROUP BY active.started_at, active.next_at
),
covered AS (
    SELECT MIN(ordered_at) AS first_at, MAX(ordered_at) AS last_at, MAX(started_at) AS newest
    FROM purchases
)
SELECT
    TO_CHAR(periods.started_at, CASE :by
        WHEN 'month' THEN 'YYYY-MM'
        WHEN 'quarter' THEN 'YYYY-"Q"Q'
        ELSE 'YYYY'
    END) AS period,
    TO_CHAR(periods.next_at, CASE :by
        WHEN 'month' THEN 'YYYY-MM'
        WHEN 'quarter' THEN 'YYYY-"Q"Q'
        ELSE 'YYYY'
    END) AS next,
    periods.active AS active,
    periods.retained AS retained,
    periods.active - periods.retained AS churned,
    1e0 * (periods.active - periods.retained) / periods.active AS rate,
    CAST(covered.first_at AS DATE) - CAST(periods.started_at AS DATE) < 1
        AND CAST(periods.end_at AS DATE) - CAST(covered.last_at AS DATE) <= 1 AS complete
FROM periods
CROSS JOIN covered
WHERE periods.started_at < covered.newest
ORDER BY periods.started_at;
