-- Orders by status. Parameters: from, to, kind.
WITH statuses AS (
    SELECT status, COUNT(*) AS orders
    FROM orders
    WHERE kind = :kind
      AND (ordered_at >= :from OR :from IS NULL)
      AND (ordered_at < :to OR :to IS NULL)
    GROUP BY status
)
SELECT
    status,
    orders,
    1e0 * orders / (SELECT SUM(orders) FROM statuses) AS share
FROM statuses
ORDER BY orders DESC, status;
