-- Sell-through. Parameters: days, by, limit.
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
    SELECT product_id, SUM(on_hand) AS on_hand
    FROM inventory
    GROUP BY product_id
),
grouped AS (
    SELECT
        CASE :by
            WHEN 'product' THEN stock.product_id
            WHEN 'category' THEN products.category
            ELSE 'all'
        END AS group_id,
        MAX(products.name) AS name,
        SUM(COALESCE(sold.units, 0)) AS units,
        SUM(stock.on_hand) AS on_hand
    FROM stock
    LEFT JOIN sold ON sold.product_id = stock.product_id
    LEFT JOIN products ON products.product_id = stock.product_id
    GROUP BY CASE :by
        WHEN 'product' THEN stock.product_id
        WHEN 'category' THEN products.category
        ELSE 'all'
    END
)
SELECT
    group_id AS "group",
    CASE WHEN :by = 'product' THEN name ELSE group_id END AS name,
    units + on_hand AS available,
    units AS "unitsSold",
    on_hand AS "onHand",
    1e0 * units / NULLIF(units + on_hand, 0) AS "sellThrough"
FROM grouped
ORDER BY units + on_hand DESC, group_id IS NOT NULL, group_id
LIMIT :limit;
