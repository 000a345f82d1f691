import BSON
import DocumentStore

/// One thing that is counted in a pass over a collection.
struct FaultCount {
    let severity: QualityFinding.Severity
    let check: String
    let field: String
    /// The array whose elements are looked at; nil where documents are.
    let array: String?
    /// Which of them are looked at, as an expression; nil for all.
    let scope: BSONValue?
    /// True where something is wrong.
    let fails: BSONValue
    let says: String

    /// How many of a document's elements, or the document itself, have the fault.
    fileprivate var faults: BSONValue {
        number(of: scope.map { ["$and": .array([$0, fails])] } ?? fails)
    }

    /// How many were looked at.
    fileprivate var lookedAt: BSONValue { number(of: scope ?? .bool(true)) }

    private func number(of condition: BSONValue) -> BSONValue {
        guard let array else { return ["$cond": .array([condition, 1, 0])] }
        let path = BSONValue.string("$" + array)
        let elements: BSONValue = ["$cond": .array([["$isArray": .array([path])], path, []])]
        if condition == .bool(true) { return ["$size": elements] }
        return ["$size": ["$filter": ["input": elements, "as": "each", "cond": condition]]]
    }
}

extension Array where Element == FaultCount {
    /// Counts them all in one pass.
    /// - Parameter filter: the documents to read.
    /// - Returns: how many documents were read, and what was found; nothing found is a finding with a count of 0.
    func run(on collection: Collection, _ filter: Document = [:]) throws -> (
        documents: Int, examples: [BSONValue], findings: [QualityFinding]
    ) {
        let counts = enumerated()
        var computed: [(String, BSONValue)] = []
        var grouped: [(String, BSONValue)] = [
            ("_id", .null), ("documents", ["$sum": 1]), ("first", ["$min": "$_id"]), ("last", ["$max": "$_id"]),
        ]
        for (index, count) in counts {
            computed.append(("n\(index)", count.faults))
            grouped.append(("n\(index)", ["$sum": .string("$n\(index)")]))
            let id: BSONValue = ["$cond": .array([["$gt": .array([.string("$n\(index)"), 0])], "$_id", .null])]
            grouped.append(("first\(index)", ["$min": id]))
            grouped.append(("last\(index)", ["$max": id]))
            if count.array != nil || count.scope != nil {
                computed.append(("of\(index)", count.lookedAt))
                grouped.append(("of\(index)", ["$sum": .string("$of\(index)")]))
            }
        }
        var pipeline: [Document] = [["$match": .document(filter)]]
        if !computed.isEmpty { pipeline.append(["$project": .document(Document(computed))]) }
        pipeline.append(["$group": .document(Document(grouped))])
        let row = try collection.aggregate(pipeline).next() ?? [:]
        let documents = Int(row["documents"]?.integerValue ?? 0)
        let findings = counts.map { index, count in
            QualityFinding(
                severity: count.severity, collection: collection.name, check: count.check, field: count.field,
                count: Int(row["n\(index)"]?.integerValue ?? 0),
                of: row["of\(index)"]?.integerValue.map { Int($0) } ?? documents,
                examples: ids(row["first\(index)"], row["last\(index)"]), says: count.says)
        }
        return (documents, ids(row["first"], row["last"]), findings)
    }
}

/// The least and the greatest `_id`: none, one or two.
func ids(_ first: BSONValue?, _ last: BSONValue?) -> [BSONValue] {
    guard let first, !first.isNull, let last else { return [] }
    return first == last ? [first] : [first, last]
}
