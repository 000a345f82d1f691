import BSON
import QueryLanguage
import Storage

/// How a collection's documents are reached, and what the other ways would have cost.
struct AccessPlan {
    enum Access {
        /// There is no such collection.
        case nothing
        /// Every record, in order of insertion or backwards.
        case collection(CollectionEntry, forward: Bool)
        /// The records behind ranges of an index's keys.
        case index(CollectionEntry, IndexEntry, KeyRanges, forward: Bool)
    }

    var access: Access
    /// Whether the documents come in the order the query asked for.
    var providesSort = false
    /// Why each of the other ways was not taken, for `explain`.
    var rejected: [(name: String, reason: String)] = []

    /// The documents as the base of the compiler's rows.
    ///
    /// - Parameter columns: gives the columns that are kept of a collection.
    func source(
        _ reader: StorageReader, _ compiler: Compiler, _ examined: Examined,
        columns: (CollectionEntry) -> ColumnCache? = { _ in nil }
    ) throws -> Stage {
        compiler.declareStableBase()
        switch access {
        case .nothing: return BufferedDocuments(compiler)
        case .collection(let collection, let forward):
            return CollectionScan(
                try reader.records(in: collection), compiler, examined, forward: forward,
                readsAhead: reader is Snapshot,
                cache: forward ? columns(collection) : nil)
        case .index(let collection, let index, let ranges, let forward):
            return try IndexScan(reader, collection, index, ranges, compiler, examined, forward: forward)
        }
    }
}

/// How much a query has looked at, for `explain`.
final class Examined {
    var keys: Int64 = 0
    var documents: Int64 = 0
}

extension AccessPlan {
    /// The plan in the shape of `explain`'s winningPlan.
    var description: Document {
        switch access {
        case .nothing: return ["stage": "EOF"]
        case .collection(_, let forward):
            return ["stage": "COLLSCAN", "direction": .string(forward ? "forward" : "backward")]
        case .index(_, let index, let ranges, let forward):
            return [
                "stage": "FETCH",
                "inputStage": [
                    "stage": "IXSCAN", "keyPattern": .document(index.keyPattern), "indexName": .string(index.name),
                    "isMultiKey": .bool(index.isMultikey), "isUnique": .bool(index.isUnique),
                    "isSparse": .bool(index.isSparse),
                    "direction": .string(forward ? "forward" : "backward"),
                    "indexBounds": .document(ranges.description),
                    "providesSort": .bool(providesSort),
                ],
            ]
        }
    }

    /// The ways not taken, each with the reason.
    var rejectedPlans: [Document] {
        rejected.map { ["plan": .string($0.name), "reason": .string($0.reason)] }
    }
}

/// Ranges of index keys as bytes: from `lower` (inclusive) up to `upper` (exclusive; empty for no bound), ascending and
/// apart from one another.
struct KeyRanges {
    struct Range {
        var lower: [UInt8]
        var upper: [UInt8]
    }
    var ranges: [Range]
    /// The bounds of each field in words, for `explain`: `{a: ["[1, 5)"]}`.
    var description = Document()
    static let everything = KeyRanges(ranges: [Range(lower: [], upper: [])])
}
