-- Payment differences. Parameters: from, to, knownCustomersOnly, excludeCancelled, kind, tolerance, limit.
WITH paid AS (
    SELECT order_id, SUM(amount) AS amount
    FROM order_payments
    GROUP BY order_id
),
compared AS (
    SELECT
        orders.order_id AS order_id,
        orders.ordered_at AS ordered_at,
        orders.status AS status,
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
)
SELECT
    order_id AS "orderId",
    ordered_at AS "orderedAt",
    status,
    CASE
        WHEN has_lines = 0 AND has_payments = 0 THEN 'neither lines nor payments'
        WHEN has_lines = 0 THEN 'paid without lines'
        WHEN has_payments = 0 THEN 'not paid'
        WHEN difference < 0 THEN 'paid less'
        ELSE 'paid more'
    END AS finding,
    total,
    paid,
    difference
FROM compared
WHERE ABS(difference) > :tolerance
ORDER BY ABS(difference) DESC, order_id
LIMIT :limit;
