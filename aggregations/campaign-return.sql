-- Campaign return. Parameters: from, to, channel, limit.
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
        campaigns.campaign_id AS campaign_id,
        campaigns.name AS name,
        campaigns.channel AS channel,
        campaigns.starts_at AS starts_at,
        campaigns.spend AS spend,
        COALESCE(sales.orders, 0) AS orders,
        COALESCE(sales.revenue, 0) AS revenue,
        COALESCE(sales.discounts, 0) AS discounts,
        1e0 * (COALESCE(sales.revenue, 0) - COALESCE(sales.discounts, 0)) / NULLIF(campaigns.spend, 0) AS return_on_spend
    FROM campaigns
    LEFT JOIN sales ON sales.campaign_id = campaigns.campaign_id
    WHERE (campaigns.starts_at >= :from OR :from IS NULL)
      AND (campaigns.starts_at < :to OR :to IS NULL)
      AND (campaigns.channel = :channel OR :channel IS NULL)
)
SELECT
    campaign_id AS "campaignId",
    name,
    channel,
    starts_at AS "startsAt",
    spend,
    orders,
    revenue,
    discounts,
    return_on_spend AS "returnOnSpend",
    1.0 * spend / NULLIF(orders, 0) AS "spendPerOrder"
FROM measured
ORDER BY return_on_spend IS NULL, return_on_spend DESC, campaign_id
LIMIT :limit;
