-- Delivery against repeat purchase. Parameters: from, to, by, within.
WITH counted AS (
    SELECT
        customer_id,
        ordered_at,
        delivery_estimated_at AS estimated_at,
        CASE WHEN status = 'delivered' THEN delivery_delivered_at END AS delivered_at,
        ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS place
    FROM orders
    WHERE kind = 'sale'
      AND customer_id IS NOT NULL
      AND status NOT IN ('canceled', 'unavailable')
),
firsts AS (
    SELECT
        customer_id,
        delivered_at,
        strftime('%Y-%m-%d %H:%M:%f', delivered_at, (:within) || ' days') AS until,
        CASE
            WHEN :by = 'timestamp' AND delivered_at > estimated_at THEN 1
            WHEN :by = 'date' AND julianday(date(delivered_at)) - julianday(date(estimated_at)) > 0 THEN 1
            ELSE 0
        END AS late
    FROM counted
    WHERE place = 1
      AND delivered_at IS NOT NULL
      AND estimated_at IS NOT NULL
      AND (ordered_at >= :from OR :from IS NULL)
      AND (ordered_at < :to OR :to IS NULL)
),
customers AS (
    SELECT
        firsts.late AS late,
        firsts.delivered_at AS delivered_at,
        MIN(counted.ordered_at) AS back_at
    FROM firsts
    LEFT JOIN counted
        ON counted.customer_id = firsts.customer_id
        AND counted.ordered_at > firsts.delivered_at
        AND counted.ordered_at <= firsts.until
    WHERE firsts.until <= (SELECT MAX(ordered_at) FROM orders WHERE kind = 'sale')
    GROUP BY firsts.customer_id, firsts.late, firsts.delivered_at
)
SELECT
    CASE late WHEN 1 THEN 'late' ELSE 'on time' END AS "firstDelivery",
    COUNT(*) AS customers,
    COUNT(back_at) AS "repeatCustomers",
    1e0 * COUNT(back_at) / COUNT(*) AS rate,
    AVG(ROUND((julianday(back_at) - julianday(delivered_at)) * 86400000) / 86400000) AS "meanDays"
FROM customers
GROUP BY late
ORDER BY late;
