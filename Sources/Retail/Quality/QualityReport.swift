import BSON
import DocumentStore

/// What is wrong with a store's documents, as far as their definitions can tell.
///
/// One pass a collection counts missing fields, dates in the future and the faults that its rules name; one more reads
/// the documents that its validator refuses, if there are any, and says what it refuses them for. Natural keys and foreign
/// keys take a pass each. Operators are those of MongoDB 4.2.
public struct QualityReport: Sendable {
    /// Errors first; then by collection, check and field.
    public private(set) var findings: [QualityFinding] = []
    /// How many documents each collection has.
    public private(set) var documents: [(collection: String, count: Int)] = []

    /// Checks collections.
    /// - Parameters:
    ///   - names: nil for every one that has a definition and is there, but for bronze (`raw_…`).
    ///   - now: dates after it lie in the future: milliseconds since 1970-01-01.
    ///   - advance: told before each collection.
    /// - Throws: `namespaceNotFound` for a name without a definition or collection; what the deployment throws.
    public init(
        of names: [String]? = nil, in database: Database, catalog: CollectionCatalog, now: Int64,
        advance: (_ done: Int, _ collection: String) -> Void = { _, _ in }
    ) throws {
        let present = Set(try database.collectionNames())
        for name in names ?? [] where catalog[name] == nil || !present.contains(name) {
            let known = catalog.definitions.map(\.name).filter(present.contains)
            throw AtelierError(
                .namespaceNotFound,
                catalog[name] == nil
                    ? "nothing is known about the collection \(name)" : "there is no collection \(name)",
                advice: nearestName(to: name, among: known).map { "Did you mean \($0)?" }
                    ?? "There are \(known.joined(separator: ", ")).")
        }
        let wanted = catalog.definitions.filter {
            names?.contains($0.name) ?? (present.contains($0.name) && !$0.name.hasPrefix("raw_"))
        }
        for (index, definition) in wanted.enumerated() {
            advance(index, definition.name)
            let checks = CollectionChecks(definition, database, catalog, now: now)
            let (count, found) = try checks.run()
            documents.append((definition.name, count))
            findings += found
        }
        if present.contains("rejects") { findings += try RejectedRows(database).findings(of: names) }
        findings.sort { a, b in
            if a.severity != b.severity { return a.severity > b.severity }
            return (a.collection, a.check, a.field ?? "") < (b.collection, b.check, b.field ?? "")
        }
    }

    /// Those where something was found.
    public var problems: [QualityFinding] { findings.filter { $0.count > 0 } }
}

/// Rows that importers could not read, by where they were going, reason and file.
private struct RejectedRows {
    private let database: Database

    init(_ database: Database) { self.database = database }

    func findings(of names: [String]?) throws -> [QualityFinding] {
        var rows: [String: Int] = [:]
        for load in try database.collection("loads").find([:], projection: ["files": 1]).all() {
            for case .document(let file) in load["files"]?.arrayValue ?? [] {
                guard let name = file["name"]?.stringValue, let count = file["rows"]?.integerValue else { continue }
                rows[name, default: 0] += Int(count)
            }
        }
        let cursor = try database.collection("rejects").aggregate([
            [
                "$group": [
                    "_id": ["source": "$source", "reason": "$reason", "file": "$file"], "count": ["$sum": 1],
                    "first": ["$min": "$_id"], "last": ["$max": "$_id"],
                ]
            ],
            ["$sort": ["_id": 1]],
        ])
        return try cursor.all().compactMap { row in
            let key = row["_id"]?.documentValue
            guard let source = key?["source"]?.stringValue, let reason = key?["reason"]?.stringValue,
                let file = key?["file"]?.stringValue,
                names?.contains(where: { $0 == source || $0 == "rejects" }) ?? true
            else { return nil }
            let count = Int(row["count"]?.integerValue ?? 0)
            return QualityFinding(
                severity: .warning, collection: source, check: "rejected", field: reason, count: count,
                of: max(rows[file] ?? 0, count), examples: ids(row["first"], row["last"]),
                says: "rows of \(file) that could not be read; they are in rejects")
        }
    }
}
