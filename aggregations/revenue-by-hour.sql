-- Revenue by hour. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled, timezone.
-- SQLite knows no time zones by name: :timezone is UTC or an offset here, and with another there are no rows.
WITH RECURSIVE sold AS (
    SELECT
        datetime(orders.ordered_at, CASE :timezone WHEN 'UTC' THEN '+00:00' ELSE :timezone END) AS local_at,
        orders.order_id AS order_id,
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
counted AS (
    SELECT CAST(strftime('%H', local_at) AS INTEGER) AS slot, COUNT(DISTINCT order_id) AS orders, SUM(amount) AS revenue
    FROM sold
    WHERE local_at IS NOT NULL
    GROUP BY 1
),
slots AS (
    SELECT 0 AS slot
    UNION ALL
    SELECT slot + 1 FROM slots WHERE slot < 23
)
SELECT
    slots.slot AS hour,
    COALESCE(counted.orders, 0) AS orders,
    COALESCE(counted.revenue, 0) AS revenue,
    1e0 * COALESCE(counted.revenue, 0) / (SELECT SUM(revenue) FROM counted) AS share
FROM slots
LEFT JOIN counted ON counted.slot = slots.slot
WHERE EXISTS (SELECT 1 FROM counted)
ORDER BY slots.slot;
