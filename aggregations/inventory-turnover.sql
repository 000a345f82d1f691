-- Inventory turnover. Parameters: days, by, limit.
WITH period AS (
    SELECT strftime('%Y-%m-%d 00:00:00.000', MAX(ordered_at), '+1 day') AS end_at
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
      AND orders.ordered_at >= strftime('%Y-%m-%d %H:%M:%f', period.end_at, (-:days) || ' days')
      AND orders.ordered_at < period.end_at
      AND order_items.quantity > 0
    GROUP BY order_items.product_id
),
stock AS (
    SELECT
        product_id,
        SUM(unit_cost) AS unit_costs,
        COUNT(unit_cost) AS locations,
        SUM(on_hand * unit_cost) AS stock_value
    FROM inventory
    GROUP BY product_id
    HAVING COUNT(unit_cost) > 0
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
        SUM(1.0 * COALESCE(sold.units, 0) * stock.unit_costs / stock.locations) AS cost,
        ROUND(SUM(stock.stock_value), 4) AS stock_value
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
    units AS "unitsSold",
    cost AS "costOfGoodsSold",
    stock_value AS "stockValue",
    CASE WHEN stock_value > 0 THEN 1e0 * cost / stock_value END AS turnover,
    CASE WHEN cost > 0 THEN 1e0 * :days * stock_value / cost END AS "daysOfInventory"
FROM grouped
ORDER BY stock_value DESC, group_id IS NOT NULL, group_id
LIMIT :limit;
