-- Cohort retention. Parameters: from, to, productsOnly, excludeCancelled.
-- Months are numbered: year * 12 + month - 1.
WITH RECURSIVE purchases AS (
    SELECT
        orders.customer_id AS customer_id,
        orders.ordered_at AS ordered_at,
        12 * CAST(SUBSTR(CAST(orders.ordered_at AS CHAR(19)), 1, 4) AS INTEGER)
            + CAST(SUBSTR(CAST(orders.ordered_at AS CHAR(19)), 6, 2) AS INTEGER) - 1 AS month_number
    FROM orders
    WHERE orders.kind = 'sale'
      AND orders.customer_id IS NOT NULL
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :to OR :to IS NULL)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND EXISTS (
          SELECT 1
          FROM order_items
          WHERE order_items.order_id = orders.order_id
            AND order_items.quantity > 0
            AND order_items.unit_price > 0
            AND (NOT order_items.is_service OR NOT :productsOnly)
      )
),
first_months AS (
    SELECT customer_id, MIN(month_number) AS cohort
    FROM purchases
    GROUP BY customer_id
),
cohorts AS (
    SELECT cohort, COUNT(*) AS size
    FROM first_months
    GROUP BY cohort
),
returned AS (
    SELECT first_months.cohort, purchases.month_number, COUNT(DISTINCT purchases.customer_id) AS customers
    FROM purchases
    JOIN first_months ON first_months.customer_id = purchases.customer_id
    GROUP BY first_months.cohort, purchases.month_number
),
newest AS (
    SELECT
        MAX(month_number) AS month_number,
        MAX(month_number) % 12 + 1 AS month,
        CAST(SUBSTR(CAST(MAX(ordered_at) AS CHAR(19)), 1, 4) AS INTEGER) AS year,
        CAST(SUBSTR(CAST(MAX(ordered_at) AS CHAR(19)), 9, 2) AS INTEGER) AS day
    FROM purchases
),
covered AS (
    SELECT
        month_number,
        day = CASE
            WHEN month IN (4, 6, 9, 11) THEN 30
            WHEN month <> 2 THEN 31
            WHEN year % 4 = 0 AND (year % 100 <> 0 OR year % 400 = 0) THEN 29
            ELSE 28
        END AS is_whole
    FROM newest
),
cells AS (
    SELECT cohort, cohort AS month_number, size
    FROM cohorts
    UNION ALL
    SELECT cells.cohort, cells.month_number + 1, cells.size
    FROM cells
    JOIN covered ON cells.month_number < covered.month_number
)
SELECT
    CAST((cells.cohort - cells.cohort % 12) / 12 AS CHAR(4)) || '-'
        || SUBSTR(CAST(101 + cells.cohort % 12 AS CHAR(3)), 2, 2) AS cohort,
    cells.month_number - cells.cohort AS age,
    CAST((cells.month_number - cells.month_number % 12) / 12 AS CHAR(4)) || '-'
        || SUBSTR(CAST(101 + cells.month_number % 12 AS CHAR(3)), 2, 2) AS month,
    cells.size AS size,
    COALESCE(returned.customers, 0) AS customers,
    1e0 * COALESCE(returned.customers, 0) / cells.size AS rate,
    (cells.month_number < covered.month_number OR covered.is_whole) AS complete
FROM cells
CROSS JOIN covered
LEFT JOIN returned ON returned.cohort = cells.cohort AND returned.month_number = cells.month_number
ORDER BY cells.cohort, cells.month_number;
