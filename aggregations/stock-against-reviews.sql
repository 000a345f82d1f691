-- Stock against reviews. Parameters: from, to.
WITH stock AS (
    SELECT
        product_id,
        SUM(on_hand) AS on_hand,
        SUM(on_hand - reserved) AS available,
        COALESCE(SUM(on_hand * unit_cost), 0) AS stock_value
    FROM inventory
    GROUP BY product_id
),
judged AS (
    SELECT product_id, COUNT(*) AS reviews, SUM(score) AS total
    FROM (
        SELECT DISTINCT review_products.product_id, reviews.review_id, reviews.score
        FROM reviews
        JOIN review_products ON review_products.review_id = reviews.review_id
        WHERE (reviews.created_at >= :from OR :from IS NULL)
          AND (reviews.created_at < :to OR :to IS NULL)
    ) AS named
    GROUP BY product_id
),
banded AS (
    SELECT
        stock.*,
        COALESCE(judged.reviews, 0) AS reviews,
        judged.total AS total,
        CASE
            WHEN judged.reviews IS NULL THEN 0
            WHEN judged.total < 3 * judged.reviews THEN 1
            WHEN 2 * judged.total < 7 * judged.reviews THEN 2
            WHEN judged.total < 4 * judged.reviews THEN 3
            WHEN 2 * judged.total < 9 * judged.reviews THEN 4
            ELSE 5
        END AS band
    FROM stock
    LEFT JOIN judged ON judged.product_id = stock.product_id
),
bands AS (
    SELECT
        band,
        COUNT(*) AS products,
        SUM(CASE WHEN available <= 0 THEN 1 ELSE 0 END) AS out_of_stock,
        SUM(reviews) AS reviews,
        SUM(total) AS total,
        SUM(on_hand) AS on_hand,
        SUM(stock_value) AS stock_value
    FROM banded
    GROUP BY band
)
SELECT
    CASE band
        WHEN 0 THEN 'not reviewed'
        WHEN 1 THEN 'below 3'
        WHEN 2 THEN '3 to 3.5'
        WHEN 3 THEN '3.5 to 4'
        WHEN 4 THEN '4 to 4.5'
        ELSE '4.5 and more'
    END AS score,
    products,
    out_of_stock AS "outOfStock",
    1e0 * out_of_stock / products AS "outOfStockShare",
    reviews,
    1e0 * total / NULLIF(reviews, 0) AS "meanScore",
    on_hand AS "onHand",
    stock_value AS "stockValue",
    1e0 * stock_value / NULLIF(SUM(stock_value) OVER (), 0) AS "stockShare"
FROM bands
ORDER BY band;
