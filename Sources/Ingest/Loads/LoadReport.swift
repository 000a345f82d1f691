import BSON

/// What a load did, as it also stands in the collection `loads`.
public struct LoadReport: Sendable {
    public struct File: Sendable, Equatable {
        public var name: String
        /// Of the uncompressed bytes.
        public var sha256: String
        public var bytes: Int
        public var rows: Int
    }

    public struct Rejects: Sendable, Equatable {
        /// A short stable name, for example `badQuantity`.
        public var reason: String
        public var rows: Int
    }

    public struct Written: Sendable, Equatable {
        public var collection: String
        public var inserted = 0
        public var modified = 0
        /// Documents that were there already, just so.
        public var unchanged = 0
    }

    public var id: String
    public var kind: String
    public var files: [File]
    /// The same content was loaded before, so nothing was done; the figures are those of that load.
    public var wasLoadedBefore = false
    /// Rows read, without headers.
    public var rows = 0
    public var rejects: [Rejects] = []
    public var written: [Written] = []
    /// What was taken for granted about the files, in sentences.
    public var assumptions: [String] = []
    /// What is odd about the data, in sentences.
    public var notes: [String] = []
    public var seconds = 0.0

    public var rejectedRows: Int { rejects.reduce(0) { $0 + $1.rows } }
    public var rowsPerSecond: Double { seconds > 0 ? Double(rows) / seconds : 0 }
    /// Whether the store differs from before.
    public var changed: Bool { !wasLoadedBefore && written.contains { $0.inserted + $0.modified > 0 } }

    /// Sums up figures of one collection that were gathered in several places.
    mutating func add(_ figures: Written) {
        if let index = written.firstIndex(where: { $0.collection == figures.collection }) {
            written[index].inserted += figures.inserted
            written[index].modified += figures.modified
            written[index].unchanged += figures.unchanged
        } else {
            written.append(figures)
        }
    }

    mutating func reject(_ reason: String, rows: Int = 1) {
        if let index = rejects.firstIndex(where: { $0.reason == reason }) {
            rejects[index].rows += rows
        } else {
            rejects.append(Rejects(reason: reason, rows: rows))
        }
    }
}

/// How far a load has come.
public struct LoadProgress: Sendable {
    /// The file being read or the collection being written.
    public var subject: String
    public var rows: Int
    public var totalRows: Int
}

// MARK: - As a document

extension LoadReport {
    /// The fields of the document in `loads` that come of the report.
    var elements: [(String, BSONValue)] {
        [
            ("rows", .integer(rows)),
            ("rejects", array(rejects) { ["reason": .string($0.reason), "rows": .integer($0.rows)] }),
            (
                "written",
                array(written) {
                    [
                        "collection": .string($0.collection), "inserted": .integer($0.inserted),
                        "modified": .integer($0.modified), "unchanged": .integer($0.unchanged),
                    ]
                }
            ),
            ("assumptions", .array(BSONArray(assumptions.map { .string($0) }))),
            ("notes", .array(BSONArray(notes.map { .string($0) }))),
        ]
    }

    var filesValue: BSONValue {
        array(files) {
            [
                "name": .string($0.name), "sha256": .string($0.sha256), "bytes": .integer($0.bytes),
                "rows": .integer($0.rows),
            ]
        }
    }

    /// The report of a load that was done before, from its document.
    init(loadedBefore document: Document) {
        id = document["_id"]?.stringValue ?? ""
        kind = document["kind"]?.stringValue ?? ""
        wasLoadedBefore = true
        files = LoadReport.documents(document["files"]).map {
            File(
                name: $0["name"]?.stringValue ?? "", sha256: $0["sha256"]?.stringValue ?? "",
                bytes: $0.integer("bytes"),
                rows: $0.integer("rows"))
        }
        rows = document.integer("rows")
        rejects = LoadReport.documents(document["rejects"]).map {
            Rejects(reason: $0["reason"]?.stringValue ?? "", rows: $0.integer("rows"))
        }
        written = LoadReport.documents(document["written"]).map {
            Written(
                collection: $0["collection"]?.stringValue ?? "",
                unchanged: $0.integer("inserted") + $0.integer("modified") + $0.integer("unchanged"))
        }
        assumptions = (document["assumptions"]?.arrayValue ?? []).compactMap(\.stringValue)
        notes = (document["notes"]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    private static func documents(_ value: BSONValue?) -> [Document] {
        (value?.arrayValue ?? []).compactMap(\.documentValue)
    }
}

private func array<T>(_ items: [T], _ make: (T) -> Document) -> BSONValue {
    .array(BSONArray(documents: items.map(make)))
}

extension Document {
    fileprivate func integer(_ key: String) -> Int { Int(self[key]?.integerValue ?? 0) }
}
