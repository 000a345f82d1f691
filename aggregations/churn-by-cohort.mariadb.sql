-- Churn by cohort. Parameters: by, from, to, productsOnly, excludeCancelled.
WITH purchases AS (
    SELECT
        orders.customer_id AS customer_id,
        orders.ordered_at AS ordered_at,
        CASE :by
            WHEN 'month' THEN CAST(orders.ordered_at AS DATE) - INTERVAL DAYOFMONTH(orders.ordered_at) - 1 DAY
            WHEN 'quarter' THEN MAKEDATE(YEAR(orders.ordered_at), 1) + INTERVAL QUARTER(orders.ordered_at) - 1 QUARTER
            ELSE MAKEDATE(YEAR(orders.ordered_at), 1)
        END AS started_at
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
        CASE :by
            WHEN 'month' THEN started_at + INTERVAL 1 MONTH
            WHEN 'quarter' THEN started_at + INTERVAL 1 QUARTER
            ELSE started_at + INTERVAL 1 YEAR
        END AS next_at
    FROM purchases
    GROUP BY customer_id, started_at
),
periods AS (
    SELECT
        active.started_at AS started_at,
        active.next_at AS next_at,
        CASE :by
            WHEN 'month' THEN active.next_at + INTERVAL 1 MONTH
            WHEN 'quarter' THEN active.next_at + INTERVAL 1 QUARTER
            ELSE active.next_at + INTERVAL 1 YEAR
        END AS end_at,
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
    CASE :by
        WHEN 'month' THEN DATE_FORMAT(periods.started_at, '%Y-%m')
        WHEN 'quarter' THEN CONCAT(YEAR(periods.started_at), '-Q', QUARTER(periods.started_at))
        ELSE DATE_FORMAT(periods.started_at, '%Y')
    END AS period,
    CASE :by
        WHEN 'month' THEN DATE_FORMAT(periods.next_at, '%Y-%m')
        WHEN 'quarter' THEN CONCAT(YEAR(periods.next_at), '-Q', QUARTER(periods.next_at))
        ELSE DATE_FORMAT(periods.next_at, '%Y')
    END AS next,
    periods.active AS active,
    periods.retained AS retained,
    periods.active - periods.retained AS churned,
    1e0 * (periods.active - periods.retained) / periods.active AS rate,
    DATEDIFF(covered.first_at, periods.started_at) < 1
        AND DATEDIFF(periods.end_at, covered.last_at) <= 1 AS complete
FROM periods
CROSS JOIN covered
WHERE periods.started_at < covered.newest
ORDER BY periods.started_at;
