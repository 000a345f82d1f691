-- Revenue by month. Parameters: from, to, knownCustomersOnly, productsOnly, excludeCancelled.
WITH months AS (
    SELECT
        SUBSTR(CAST(orders.ordered_at AS CHAR(19)), 1, 7) AS month,
        COUNT(DISTINCT orders.order_id) AS orders,
        SUM(order_items.quantity) AS units,
        SUM(order_items.quantity * order_items.unit_price) AS revenue,
        CAST(SUBSTR(CAST(MIN(orders.ordered_at) AS CHAR(19)), 9, 2) AS INTEGER) AS first_day,
        CAST(SUBSTR(CAST(MAX(orders.ordered_at) AS CHAR(19)), 9, 2) AS INTEGER) AS last_day
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
    GROUP BY SUBSTR(CAST(orders.ordered_at AS CHAR(19)), 1, 7)
),
numbered AS (
    SELECT
        months.*,
        CAST(SUBSTR(month, 1, 4) AS INTEGER) AS year,
        CAST(SUBSTR(month, 6, 2) AS INTEGER) AS month_of_year,
        ROW_NUMBER() OVER (ORDER BY month) AS ordinal,
        COUNT(*) OVER () AS total
    FROM months
),
judged AS (
    SELECT
        numbered.*,
        year * 12 + month_of_year AS month_number,
        CASE
            WHEN ordinal = 1 AND first_day > 1 THEN 0
            WHEN ordinal = total AND last_day < CASE
                WHEN month_of_year IN (4, 6, 9, 11) THEN 30
                WHEN month_of_year <> 2 THEN 31
                WHEN year % 4 = 0 AND (year % 100 <> 0 OR year % 400 = 0) THEN 29
                ELSE 28
            END THEN 0
            ELSE 1
        END AS complete
    FROM numbered
),
paired AS (
    SELECT
        judged.*,
        LAG(revenue) OVER (ORDER BY month) AS revenue_before,
        LAG(complete) OVER (ORDER BY month) AS complete_before,
        LAG(month_number) OVER (ORDER BY month) AS number_before
    FROM judged
)
SELECT
    month,
    orders,
    units,
    revenue,
    CASE
        WHEN complete = 1 AND complete_before = 1 AND month_number = number_before + 1
        THEN 1e0 * revenue / revenue_before - 1
    END AS growth,
    complete
FROM paired
ORDER BY month;
