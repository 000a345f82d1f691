import BSON
import DocumentStore
import Retail

/// Fills tables with the documents of a store, by the relational mapping, and loses nothing unnoticed.
public struct RelationalLoader {
    public let schema: RelationalSchema
    public let database: any SQLDatabase

    public init(_ schema: RelationalSchema, into database: any SQLDatabase) {
        self.schema = schema
        self.database = database
    }

    /// Creates the tables, fills them, creates the indexes, checks the references and gathers statistics.
    ///
    /// - Parameters:
    ///   - store: where the documents are; a collection that is not there has none.
    ///   - replacing: whether tables of these names may be dropped.
    ///   - progress: is told how many rows have been written.
    /// - Returns: how many rows each table has.
    /// - Throws: `namespaceExists` where a table is there already; `illegalOperation` where a field or value has no column
    ///   that holds it, or a reference leads nowhere. The database is then as it was; MariaDB, where every CREATE and DROP
    ///   is a commit of its own, is then without the tables.
    @discardableResult
    public func load(
        from store: Database, replacing: Bool = false, progress: (Int) -> Void = { _ in }
    ) throws -> [(table: String, rows: Int)] {
        try refuseUnasked(replacing: replacing)
        let counts = try database.loading(schema.tables.map(\.name)) {
            try dropTables()
            for statement in schema.creation(in: database.dialect) { try database.execute(statement) }
            var counts: [(table: String, rows: Int)] = []
            for source in schema.sources {
                let before = counts.reduce(0) { $0 + $1.rows }
                counts += try fill(source, from: store) { progress(before + $0) }
            }
            for statement in schema.indexCreation { try database.execute(statement) }
            try checkReferences()
            for statement in schema.foreignKeyCreation(in: database.dialect) { try database.execute(statement) }
            return counts
        }
        try database.gatherStatistics()
        return counts
    }

    private func refuseUnasked(replacing: Bool) throws {
        let there = try database.tables()
        guard !replacing, let table = schema.tables.first(where: { there.contains($0.name) }) else { return }
        throw AtelierError(
            .namespaceExists, "the database has a table \(table.name) already", at: database.location,
            advice: "Name another database, or replace the tables with --replace.")
    }

    private func dropTables() throws {
        let there = try database.tables()
        for table in schema.tables.reversed() where there.contains(table.name) {
            try database.execute("DROP TABLE \(SQLDialect.quoted(table.name))")
        }
    }

    private func fill(
        _ source: RelationalSchema.Source, from store: Database, progress: (Int) -> Void
    ) throws -> [(table: String, rows: Int)] {
        let coverage = FieldCoverage(source)
        let insertions = try source.tables.map { try database.insertion(into: $0) }
        var counts = Array(repeating: 0, count: source.tables.count)
        let documents = try store.collection(source.collection.name).find()
        func add(_ document: DocumentView) throws {
            try coverage.check(document)
            for (index, table) in source.tables.enumerated() {
                try table.forEachRow(of: document) { values in
                    for (place, value) in values.enumerated() { try table.columns[place].check(value, of: table) }
                    try insertions[index].add(values)
                    counts[index] += 1
                }
            }
        }
        while try documents.withNext(add) != nil { progress(counts.reduce(0, +)) }
        for insertion in insertions { try insertion.finish() }
        return zip(source.tables, counts).map { ($0.name, $1) }
    }

    private func checkReferences() throws {
        for table in schema.tables {
            for key in table.foreignKeys {
                let pairs = zip(key.columns, key.references).map {
                    (SQLDialect.quoted($0), SQLDialect.quoted($1))
                }
                let count =
                    try database.rows(
                        """
                        SELECT COUNT(*) FROM \(SQLDialect.quoted(table.name)) AS a
                        LEFT JOIN \(SQLDialect.quoted(key.table)) AS b ON \(pairs.map { "a.\($0) = b.\($1)" }.joined(separator: " AND "))
                        WHERE \(pairs.map { "a.\($0.0) IS NOT NULL" }.joined(separator: " AND ")) AND b.\(pairs[0].1) IS NULL
                        """
                    ).first?.first?.integerValue ?? 0
                guard count > 0 else { continue }
                throw AtelierError(
                    .illegalOperation, "\(count) rows of \(table.name) refer to \(key.table) that are not there",
                    at: database.location, advice: "`atelier quality` names the documents.")
            }
        }
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
