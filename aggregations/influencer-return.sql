-- Influencer return. Parameters: from, to.
WITH sales AS (
    SELECT
        orders.campaign_id AS campaign_id,
        COUNT(DISTINCT orders.order_id) AS orders,
        SUM(CASE
            WHEN order_items.quantity > 0 AND order_items.unit_price > 0
            THEN order_items.quantity * order_items.unit_price
            ELSE 0
        END) AS revenue,
        COALESCE(SUM(order_items.discount), 0) AS discounts
    FROM orders
    LEFT JOIN order_items ON order_items.order_id = orders.order_id
    WHERE orders.kind = 'sale'
      AND orders.campaign_id IS NOT NULL
      AND orders.status NOT IN ('canceled', 'unavailable')
    GROUP BY orders.campaign_id
),
measured AS (
    SELECT
        campaigns.influencer AS influencer,
        COUNT(*) AS campaigns,
        SUM(campaigns.spend) AS spend,
        SUM(COALESCE(sales.orders, 0)) AS orders,
        SUM(COALESCE(sales.revenue, 0)) AS revenue,
        SUM(COALESCE(sales.discounts, 0)) AS discounts
    FROM campaigns
    LEFT JOIN sales ON sales.campaign_id = campaigns.campaign_id
    WHERE campaigns.influencer IS NOT NULL
      AND (campaigns.starts_at >= :from OR :from IS NULL)
      AND (campaigns.starts_at < :to OR :to IS NULL)
    GROUP BY campaigns.influencer
)
SELECT
    influencer,
    campaigns,
    spend,
    orders,
    revenue,
    discounts,
    1e0 * (revenue - discounts) / NULLIF(spend, 0) AS "returnOnSpend",
    1.0 * spend / NULLIF(orders, 0) AS "spendPerOrder"
FROM measured
ORDER BY spend <= 0, 1e0 * (revenue - discounts) / NULLIF(spend, 0) DESC, influencer;
