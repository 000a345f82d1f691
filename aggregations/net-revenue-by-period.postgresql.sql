-- Net revenue by period. Parameters: by, from, to, knownCustomersOnly, productsOnly, excludeCancelled.
WITH booked AS (
    SELECT
        DATE_TRUNC(:by, orders.ordered_at) AS started_at,
        orders.ordered_at AS ordered_at,
        orders.kind AS kind,
        order_items.quantity * order_items.unit_price AS amount
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    WHERE orders.kind IN ('sale', 'return')
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.customer_id IS NOT NULL OR NOT :knownCustomersOnly)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND (orders.kind = 'return' OR (order_items.quantity > 0 AND order_items.unit_price > 0))
      AND (NOT order_items.is_service OR NOT :productsOnly)
),
periods AS (
    SELECT
        started_at,
        started_at + CASE :by WHEN 'quarter' THEN INTERVAL '3 months' ELSE CAST('1 ' || :by AS INTERVAL) END AS next_at,
        SUM(CASE WHEN kind = 'sale' THEN amount ELSE 0 END) AS gross,
        SUM(CASE WHEN kind = 'return' THEN amount ELSE 0 END) AS returns,
        SUM(amount) AS net,
        MIN(ordered_at) AS first_at,
        MAX(ordered_at) AS last_at
    FROM booked
    GROUP BY started_at
),
judged AS (
    SELECT
        periods.*,
        CASE
            WHEN ROW_NUMBER() OVER (ORDER BY started_at) = 1 AND CAST(first_at AS DATE) - CAST(started_at AS DATE) > 0
            THEN 0
            WHEN ROW_NUMBER() OVER (ORDER BY started_at DESC) = 1 AND CAST(next_at AS DATE) - CAST(last_at AS DATE) > 1
            THEN 0
            ELSE 1
        END AS complete
    FROM periods
),
paired AS (
    SELECT
        judged.*,
        LAG(net) OVER (ORDER BY started_at) AS net_before,
        LAG(complete) OVER (ORDER BY started_at) AS complete_before,
        LAG(next_at) OVER (ORDER BY started_at) AS next_before
    FROM judged
)
SELECT
    TO_CHAR(started_at, CASE :by
        WHEN 'day' THEN 'YYYY-MM-DD'
        WHEN 'week' THEN 'IYYY-"W"IW'
        WHEN 'month' THEN 'YYYY-MM'
        WHEN 'quarter' THEN 'YYYY-"Q"Q'
        ELSE 'YYYY'
    END) AS period,
    started_at AS start,
    gross,
    returns,
    net,
    CASE
        WHEN complete = 1 AND complete_before = 1 AND started_at = next_before AND net_before > 0
        THEN 1e0 * net / net_before - 1
    END AS growth,
    complete
FROM paired
ORDER BY started_at;
