-- Payment types. Parameters: from, to, knownCustomersOnly, excludeCancelled, kind.
WITH types AS (
    SELECT
        order_payments.type AS type,
        COUNT(DISTINCT orders.order_id) AS orders,
        COUNT(*) AS payments,
        ROUND(SUM(order_payments.amount), 4) AS amount
    FROM orders
    JOIN order_payments ON order_payments.order_id = orders.order_id
    WHERE orders.kind = :kind
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.customer_id IS NOT NULL OR NOT :knownCustomersOnly)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
    GROUP BY order_payments.type
)
SELECT
    type,
    orders,
    payments,
    amount,
    1e0 * amount / payments AS "averagePayment",
    1e0 * amount / NULLIF((SELECT SUM(amount) FROM types), 0) AS share
FROM types
ORDER BY amount DESC, type;
