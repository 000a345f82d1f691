extension KeyFigures {
    private static let parameters = """
        { "name": "from", "type": "date", "description": "Only orders at or after this moment" },
        { "name": "to", "type": "date", "description": "Only orders before this moment" },
        { "name": "productsOnly", "type": "boolean", "default": false, "description": "Leave out lines for services" },
        { "name": "excludeCancelled", "type": "boolean", "default": false, "description": "Leave out canceled orders" }
        """

    private static let period = #"{ "$gte": { "$param": "from" }, "$lt": { "$param": "to" } }"#
    private static let status = #"{ "$if": "excludeCancelled", "then": { "$nin": ["canceled", "unavailable"] } }"#
    private static let month =
        #"{ "$add": [{ "$multiply": [{ "$year": "$orderedAt" }, 12] }, { "$month": "$orderedAt" }] }"#

    /// Orders and revenue by month (year times 12 plus the month, from 1).
    static let sales = """
        {
          "name": "key-figures", "title": "Sales by month", "question": "What did we sell each month?",
          "collection": "orders",
          "parameters": [
            \(parameters),
            { "name": "knownCustomersOnly", "type": "boolean", "default": false,
              "description": "Leave out orders without a customer" }
          ],
          "pipeline": [
            { "$match": {
                "kind": "sale", "orderedAt": \(period), "status": \(status),
                "customerId": { "$if": "knownCustomersOnly", "then": { "$ne": null } } } },
            { "$project": {
                "orderedAt": 1,
                "lines": { "$filter": { "input": "$items", "as": "item", "cond": { "$and": [
                  { "$gt": ["$$item.quantity", 0] }, { "$gt": ["$$item.unitPrice", 0] },
                  { "$if": "productsOnly", "then": { "$ne": ["$$item.service", true] } } ] } } } } },
            { "$match": { "lines.0": { "$exists": true } } },
            { "$group": {
                "_id": \(month), "orders": { "$sum": 1 },
                "revenue": { "$sum": { "$sum": { "$map": {
                  "input": "$lines", "as": "line", "in": { "$multiply": ["$$line.quantity", "$$line.unitPrice"] } } } } },
                "first": { "$min": "$orderedAt" }, "last": { "$max": "$orderedAt" } } },
            { "$project": { "_id": 0, "month": "$_id", "orders": 1, "revenue": 1, "first": 1, "last": 1 } },
            { "$sort": { "month": 1 } }
          ],
          "columns": [{ "name": "month", "type": "integer" }]
        }
        """

    /// How many orders each customer made in each month, by customer and month.
    static let customers = """
        {
          "name": "key-figures", "title": "Orders by customer and month", "question": "Who came back, and when?",
          "collection": "orders",
          "parameters": [\(parameters)],
          "pipeline": [
            { "$match": {
                "kind": "sale", "orderedAt": \(period), "status": \(status), "customerId": { "$ne": null },
                "items": { "$elemMatch": {
                  "quantity": { "$gt": 0 }, "unitPrice": { "$gt": 0 },
                  "service": { "$if": "productsOnly", "then": { "$ne": true } } } } } },
            { "$group": { "_id": { "customer": "$customerId", "month": \(month) }, "orders": { "$sum": 1 } } },
            { "$project": { "_id": 0, "customer": "$_id.customer", "month": "$_id.month", "orders": 1 } },
            { "$sort": { "customer": 1, "month": 1 } }
          ],
          "columns": [{ "name": "customer", "type": "string" }]
        }
        """
}
