-- RFM segments. Parameters: from, asOf, productsOnly, excludeCancelled, scores, segments.
WITH customers AS (
    SELECT
        orders.customer_id AS customer_id,
        MAX(orders.ordered_at) AS last_at,
        COUNT(DISTINCT orders.order_id) AS orders,
        ROUND(SUM(order_items.quantity * order_items.unit_price), 4) AS revenue
    FROM orders
    JOIN order_items ON order_items.order_id = orders.order_id
    WHERE orders.kind = 'sale'
      AND orders.customer_id IS NOT NULL
      AND (orders.ordered_at >= :from OR :from IS NULL)
      AND (orders.ordered_at < :asOf OR :asOf IS NULL)
      AND (orders.status NOT IN ('canceled', 'unavailable') OR NOT :excludeCancelled)
      AND order_items.quantity > 0
      AND order_items.unit_price > 0
      AND (NOT order_items.is_service OR NOT :productsOnly)
    GROUP BY orders.customer_id
),
moment AS (
    SELECT COALESCE(:asOf, DATE_TRUNC('day', MAX(last_at)) + INTERVAL '2 days') AS as_of
    FROM customers
),
recent AS (
    SELECT
        customers.*,
        FLOOR(EXTRACT(EPOCH FROM moment.as_of - customers.last_at) / 86400) AS recency
    FROM customers
    CROSS JOIN moment
),
-- Beside the fifths by number, how many customers have less: more than j fifths of all others is above their quantile.
ranked AS (
    SELECT
        recent.*,
        NTILE(5) OVER (ORDER BY recency DESC, customer_id) AS r_fifth,
        NTILE(5) OVER (ORDER BY orders, customer_id) AS f_fifth,
        5 * (RANK() OVER (ORDER BY recency) - 1) AS r_below,
        5 * (ROW_NUMBER() OVER (ORDER BY orders, customer_id) - 1) AS f_below,
        COUNT(*) OVER () - 1 AS others
    FROM recent
),
scored AS (
    SELECT
        ranked.*,
        CASE
            WHEN :scores = 'ntile' THEN r_fifth
            WHEN r_below > 4 * others THEN 1
            WHEN r_below > 3 * others THEN 2
            WHEN r_below > 2 * others THEN 3
            WHEN r_below > others THEN 4
            ELSE 5
        END AS r,
        CASE
            WHEN :scores = 'ntile' THEN f_fifth
            WHEN f_below > 4 * others THEN 5
            WHEN f_below > 3 * others THEN 4
            WHEN f_below > 2 * others THEN 3
            WHEN f_below > others THEN 2
            ELSE 1
        END AS f
    FROM ranked
),
segmented AS (
    SELECT
        scored.*,
        CASE
            WHEN r = 1 AND f = 1 AND :segments = 11 THEN 'lost'
            WHEN r <= 2 AND f <= 2 THEN 'hibernating'
            WHEN r <= 2 AND f <= 4 THEN 'at_risk'
            WHEN r <= 2 THEN 'cant_lose'
            WHEN r = 3 AND f <= 2 THEN 'about_to_sleep'
            WHEN r = 3 AND f = 3 THEN 'need_attention'
            WHEN r <= 4 AND f >= 4 THEN 'loyal_customers'
            WHEN r = 4 AND f = 1 THEN 'promising'
            WHEN r = 5 AND f = 1 THEN 'new_customers'
            WHEN f <= 3 THEN 'potential_loyalists'
            ELSE 'champions'
        END AS segment
    FROM scored
)
SELECT
    segment,
    COUNT(*) AS customers,
    AVG(1e0 * recency) AS "meanRecencyDays",
    AVG(1e0 * orders) AS "meanOrders",
    SUM(revenue) AS revenue
FROM segmented
GROUP BY segment
ORDER BY SUM(revenue) DESC, segment;
