import BSON
import DocumentStore

extension PurchaseHistory {
    /// The sale orders of a store that have a customer.
    ///
    /// An order counts with the lines that have a quantity and a price above zero, before discounts and freight: as the
    /// saved aggregations count revenue. The store merges the days, so that one row comes over for each.
    ///
    /// - Parameters:
    ///   - observe: is told how many days have come, and may throw to stop.
    public init(reading database: Database, observe: (Int) throws -> Void = { _ in }) throws {
        var builder = Builder()
        var count = 0
        let cursor = try database.collection("orders").aggregate(PurchaseHistory.pipeline, allowDiskUse: true)
        func add(_ row: DocumentView) throws {
            let key = row.find("_id").asDocument
            let customer = key.find("customer")
            let amount = row.find("amount").numberAsDouble ?? 0
            guard customer.type == .string, let day = key.find("day").exactInt64 else { return }
            builder.add(customer.asString, Int(day), amount)
            count += 1
            if count & 0xFFF == 0 { try observe(count) }
        }
        try cursor.forEachDocument(add)
        try observe(count)
        self = builder.finish()
    }

    private static let pipeline: [Document] = [
        ["$match": ["kind": "sale", "customerId": ["$ne": .null]]],
        [
            "$project": [
                "customerId": 1,
                "day": ["$toLong": ["$floor": ["$divide": [["$toLong": "$orderedAt"], 86_400_000]]]],
                "lines": [
                    "$filter": [
                        "input": "$items", "as": "item",
                        "cond": [
                            "$and": [["$gt": ["$$item.quantity", 0]], ["$gt": ["$$item.unitPrice", 0]]]
                        ],
                    ]
                ],
            ]
        ],
        ["$match": ["lines.0": ["$exists": true]]],
        [
            "$group": [
                "_id": ["customer": "$customerId", "day": "$day"],
                "amount": [
                    "$sum": [
                        "$sum": [
                            "$map": [
                                "input": "$lines", "as": "line",
                                "in": ["$multiply": ["$$line.quantity", "$$line.unitPrice"]],
                            ]
                        ]
                    ]
                ],
            ]
        ],
    ]
}
