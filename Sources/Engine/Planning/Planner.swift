import BSON
import QueryLanguage
import Storage

/// Chooses how to reach the documents that a filter and a sort ask for.
///
/// Every index that the filter or the sort can use is a candidate; its cost is estimated by counting keys in the index
/// itself, up to a limit. The filter is always applied to what is found, so a plan can be slow but not wrong.
struct Planner {
    let reader: StorageReader
    let namespace: Namespace

    init(_ reader: StorageReader, _ namespace: Namespace) {
        self.reader = reader
        self.namespace = namespace
    }

    /// - Parameters:
    ///   - limit: how many documents at most are wanted, in the order of the sort; nil for all.
    /// - Throws: `BadValue` for a hint that names no index.
    func plan(filter: DocumentView, sort: Document?, hint: BSONValue?, limit: Int64? = nil) throws -> AccessPlan {
        guard let collection = reader.catalog[namespace] else { return AccessPlan(access: .nothing) }
        let hinted = try hint.flatMap { try self.hinted($0, in: collection) }
        if case .natural(let forward) = hinted {
            return AccessPlan(access: .collection(collection, forward: forward))
        }
        let scan = AccessPlan(access: .collection(collection, forward: true))
        if filter.isEmpty && sort == nil && hinted == nil { return scan }
        let analysis = try FilterAnalysis(filter)
        let wanted = sort.flatMap { SortRequest($0) }
        let count = try reader.count(collection)
        if case .index(let index) = hinted {
            let candidate = try IndexCandidate(index, analysis, wanted, for: reader, limit: 0)
            return AccessPlan(
                access: .index(collection, index, candidate.ranges, forward: candidate.forward),
                providesSort: candidate.providesSort)
        }
        var best = scan
        var bestCost = Cost.scan(count, sorting: wanted != nil)
        var rejected: [(String, String)] = []
        for index in collection.indexes {
            let candidate = try IndexCandidate(index, analysis, wanted, for: reader, limit: max(1000, count / 10))
            guard candidate.isUsable else {
                rejected.append((index.name, candidate.reason))
                continue
            }
            let cost = Cost.index(
                candidate, count, sorting: wanted != nil, limit: analysis.constraints.isEmpty ? limit : nil)
            if cost < bestCost {
                rejected.append((best.name, "estimated cost \(Int(bestCost)), against \(Int(cost)) of \(index.name)"))
                best = AccessPlan(
                    access: .index(collection, index, candidate.ranges, forward: candidate.forward),
                    providesSort: candidate.providesSort)
                bestCost = cost
            } else {
                rejected.append((index.name, "estimated cost \(Int(cost)), against \(Int(bestCost)) of \(best.name)"))
            }
        }
        best.rejected = rejected
        return best
    }

    // MARK: Hints

    private enum Hint {
        case natural(forward: Bool)
        case index(IndexEntry)
    }

    private func hinted(_ hint: BSONValue, in collection: CollectionEntry) throws -> Hint? {
        switch hint {
        case .string(let name):
            if name == "$natural" { return .natural(forward: true) }
            if let index = collection.index(named: name) { return .index(index) }
        case .document(let key):
            if key.isEmpty { return nil }
            if let natural = key["$natural"]?.doubleValue { return .natural(forward: natural >= 0) }
            let same = collection.indexes.first { index in
                index.keyPattern.withView { a in key.withView { ValueView.document(a).compare(.document($0)) == 0 } }
            }
            if let same { return .index(same) }
        default: throw AtelierError(.failedToParse, "Hint must be a string or an object")
        }
        throw AtelierError(
            .badValue,
            "error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index",
            advice: "List the indexes of \(namespace) with listIndexes.")
    }
}

extension AccessPlan {
    fileprivate var name: String {
        switch access {
        case .nothing: "EOF"
        case .collection: "COLLSCAN"
        case .index(_, let index, _, _): index.name
        }
    }
}

/// What reading costs, in steps of a scan from one document to the next.
private enum Cost {
    /// Fetching a document by its record id, against stepping to it.
    private static let fetch = 3.0

    static func scan(_ count: Int, sorting: Bool) -> Double { Double(count) + (sorting ? sort(count) : 0) }

    static func index(_ candidate: IndexCandidate, _ count: Int, sorting: Bool, limit: Int64?) -> Double {
        var keys = candidate.estimate.map(Double.init) ?? Double(count)
        if candidate.providesSort, let limit { keys = min(keys, Double(limit)) }
        return 1 + keys * fetch + (sorting && !candidate.providesSort ? sort(Int(keys)) : 0)
    }

    private static func sort(_ count: Int) -> Double {
        count < 2 ? 0 : Double(count) * 2 * Double(Int.bitWidth - count.leadingZeroBitCount) / 4
    }
}

/// A sort by plain fields, as an index may provide it.
struct SortRequest {
    let fields: [(path: String, ascending: Bool)]

    /// Nil where the sort asks for something else than fields.
    init?(_ sort: Document) {
        var fields: [(path: String, ascending: Bool)] = []
        for (path, order) in sort.elements {
            guard let direction = order.doubleValue else { return nil }
            fields.append((path, direction > 0))
        }
        if fields.isEmpty { return nil }
        self.fields = fields
    }
}
