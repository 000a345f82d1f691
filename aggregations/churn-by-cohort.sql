-- Churn by cohort. Parameters: by, from, to, productsOnly, excludeCancelled.
WITH purchases AS (
    SELECT
        orders.customer_id AS customer_id,
        orders.ordered_at AS ordered_at,
        CASE :by
            WHEN 'month' THEN date(orders.ordered_at, 'start of month')
            WHEN 'quarter' THEN date(orders.ordered_at, 'start of month', '-' || ((strftime('%m', orders.ordered_at) - 1) % 3) || ' months')
            ELSE date(orders.ordered_at, 'start of year')
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
            WHEN 'month' THEN date(started_at, '+1 month')
            WHEN 'quarter' THEN date(started_at, '+3 months')
            ELSE date(started_at, '+1 year')
        END AS next_at
    FROM purchases
    GROUP BY customer_id, started_at
),
periods AS (
    SELECT
        active.started_at AS started_at,
        active.next_at AS next_at,
        CASE :by
            WHEN 'month' THEN date(active.next_at, '+1 month')
            WHEN 'quarter' THEN date(active.next_at, '+3 months')
            ELSE date(active.next_at, '+1 year')
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
        WHEN 'month' THEN strftime('%Y-%m', periods.started_at)
        WHEN 'quarter' THEN strftime('%Y', periods.started_at) || '-Q' || ((strftime('%m', periods.started_at) + 2) / 3)
        ELSE strftime('%Y', periods.started_at)
    END AS period,
    CASE :by
        WHEN 'month' THEN strftime('%Y-%m', periods.next_at)
        WHEN 'quarter' THEN strftime('%Y', periods.next_at) || '-Q' || ((strftime('%m', periods.next_at) + 2) / 3)
        ELSE strftime('%Y', periods.next_at)
    END AS next,
    periods.active AS active,
    periods.retained AS retained,
    periods.active - periods.retained AS churned,
    1e0 * (periods.active - periods.retained) / periods.active AS rate,
    julianday(date(covered.first_at)) - julianday(date(periods.started_at)) < 1
        AND julianday(date(periods.end_at)) - julianday(date(covered.last_at)) <= 1 AS complete
FROM periods
CROSS JOIN covered
WHERE periods.started_at < covered.newest
ORDER BY periods.started_at;
