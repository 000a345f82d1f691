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
    func source(_ reader: StorageReader, _ compiler: Compiler) throws -> Stage {
        compiler.declareStableBase()
        switch access {
        case .nothing: return BufferedDocuments(compiler)
        case .collection(let collection, let forward):
            return CollectionScan(try reader.records(in: collection), compiler, forward: forward)
        case .index(let collection, let index, let ranges, let forward):
            return try IndexScan(reader, collection, index, ranges, compiler, forward: forward)
        }
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
    static let everything = KeyRanges(ranges: [Range(lower: [], upper: [])])
}
