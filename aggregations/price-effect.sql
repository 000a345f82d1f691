-- Price effect. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled, minLines.
WITH sold AS (
    SELECT
        order_items.product_id AS product_id,
        order_items.quantity AS quantity,
        order_items.quantity * order_items.unit_price AS amount,
        order_items.unit_price - 1e0 * COALESCE(order_items.discount, 0) / order_items.quantity AS price
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
usual AS (
    SELECT product_id, AVG(price) AS price, AVG(1e0 * quantity) AS units
    FROM sold
    GROUP BY product_id
    HAVING COUNT(*) >= :minLines AND ROUND(MIN(price), 9) < ROUND(MAX(price), 9)
),
compared AS (
    SELECT
        sold.product_id AS product_id,
        sold.quantity AS quantity,
        sold.amount AS amount,
        usual.units AS usual_units,
        ROUND(sold.price / usual.price, 9) AS relative
    FROM sold
    JOIN usual ON usual.product_id = sold.product_id
),
bands AS (
    SELECT
        compared.*,
        CASE
            WHEN relative < 0.80 THEN 'under 80 %'
            WHEN relative < 0.95 THEN '80–95 %'
            WHEN relative < 1.05 THEN '95–105 %'
            WHEN relative <= 1.20 THEN '105–120 %'
            ELSE 'over 120 %'
        END AS band
    FROM compared
)
SELECT
    band AS price,
    COUNT(DISTINCT product_id) AS products,
    COUNT(*) AS "lines",
    SUM(quantity) AS units,
    SUM(amount) AS revenue,
    1e0 * SUM(quantity) / COUNT(*) AS "unitsPerLine",
    SUM(quantity) / SUM(usual_units) - 1 AS "againstUsual"
FROM bands
GROUP BY band
ORDER BY MIN(relative);
