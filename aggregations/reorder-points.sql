-- Reorder points. Parameters: days, leadDays, leadDaysDeviation, service, limit.
WITH period AS (
    SELECT strftime('%Y-%m-%d 00:00:00.000', MAX(ordered_at), '+1 day') AS end_at
    FROM orders
    WHERE kind = 'sale'
),
daily AS (
    SELECT
        order_items.product_id AS product_id,
        SUBSTR(CAST(orders.ordered_at AS CHAR(19)), 1, 10) AS day,
        SUM(order_items.quantity) AS units
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    CROSS JOIN period
    WHERE orders.kind = 'sale'
      AND orders.status NOT IN ('canceled', 'unavailable')
      AND orders.ordered_at >= strftime('%Y-%m-%d %H:%M:%f', period.end_at, (-:days) || ' days')
      AND orders.ordered_at < period.end_at
      AND order_items.quantity > 0
      AND NOT order_items.is_service
    GROUP BY order_items.product_id, SUBSTR(CAST(orders.ordered_at AS CHAR(19)), 1, 10)
),
demand AS (
    SELECT
        product_id,
        1e0 * SUM(units) / :days AS per_day,
        CASE
            WHEN :days > 1 THEN (SUM(units * units) - 1e0 * SUM(units) * SUM(units) / :days) / (:days - 1)
            ELSE 0
        END AS variance
    FROM daily
    GROUP BY product_id
),
stock AS (
    SELECT product_id, SUM(reorder_point) AS stated, SUM(on_hand) - SUM(reserved) AS position
    FROM inventory
    GROUP BY product_id
),
points AS (
    SELECT
        demand.product_id AS product_id,
        demand.per_day AS per_day,
        SQRT(demand.variance) AS deviation,
        CASE :service
            WHEN '0.90' THEN 1.2815515655446004
            WHEN '0.95' THEN 1.6448536269514722
            WHEN '0.975' THEN 1.959963984540054
            ELSE 2.3263478740408408
        END * SQRT(
            :leadDays * demand.variance
            + demand.per_day * demand.per_day * :leadDaysDeviation * :leadDaysDeviation
        ) AS safety,
        stock.stated AS stated,
        stock.position AS position
    FROM demand
    JOIN stock ON stock.product_id = demand.product_id
)
SELECT
    points.product_id AS "productId",
    products.name AS name,
    points.per_day AS "dailyDemand",
    points.deviation AS deviation,
    points.safety AS "safetyStock",
    points.per_day * :leadDays + points.safety AS "reorderPoint",
    points.stated AS "statedReorderPoint",
    points.position AS position
FROM points
LEFT JOIN products ON products.product_id = points.product_id
ORDER BY points.position - (points.per_day * :leadDays + points.safety), points.product_id
LIMIT :limit;
