-- Revenue by period. Parameters: by, from, to, knownCustomersOnly, productsOnly, excludeCancelled.
WITH sold AS (
    SELECT
        CASE :by
            WHEN 'day' THEN CAST(orders.ordered_at AS DATE)
            WHEN 'week' THEN CAST(orders.ordered_at AS DATE) - INTERVAL WEEKDAY(orders.ordered_at) DAY
            WHEN 'month' THEN CAST(orders.ordered_at AS DATE) - INTERVAL DAYOFMONTH(orders.ordered_at) - 1 DAY
            WHEN 'quarter' THEN MAKEDATE(YEAR(orders.ordered_at), 1) + INTERVAL QUARTER(orders.ordered_at) - 1 QUARTER
            ELSE MAKEDATE(YEAR(orders.ordered_at), 1)
        END AS started_at,
        orders.order_id AS order_id,
        orders.ordered_at AS ordered_at,
        order_items.quantity AS quantity,
        order_items.quantity * order_items.unit_price AS amount
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    WHERE orders.kind = 'sale'
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.customer_id IS NOT NULL OR NOT :knownCustomersOnly)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND order_items.quantity > 0
      AND order_items.unit_price > 0
      AND (NOT order_items.is_service OR NOT :productsOnly)
),
periods AS (
    SELECT
        started_at,
        CASE :by
            WHEN 'day' THEN started_at + INTERVAL 1 DAY
            WHEN 'week' THEN started_at + INTERVAL 1 WEEK
            WHEN 'month' THEN started_at + INTERVAL 1 MONTH
            WHEN 'quarter' THEN started_at + INTERVAL 1 QUARTER
            ELSE started_at + INTERVAL 1 YEAR
        END AS next_at,
        COUNT(DISTINCT order_id) AS orders,
        SUM(quantity) AS units,
        SUM(amount) AS revenue,
        MIN(ordered_at) AS first_at,
        MAX(ordered_at) AS last_at
    FROM sold
    GROUP BY started_at
),
judged AS (
    SELECT
        periods.*,
        CASE
            WHEN ROW_NUMBER() OVER (ORDER BY started_at) = 1 AND DATEDIFF(first_at, started_at) > 0
            THEN 0
            WHEN ROW_NUMBER() OVER (ORDER BY started_at DESC) = 1 AND DATEDIFF(next_at, last_at) > 1
            THEN 0
            ELSE 1
        END AS complete
    FROM periods
),
paired AS (
    SELECT
        judged.*,
        LAG(revenue) OVER (ORDER BY started_at) AS revenue_before,
        LAG(complete) OVER (ORDER BY started_at) AS complete_before,
        LAG(next_at) OVER (ORDER BY started_at) AS next_before
    FROM judged
)
SELECT
    CASE :by
        WHEN 'day' THEN DATE_FORMAT(started_at, '%Y-%m-%d')
        WHEN 'week' THEN DATE_FORMAT(started_at, '%x-W%v')
        WHEN 'month' THEN DATE_FORMAT(started_at, '%Y-%m')
        WHEN 'quarter' THEN CONCAT(YEAR(started_at), '-Q', QUARTER(started_at))
        ELSE DATE_FORMAT(started_at, '%Y')
    END AS period,
    started_at AS start,
    orders,
    units,
    revenue,
    1.0 * revenue / orders AS "averageOrderValue",
    CASE
        WHEN complete = 1 AND complete_before = 1 AND started_at = next_before
        THEN 1e0 * revenue / revenue_before - 1
    END AS growth,
    complete
FROM paired
ORDER BY started_at;
