import BSON
import DocumentStore

/// What is known about a gold collection: its document in `refreshes`.
public struct GoldState: Sendable {
    /// The gold collection.
    public let name: String
    public let aggregation: String
    /// What the rows were computed with, defaults included.
    public let parameters: Document
    /// When the rows were last computed, in whole or in part: milliseconds since 1970-01-01.
    public let refreshedAt: Int64
    /// When it was last made sure that nothing they depend on has changed since.
    public let checkedAt: Int64
    /// `full` or `incremental`.
    public let how: String
    public let rows: Int
    /// How long computing them took.
    public let seconds: Double
    /// What the sources held, by collection.
    let sources: [String: ContentDigest]
    /// The hash of the pipeline that was run, arguments and all.
    let pipeline: UInt64
    /// Whether a refresh began to put rows into place and did not say that it ended.
    let isUnsettled: Bool

    /// The collection that states are kept in.
    public static let collection = "refreshes"

    /// Every state, by the gold collection's name.
    public static func all(in database: Database) throws -> [GoldState] {
        try database.collection(collection).find([:], sort: ["_id": 1]).all().compactMap(GoldState.init)
    }

    static func named(_ name: String, in database: Database) throws -> GoldState? {
        try database.collection(collection).findOne(["_id": .string(name)]).flatMap(GoldState.init)
    }

    init(
        name: String, aggregation: String, parameters: Document, refreshedAt: Int64, how: String, rows: Int,
        seconds: Double, sources: [String: ContentDigest], pipeline: UInt64
    ) {
        self.name = name
        self.aggregation = aggregation
        self.parameters = parameters
        self.refreshedAt = refreshedAt
        checkedAt = refreshedAt
        self.how = how
        self.rows = rows
        self.seconds = seconds
        self.sources = sources
        self.pipeline = pipeline
        isUnsettled = false
    }

    /// Nil for a document that does not describe a complete refresh.
    init?(_ document: Document) {
        guard let name = document["_id"]?.stringValue, let aggregation = document["aggregation"]?.stringValue,
            let refreshedAt = document["refreshedAt"]?.dateValue, let how = document["how"]?.stringValue,
            let rows = document["rows"]?.integerValue, let pipeline = document["pipeline"]?.integerValue
        else { return nil }
        self.name = name
        self.aggregation = aggregation
        parameters = document["parameters"]?.documentValue ?? [:]
        self.refreshedAt = refreshedAt
        checkedAt = document["checkedAt"]?.dateValue ?? refreshedAt
        self.how = how
        self.rows = Int(rows)
        seconds = document["seconds"]?.doubleValue ?? 0
        self.pipeline = UInt64(bitPattern: pipeline)
        isUnsettled = document["writing"] != nil
        var sources: [String: ContentDigest] = [:]
        for case .document(let source) in document["sources"]?.arrayValue ?? [] {
            guard let collection = source["collection"]?.stringValue else { return nil }
            sources[collection] = ContentDigest(source)
        }
        self.sources = sources
    }

    var document: Document {
        [
            "_id": .string(name), "aggregation": .string(aggregation), "parameters": .document(parameters),
            "refreshedAt": .date(refreshedAt), "checkedAt": .date(checkedAt), "how": .string(how),
            "rows": .integer(rows), "seconds": .double(seconds), "pipeline": .int64(Int64(bitPattern: pipeline)),
            "sources": .array(
                BSONArray(documents: sources.sorted { $0.key < $1.key }.map { $0.value.document(of: $0.key) })),
        ]
    }
}

extension ContentDigest {
    /// As it is kept: days as twelve bytes each, the day and its hash, in order of time.
    fileprivate func document(of collection: String) -> Document {
        let dates = days.sorted { $0.key < $1.key }.map { field, days -> Document in
            var bytes: [UInt8] = []
            for (day, hash) in days.sorted(by: { $0.key < $1.key }) {
                withUnsafeBytes(of: Int32(clamping: day).littleEndian) { bytes += $0 }
                withUnsafeBytes(of: hash.littleEndian) { bytes += $0 }
            }
            return [
                "field": .string(field), "days": .binary(subtype: 0, data: bytes),
                "undated": .int64(Int64(bitPattern: undated[field] ?? 0)),
            ]
        }
        return [
            "collection": .string(collection), "documents": .integer(documents),
            "digest": .int64(Int64(bitPattern: total)), "dates": .array(BSONArray(documents: dates)),
        ]
    }

    fileprivate init(_ document: Document) {
        self.init(
            total: UInt64(bitPattern: document["digest"]?.integerValue ?? 0),
            documents: Int(document["documents"]?.integerValue ?? 0))
        for case .document(let date) in document["dates"]?.arrayValue ?? [] {
            guard let field = date["field"]?.stringValue, case .binary(_, let bytes)? = date["days"] else { continue }
            var days: [Int: UInt64] = [:]
            bytes.withUnsafeBytes { bytes in
                for position in stride(from: 0, to: bytes.count - 11, by: 12) {
                    let day = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
                    days[Int(day)] = UInt64(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt64.self))
                }
            }
            self.days[field] = days
            undated[field] = UInt64(bitPattern: date["undated"]?.integerValue ?? 0)
        }
    }
}
