-- Sustainability of sales. Parameters: from, to, by.
WITH stated AS (
    SELECT
        supplier_id,
        MAX(CASE WHEN name = 'certification' AND value NOT IN ('none', '') THEN 1 ELSE 0 END) AS certified,
        MAX(CASE WHEN name = 'livingWage' AND value = 'true' THEN 1 ELSE 0 END) AS living_wage
    FROM supplier_practices
    GROUP BY supplier_id
),
sold AS (
    SELECT
        CASE :by
            WHEN 'month' THEN SUBSTR(CAST(orders.ordered_at AS CHAR(19)), 1, 7)
            WHEN 'category' THEN products.category
            ELSE 'all'
        END AS group_id,
        order_items.quantity * order_items.unit_price AS amount,
        products.sustainability_score AS score,
        stated.certified AS certified,
        stated.living_wage AS living_wage
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    LEFT JOIN products ON products.product_id = order_items.product_id
    LEFT JOIN stated ON stated.supplier_id = products.supplier_id
    WHERE orders.kind = 'sale'
      AND orders.status NOT IN ('canceled', 'unavailable')
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND order_items.quantity > 0
      AND order_items.unit_price > 0
      AND NOT order_items.is_service
)
SELECT
    group_id AS "group",
    SUM(amount) AS revenue,
    SUM(amount * score) / SUM(CASE WHEN score IS NOT NULL THEN amount END) AS sustainability,
    1e0 * SUM(CASE WHEN score IS NOT NULL THEN amount ELSE 0 END) / SUM(amount) AS "scoredShare",
    1e0 * SUM(CASE WHEN certified = 1 THEN amount ELSE 0 END) / SUM(amount) AS "certifiedShare",
    1e0 * SUM(CASE WHEN living_wage = 1 THEN amount ELSE 0 END) / SUM(amount) AS "livingWageShare"
FROM sold
GROUP BY group_id
ORDER BY group_id IS NOT NULL, group_id;
