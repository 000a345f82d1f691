-- Days of supply. Parameters: days, limit, activeOnly.
WITH period AS (
    SELECT CAST(CAST(MAX(ordered_at) AS DATE) AS DATETIME(3)) + INTERVAL 1 DAY AS end_at
    FROM orders
    WHERE kind = 'sale'
),
sold AS (
    SELECT order_items.product_id AS product_id, SUM(order_items.quantity) AS units
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    CROSS JOIN period
    WHERE orders.kind = 'sale'
      AND orders.status NOT IN ('canceled', 'unavailable')
      AND orders.ordered_at >= period.end_at + INTERVAL (-:days) DAY
      AND orders.ordered_at < period.end_at
      AND order_items.quantity > 0
    GROUP BY order_items.product_id
),
stock AS (
    SELECT product_id, SUM(on_hand) AS on_hand, SUM(reserved) AS reserved
    FROM inventory
    GROUP BY product_id
),
supply AS (
    SELECT
        stock.product_id AS product_id,
        products.name AS name,
        stock.on_hand AS on_hand,
        stock.reserved AS reserved,
        COALESCE(sold.units, 0) AS units,
        1e0 * stock.on_hand * :days / sold.units AS days_of_supply
    FROM stock
    LEFT JOIN sold ON sold.product_id = stock.product_id
    LEFT JOIN products ON products.product_id = stock.product_id
    WHERE COALESCE(products.active, TRUE) OR NOT :activeOnly
)
SELECT
    product_id AS "productId",
    name,
    on_hand AS "onHand",
    reserved,
    units AS "unitsSold",
    1e0 * units / :days AS "dailyDemand",
    days_of_supply AS "daysOfSupply"
FROM supply
ORDER BY days_of_supply IS NULL, days_of_supply, units DESC, product_id
LIMIT :limit;
