import Analytics
import BSON
import DocumentStore

/// What is counted of the orders.
public enum Measure: String, Sendable, CaseIterable {
    /// Quantity times unit price.
    case revenue
    case orders
    case units
}

extension TimeSeries {
    /// The sale orders of a store, added up by period; lines without a quantity or price above zero do not count, nor
    /// do orders without any other.
    ///
    /// One aggregation over all orders: what the data cover is known from the first and the last day with a counted
    /// order, whatever part of them is asked for. Both count as whole days.
    /// - Parameters:
    ///   - from: the first day that counts (since 1970-01-01). Likewise `to`, which does not count itself.
    /// - Throws: what the store throws; `badValue` where nothing is left.
    public init(
        of measure: Measure, in database: Database, by period: Period, from: Int? = nil, to: Int? = nil,
        maxTimeMS: Int? = nil
    ) throws {
        let rows = try database.collection("orders").aggregate(
            TimeSeries.pipeline(measure), allowDiskUse: true, maxTimeMS: maxTimeMS)
        var days: [(day: Int, value: Double)] = []
        func add(_ row: DocumentView) {
            if let day = TimeSeries.day(row.find("_id").asString), let value = row.find("value").numberAsDouble {
                days.append((day, value))
            }
        }
        try rows.forEachDocument(add)
        guard let first = days.map(\.day).min(), let last = days.map(\.day).max() else {
            throw AtelierError(
                .badValue, "the store holds no sale orders",
                advice: "Fill it with `atelier import` or `atelier generate`.")
        }
        let start = max(first, from ?? first)
        let end = min(last + 1, to ?? last + 1)
        guard start < end else {
            throw AtelierError(
                .badValue,
                "there are no orders in that range: they lie from \(Period.day.label(first)) to \(Period.day.label(last))"
            )
        }
        try self.init(days: days, coverage: start..<end, period: period)
    }

    private static func pipeline(_ measure: Measure) -> [Document] {
        let line: (String) -> Document = { ["$multiply": ["$$line.quantity", .string($0)]] }
        let sum: BSONValue =
            switch measure {
            case .orders: 1
            case .units: ["$sum": "$lines.quantity"]
            case .revenue:
                .document([
                    "$sum": .document([
                        "$map": .document([
                            "input": "$lines", "as": "line", "in": .document(line("$$line.unitPrice")),
                        ])
                    ])
                ])
            }
        return [
            ["$match": ["kind": "sale"]],
            [
                "$project": [
                    "orderedAt": 1,
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
                    "_id": ["$dateToString": ["format": "%Y-%m-%d", "date": "$orderedAt"]],
                    "value": ["$sum": sum],
                ]
            ],
        ]
    }
}

extension Measure {
    /// For headings.
    public var title: String {
        switch self {
        case .revenue: "Revenue"
        case .orders: "Orders"
        case .units: "Units"
        }
    }

    public var unit: Unit? { self == .revenue ? .currency : nil }
}
