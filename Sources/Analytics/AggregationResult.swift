import BSON
import DocumentStore

/// The answer to a saved aggregation: rows, and how to read them.
public struct AggregationResult {
    public let columns: [Column]
    /// What it was computed with, defaults included.
    public let arguments: Arguments
    public let rows: Cursor
}

extension SavedAggregation {
    /// Runs the pipeline on a database.
    ///
    /// Sorts and groups may spill to disk.
    /// - Throws: what the deployment throws, with the aggregation's name as the place.
    public func run(_ arguments: Arguments, on database: Database, maxTimeMS: Int? = nil) throws -> AggregationResult {
        do {
            let rows = try database.collection(collection).aggregate(
                stages(arguments), allowDiskUse: true, maxTimeMS: maxTimeMS)
            return AggregationResult(columns: columns, arguments: arguments, rows: rows)
        } catch var error as AtelierError {
            error.location = error.location.map { "\(name): \($0)" } ?? name
            throw error
        }
    }
}
