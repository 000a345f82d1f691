-- Supplier sustainability. Parameters: from, to, limit.
WITH sold AS (
    SELECT
        order_items.product_id AS product_id,
        SUM(order_items.quantity) AS units,
        ROUND(SUM(order_items.quantity * order_items.unit_price), 4) AS revenue
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    WHERE orders.kind = 'sale'
      AND orders.status NOT IN ('canceled', 'unavailable')
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND order_items.quantity > 0
      AND order_items.unit_price > 0
      AND NOT order_items.is_service
    GROUP BY order_items.product_id
),
sources AS (
    SELECT
        products.supplier_id AS supplier_id,
        COUNT(*) AS products,
        SUM(sold.units) AS units,
        SUM(sold.revenue) AS revenue,
        SUM(CASE WHEN products.sustainability_score IS NOT NULL THEN sold.revenue END) AS scored,
        SUM(sold.revenue * products.sustainability_score) AS weighted,
        AVG(products.sustainability_score) AS mean_score
    FROM sold
    LEFT JOIN products ON products.product_id = sold.product_id
    GROUP BY products.supplier_id
),
stated AS (
    SELECT
        supplier_id,
        MAX(CASE WHEN name = 'certification' THEN value END) AS certification,
        MAX(CASE WHEN name = 'recycledShare' THEN value END) AS recycled_share,
        MAX(CASE WHEN name = 'livingWage' THEN value END) AS living_wage
    FROM supplier_practices
    GROUP BY supplier_id
)
SELECT
    sources.supplier_id AS "supplierId",
    suppliers.name AS name,
    stated.certification AS certification,
    CAST(stated.recycled_share AS DECIMAL(18, 9)) AS "recycledShare",
    CASE stated.living_wage WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS "livingWage",
    sources.products AS products,
    sources.units AS units,
    sources.revenue AS revenue,
    1e0 * sources.revenue / (SELECT SUM(revenue) FROM sources) AS share,
    sources.weighted / NULLIF(sources.scored, 0) AS sustainability,
    sources.mean_score AS "meanOfProducts"
FROM sources
LEFT JOIN suppliers ON suppliers.supplier_id = sources.supplier_id
LEFT JOIN stated ON stated.supplier_id = sources.supplier_id
ORDER BY sources.revenue DESC, sources.supplier_id IS NOT NULL, sources.supplier_id
LIMIT :limit;
