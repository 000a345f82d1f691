import BSON
import DocumentStore
import Retail

/// Fills tables of SQLite with the documents of a store, by the relational mapping, and loses nothing unnoticed.
public struct RelationalLoader {
    public let schema: RelationalSchema
    public let database: SQLiteDatabase

    public init(_ schema: RelationalSchema, into database: SQLiteDatabase) {
        self.schema = schema
        self.database = database
    }

    /// Creates the tables, fills them in one transaction, creates the indexes and gathers statistics.
    ///
    /// - Parameters:
    ///   - store: where the documents are; a collection that is not there has none.
    ///   - replacing: whether tables of these names may be dropped.
    ///   - progress: is told how many rows have been written.
    /// - Returns: how many rows each table has.
    /// - Throws: `namespaceExists` where a table is there already; `illegalOperation` where a field or value has no column
    ///   that holds it, or a reference leads nowhere. The database is then as it was.
    @discardableResult
    public func load(
        from store: Database, replacing: Bool = false, progress: (Int) -> Void = { _ in }
    ) throws -> [(table: String, rows: Int)] {
        try database.execute("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")
        do {
            try makeRoom(replacing: replacing)
            for statement in schema.creation(in: .sqlite) { try database.execute(statement) }
            var counts: [(table: String, rows: Int)] = []
            for source in schema.sources {
                let before = counts.reduce(0) { $0 + $1.rows }
                counts += try fill(source, from: store) { progress(before + $0) }
            }
            for statement in schema.indexCreation { try database.execute(statement) }
            try checkReferences()
            try database.execute("COMMIT; PRAGMA foreign_keys = ON; ANALYZE")
            return counts
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
    }

    private func makeRoom(replacing: Bool) throws {
        for table in schema.tables.reversed() where try database.hasTable(table.name) {
            guard replacing else {
                throw AtelierError(
                    .namespaceExists, "the database has a table \(table.name) already", at: database.path,
                    advice: "Name another file, or replace the tables with --replace.")
            }
            try database.execute("DROP TABLE \(SQLDialect.quoted(table.name))")
        }
    }

    private func fill(
        _ source: RelationalSchema.Source, from store: Database, progress: (Int) -> Void
    ) throws -> [(table: String, rows: Int)] {
        let coverage = FieldCoverage(source)
        let insertions = try source.tables.map { try database.prepare($0.insertion) }
        var counts = Array(repeating: 0, count: source.tables.count)
        let documents = try store.collection(source.collection.name).find()
        func add(_ document: DocumentView) throws {
            try coverage.check(document)
            for (index, table) in source.tables.enumerated() {
                try table.forEachRow(of: document) { values in
                    for (place, value) in values.enumerated() {
                        let column = table.columns[place]
                        try column.check(value, of: table)
                        try insertions[index].bind(value, as: column.type, at: place + 1)
                    }
                    try insertions[index].run()
                    counts[index] += 1
                }
            }
        }
        while try documents.withNext(add) != nil { progress(counts.reduce(0, +)) }
        return zip(source.tables, counts).map { ($0.name, $1) }
    }

    private func checkReferences() throws {
        let faults = try database.prepare(
            "SELECT \"table\", parent, COUNT(*) FROM pragma_foreign_key_check GROUP BY 1, 2")
        guard let fault = try faults.rows().first else { return }
        let (table, parent, count) = (
            fault[0].stringValue ?? "", fault[1].stringValue ?? "", fault[2].integerValue ?? 0
        )
        throw AtelierError(
            .illegalOperation, "\(count) rows of \(table) refer to \(parent) that are not there", at: database.path,
            advice: "`atelier quality` names the documents.")
    }
}

extension RelationalColumn {
    /// - Throws: `illegalOperation` where the column's type does not hold the value as it is.
    fileprivate func check(_ value: ValueView, of table: RelationalTable) throws {
        guard !value.isMissing else {
            guard !isRequired else { throw refusal(of: table, "has no value, and is NOT NULL") }
            return
        }
        guard type.holds(value) else {
            throw refusal(of: table, "does not hold a value of the type \(value.type), or of its size")
        }
    }

    private func refusal(of table: RelationalTable, _ reason: String) -> AtelierError {
        AtelierError(
            .illegalOperation, "the column \(table.name).\(name) \(reason)", at: "field \(path.text)",
            advice: "Correct the documents (`atelier quality` names them), or the column in collections/.")
    }
}

extension RelationalType {
    /// Whether a column of the type gives the value back as it was.
    func holds(_ value: ValueView) -> Bool {
        switch self {
        case .varchar(let length), .char(let length):
            value.type == .string && (value.bytes.count <= length || value.asString.unicodeScalars.count <= length)
        case .text: true
        case .integer: value.exactInt64.map { Int32(exactly: $0) != nil } ?? false
        case .bigint: value.exactInt64 != nil
        case .numeric(let precision, let scale):
            value.type == .decimal && value.asDecimal.fits(precision: precision, scale: scale)
        case .double: value.isNumber && value.type != .decimal
        case .boolean: value.type == .bool
        case .timestamp: value.type == .date
        }
    }
}

extension Decimal128 {
    fileprivate func fits(precision: Int, scale: Int) -> Bool {
        guard isFinite, rounded(toPlaces: scale).compare(self) == 0 else { return false }
        var limit = Decimal128(1)
        for _ in 0..<(precision - scale) { limit = limit * Decimal128(10) }
        return magnitude.compare(limit) < 0
    }
}
