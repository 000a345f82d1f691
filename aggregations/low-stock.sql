-- Low stock. Parameters: location, activeOnly, limit.
SELECT
    inventory.product_id AS "productId",
    products.name AS name,
    inventory.location AS location,
    inventory.on_hand AS "onHand",
    inventory.reserved AS reserved,
    inventory.on_hand - inventory.reserved AS "position",
    inventory.reorder_point AS "reorderPoint",
    inventory.reorder_point - inventory.on_hand + inventory.reserved AS shortfall,
    inventory.reorder_quantity AS "reorderQuantity",
    inventory.reorder_quantity * inventory.unit_cost AS "reorderCost"
FROM inventory
LEFT JOIN products ON products.product_id = inventory.product_id
WHERE (inventory.location = :location OR :location IS NULL)
  AND inventory.on_hand - inventory.reserved <= inventory.reorder_point
  AND (products.active OR products.active IS NULL OR NOT :activeOnly)
ORDER BY inventory.reorder_point - inventory.on_hand + inventory.reserved DESC, inventory.product_id, inventory.location
LIMIT :limit;
