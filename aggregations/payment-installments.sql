-- Payment instalments. Parameters: from, to, knownCustomersOnly, excludeCancelled, kind.
WITH numbers AS (
    SELECT
        order_payments.installments AS installments,
        COUNT(DISTINCT orders.order_id) AS orders,
        COUNT(*) AS payments,
        SUM(order_payments.amount) AS amount
    FROM orders
    JOIN order_payments ON order_payments.order_id = orders.order_id
    WHERE orders.kind = :kind
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.customer_id IS NOT NULL OR NOT :knownCustomersOnly)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
    GROUP BY order_payments.installments
)
SELECT
    installments,
    orders,
    payments,
    amount,
    1e0 * amount / payments AS "averagePayment",
    1e0 * amount / NULLIF((SELECT SUM(amount) FROM numbers), 0) AS share
FROM numbers
ORDER BY installments IS NOT NULL, installments;
