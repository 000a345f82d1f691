-- Designer performance. Parameters: from, to, mode.
WITH sales AS (
    SELECT
        orders.session_id AS session_id,
        COUNT(DISTINCT orders.order_id) AS orders,
        SUM(CASE
            WHEN order_items.quantity > 0 AND order_items.unit_price > 0
            THEN order_items.quantity * order_items.unit_price
            ELSE 0
        END) AS revenue
    FROM orders
    LEFT JOIN order_items ON order_items.order_id = orders.order_id
    WHERE orders.kind = 'sale'
      AND orders.session_id IS NOT NULL
      AND orders.status NOT IN ('canceled', 'unavailable')
    GROUP BY orders.session_id
),
held AS (
    SELECT
        design_sessions.designer_id AS designer_id,
        COUNT(*) AS sessions,
        SUM(CASE WHEN design_sessions.status = 'completed' THEN 1 ELSE 0 END) AS completed,
        SUM(CASE WHEN design_sessions.status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled,
        SUM(CASE WHEN design_sessions.status = 'noShow' THEN 1 ELSE 0 END) AS no_shows,
        COUNT(design_sessions.feedback_score) AS feedback,
        SUM(design_sessions.feedback_score) AS feedback_total,
        SUM(COALESCE(sales.orders, 0)) AS orders,
        SUM(CASE WHEN design_sessions.status = 'completed' AND sales.orders > 0 THEN 1 ELSE 0 END) AS converted,
        ROUND(SUM(COALESCE(sales.revenue, 0)), 4) AS revenue
    FROM design_sessions
    LEFT JOIN sales ON sales.session_id = design_sessions.session_id
    WHERE design_sessions.status IN ('completed', 'cancelled', 'noShow')
      AND (design_sessions.scheduled_at >= :from OR :from IS NULL)
      AND (design_sessions.scheduled_at < :to OR :to IS NULL)
      AND (design_sessions.mode = :mode OR :mode IS NULL)
    GROUP BY design_sessions.designer_id
)
SELECT
    held.designer_id AS "designerId",
    designers.name AS name,
    held.sessions AS sessions,
    held.completed AS completed,
    held.cancelled AS cancelled,
    held.no_shows AS "noShows",
    1e0 * held.no_shows / NULLIF(held.completed + held.no_shows, 0) AS "noShowRate",
    held.feedback AS feedback,
    1e0 * held.feedback_total / NULLIF(held.feedback, 0) AS "meanFeedback",
    held.orders AS orders,
    1e0 * held.converted / NULLIF(held.completed, 0) AS conversion,
    held.revenue AS revenue,
    1.0 * held.revenue / NULLIF(held.completed, 0) AS "revenuePerSession"
FROM held
LEFT JOIN designers ON designers.designer_id = held.designer_id
ORDER BY held.revenue DESC, held.designer_id;
