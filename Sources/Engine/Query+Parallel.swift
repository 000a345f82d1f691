import BSON
import Platform
import QueryLanguage
import Storage

extension Query {
    /// Reading less than this is over before threads have started.
    private static let worthwhileBytes: Int64 = 1 << 20

    /// The pipeline with its first `$group` or `$sort` fed by all processors, each reading a part of the collection; nil where that
    /// is not possible or not worth it: the plan is an index, the reader a transaction, the collection small.
    func parallel(_ stages: [ValueView], _ variables: Document?) throws -> Pipeline? {
        guard allowsParallel, let prefix = PipelineBuilder.parallelPrefix(of: stages),
            let snapshot = reader as? Snapshot,
            case .collection(let collection, forward: true)? = plan?.access, SideBySide.processors > 1,
            try reader.dataSize(collection) >= Query.worthwhileBytes, let parts = try parts(of: collection)
        else { return nil }
        let cache = columns(of: collection)
        var builders: [PipelineBuilder] = []
        for part in parts {
            guard let own = builders.isEmpty ? snapshot : try snapshot.sibling() else { return nil }
            let compiler = Compiler(now: now)
            try compiler.define(variables)
            compiler.declareStableBase()
            let source = CollectionScan(
                try own.records(in: own.catalog[namespace] ?? collection), compiler, Examined(), forward: true,
                readsAhead: true, part: part, cache: cache)
            let builder = PipelineBuilder(compiler: compiler, environment: self, source: source, interrupt: interrupt)
            try builder.compile(stages, at: 0..<prefix)
            builders.append(builder)
        }
        guard builders[0].join(Array(builders.dropFirst()), run: SideBySide.run) else { return nil }
        try builders[0].compile(stages, at: prefix..<stages.count)
        return builders[0].finish()
    }

    /// The collection's record ids cut into one range per processor.
    private func parts(of collection: CollectionEntry) throws -> [Range<RecordId>]? {
        let cursor = try reader.records(in: collection)
        defer { cursor.close() }
        guard try cursor.first() else { return nil }
        let first = cursor.recordId
        guard try cursor.last() else { return nil }
        let end = cursor.recordId + 1
        let count = UInt64(SideBySide.processors)
        guard end - first >= count else { return nil }
        // Parts begin where blocks of columns do.
        func bound(_ part: UInt64) -> RecordId {
            if part == 0 || part == count { return part == 0 ? first : end }
            let bound = first + (end - first) * part / count
            return max(first, bound - bound % ColumnCache.blockLength)
        }
        return (0..<count).map { bound($0)..<bound($0 + 1) }
    }
}
