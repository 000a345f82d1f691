-- Payment reconciliation. Parameters: from, to, knownCustomersOnly, excludeCancelled, kind, tolerance.
WITH paid AS (
    SELECT order_id, SUM(amount) AS amount
    FROM order_payments
    GROUP BY order_id
),
compared AS (
    SELECT
        orders.order_id AS order_id,
        orders.total AS total,
        COALESCE(paid.amount, 0) AS paid,
        ROUND(COALESCE(paid.amount, 0) - orders.total, 4) AS difference,
        CASE WHEN paid.order_id IS NULL THEN 0 ELSE 1 END AS has_payments,
        CASE
            WHEN EXISTS (SELECT 1 FROM order_items WHERE order_items.order_id = orders.order_id) THEN 1
            ELSE 0
        END AS has_lines
    FROM orders
    LEFT JOIN paid ON paid.order_id = orders.order_id
    WHERE orders.kind = :kind
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.customer_id IS NOT NULL OR NOT :knownCustomersOnly)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
),
findings AS (
    SELECT
        compared.*,
        CASE
            WHEN has_lines = 0 AND has_payments = 0 THEN 5
            WHEN has_lines = 0 THEN 4
            WHEN has_payments = 0 AND total <> 0 THEN 3
            WHEN difference < -:tolerance THEN 1
            WHEN difference > :tolerance THEN 2
            ELSE 0
        END AS place
    FROM compared
)
SELECT
    CASE place
        WHEN 0 THEN 'paid in full'
        WHEN 1 THEN 'paid less'
        WHEN 2 THEN 'paid more'
        WHEN 3 THEN 'not paid'
        WHEN 4 THEN 'paid without lines'
        ELSE 'neither lines nor payments'
    END AS finding,
    COUNT(*) AS orders,
    SUM(total) AS total,
    SUM(paid) AS paid,
    SUM(difference) AS difference,
    MAX(ABS(difference)) AS largest
FROM findings
GROUP BY place
ORDER BY place;
