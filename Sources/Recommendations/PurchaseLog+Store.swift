import BSON
import DocumentStore

extension PurchaseLog {
    /// Reads the sales of a store that have a customer: one pass over the orders.
    ///
    /// They count as they do in the graph: unless they were canceled or unavailable, and of them lines with a quantity and a
    /// price above zero that are no service. Customers who do not agree to analytics (`consent.analytics` is false) are left
    /// out, as if they had bought nothing.
    ///
    /// - Parameter observe: is told how many documents have come, and may throw to stop.
    public init(reading database: Database, observe: (Int) throws -> Void = { _ in }) throws {
        var count = 0
        func forEach(_ collection: String, _ pipeline: [Document], _ body: (DocumentView) throws -> Void) throws {
            let cursor = try database.collection(collection).aggregate(pipeline, allowDiskUse: true)
            while try cursor.withNext(body) != nil {
                count += 1
                if count & 0xFFF == 0 { try observe(count) }
            }
        }
        var withheld = Set<String>()
        try forEach(
            "customers", [["$match": ["consent.analytics": false]], ["$project": ["_id": 1]]]
        ) { row in
            if row.find("_id").type == .string { withheld.insert(row.find("_id").asString) }
        }
        var builder = Builder()
        var products: [Int32] = []
        try forEach("orders", PurchaseLog.pipeline) { row in
            let (id, customer, time) = (row.find("_id"), row.find("customerId"), row.find("orderedAt"))
            guard customer.type == .string, time.type == .date, row.find("products").type == .array else { return }
            let name = customer.asString
            guard !withheld.contains(name) else { return }
            products.removeAll(keepingCapacity: true)
            var cursor = row.find("products").asDocument.elements()
            while cursor.next() {
                if cursor.value.type == .string { products.append(builder.number(of: cursor.value.asString)) }
            }
            builder.add(
                customer: name, id: id.type == .string ? id.asString : "", time: time.asDate, products: products)
        }
        try observe(count)
        self = builder.finish()
        withheldCustomers = withheld.count
    }

    private static let pipeline: [Document] = [
        [
            "$match": [
                "kind": "sale", "customerId": ["$ne": .null],
                "status": ["$nin": .array(BSONArray([.string("canceled"), .string("unavailable")]))],
            ]
        ],
        [
            "$project": [
                "customerId": 1, "orderedAt": 1,
                "products": [
                    "$map": [
                        "input": [
                            "$filter": [
                                "input": "$items", "as": "item",
                                "cond": [
                                    "$and": [
                                        ["$gt": ["$$item.quantity", 0]], ["$gt": ["$$item.unitPrice", 0]],
                                        ["$ne": ["$$item.service", true]],
                                    ]
                                ],
                            ]
                        ],
                        "as": "line", "in": "$$line.productId",
                    ]
                ],
            ]
        ],
    ]
}
