import BSON
import DocumentStore

/// Where baskets come from in a store: the sales of a shop, or any pipeline that returns rows with an array of items.
public struct BasketSource: Sendable {
    public let collection: String
    public let pipeline: [Document]
    /// The array's name in the rows; nil where it is the only array of the first.
    public let field: String?

    /// The products sold in each sale: items with a quantity and a price above zero that are no services such as postage.
    ///
    /// - Parameter filter: which sales.
    public init(salesMatching filter: Document = [:]) {
        collection = "orders"
        let sold: BSONValue = [
            "$and": [
                ["$gt": ["$$item.quantity", 0]], ["$gt": ["$$item.unitPrice", 0]], ["$ne": ["$$item.service", true]],
            ]
        ]
        var pipeline: [Document] = [["$match": ["kind": "sale"]]]
        if !filter.keys.isEmpty { pipeline.append(["$match": .document(filter)]) }
        pipeline.append([
            "$project": ["_id": 0, "items": ["$filter": ["input": "$items", "as": "item", "cond": sold]]]
        ])
        pipeline.append(["$project": ["items": "$items.productId"]])
        self.pipeline = pipeline
        field = "items"
    }

    public init(collection: String, pipeline: [Document], field: String? = nil) {
        self.collection = collection
        self.pipeline = pipeline
        self.field = field
    }

    /// Runs the pipeline and reads its rows.
    ///
    /// - Parameter each: called with the number of rows so far, to tell and to stop.
    /// - Throws: `badValue` where a row holds no array of items; or the pipeline writes; what the store throws.
    public func baskets(
        in database: Database, limit: BasketSizeLimit? = nil, maxTimeMS: Int? = nil,
        each: (Int) throws -> Void = { _ in }
    ) throws -> Baskets {
        for stage in pipeline {
            for name in stage.keys where ["$out", "$merge"].contains(name) {
                throw AtelierError(
                    .badValue, "a pipeline that yields baskets does not write: it has the stage \(name)",
                    advice: "Leave that stage out.")
            }
        }
        let rows = try database.collection(collection).aggregate(pipeline, allowDiskUse: true, maxTimeMS: maxTimeMS)
        return try Baskets(rows: rows, field: field, limit: limit, each: each)
    }
}
