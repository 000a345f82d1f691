import BSON
import Retail

/// Documents as JSON in a database of SQL: a table of ids and documents for each collection, and views over it with the names
/// and columns of the normalised tables, so that the same statements ask them.
///
/// Sources: PostgreSQL manual, "JSON Functions and Operators"; sqlite.org, "JSON Functions And Operators".
struct JSONSchema {
    let schema: RelationalSchema
    let dialect: SQLDialect

    /// - Throws: `commandNotSupported` for a database whose views would not do.
    init(_ schema: RelationalSchema, in dialect: SQLDialect) throws {
        guard dialect != .mariadb else {
            throw AtelierError(
                .commandNotSupported,
                "documents as JSON are compared in PostgreSQL and SQLite, not in \(dialect.rawValue)")
        }
        self.schema = schema
        self.dialect = dialect
    }

    /// The table that holds a collection's documents.
    static func table(of collection: String) -> String { "json_" + collection }

    var tables: [String] { schema.sources.map { JSONSchema.table(of: $0.collection.name) } }
    var views: [String] { schema.tables.map(\.name) }

    /// The statements that create the tables, before any document is there.
    var creation: [String] {
        tables.map { table in
            let columns =
                dialect == .postgresql
                ? "\"_id\" TEXT COLLATE \"C\" PRIMARY KEY, \"document\" JSONB NOT NULL"
                : "\"_id\" TEXT PRIMARY KEY, \"document\" TEXT NOT NULL"
            return "CREATE TABLE \(SQLDialect.quoted(table)) (\(columns))"
        }
    }

    var viewCreation: [String] {
        schema.sources.flatMap { source in
            source.tables.map { view(of: $0, over: JSONSchema.table(of: source.collection.name)) }
        }
    }

    /// The indexes of the normalised tables that have one row a document. What is in arrays no index of an expression reaches.
    var indexCreation: [String] {
        schema.sources.flatMap { source in
            source.tables.filter { $0.rows.steps.isEmpty }.flatMap { table in
                table.indexes.map { index in
                    let columns = index.columns.compactMap { name in
                        table.columns.first { $0.name == name }.map { "(\(expression(of: $0, root: ""))) " }
                    }
                    let name = JSONSchema.table(of: source.collection.name)
                    return
                        "CREATE INDEX \(SQLDialect.quoted("json_" + index.name)) ON \(SQLDialect.quoted(name)) "
                        + "(\(columns.joined(separator: ", ")))"
                }
            }
        }
    }

    /// What indexes there are, in words.
    static func indexes(_ schema: RelationalSchema) -> [String] {
        schema.sources.flatMap { source in
            let name = table(of: source.collection.name)
            return ["\(name) (_id), its key"]
                + source.tables.filter { $0.rows.steps.isEmpty }.flatMap(\.indexes).map {
                    "\(name) (\($0.columns.joined(separator: ", "))), of expressions"
                }
        }
    }

    private func view(of table: RelationalTable, over source: String) -> String {
        var from = "\(SQLDialect.quoted(source)) AS d"
        var conditions: [String] = []
        var path: [RelationalPath.Step] = []
        var depth = 0
        var value = "d.\"document\""
        for step in table.rows.steps {
            switch step {
            case .field: path.append(step)
            case .elements, .entries:
                depth += 1
                if dialect == .postgresql {
                    let inner = postgresql(value, path)
                    let isArray = step == .elements
                    from +=
                        " CROSS JOIN LATERAL \(isArray ? "jsonb_array_elements" : "jsonb_each")"
                        + "(CASE jsonb_typeof(\(inner)) WHEN '\(isArray ? "array" : "object")' THEN \(inner) END)"
                        + " WITH ORDINALITY AS e\(depth)(\(isArray ? "" : "\"key\", ")\"value\", \"position\")"
                } else {
                    from += " CROSS JOIN json_each(\(value), \(sqlite(path))) AS e\(depth)"
                    // Of what is no array and no object SQLite makes one row without a key.
                    conditions.append("e\(depth).\"key\" IS NOT NULL")
                }
                value = "e\(depth).\"value\""
                path = []
            }
        }
        let columns = table.columns.map {
            "\(expression(of: $0, root: "d.")) AS \(SQLDialect.quoted($0.name))"
        }
        return
            "CREATE VIEW \(SQLDialect.quoted(table.name)) AS SELECT\n    \(columns.joined(separator: ",\n    "))\nFROM \(from)"
            + (conditions.isEmpty ? "" : "\nWHERE \(conditions.joined(separator: " AND "))")
    }

    /// A column's value in the row at hand.
    ///
    /// - Parameter root: what stands before the names of the table's own columns.
    private func expression(of column: RelationalColumn, root: String) -> String {
        let last = column.path.steps.lastIndex { if case .field = $0 { false } else { true } }
        let shared = last.map { column.path.steps[...$0] } ?? []
        let rest = Array(column.path.steps.dropFirst(shared.count))
        let depth = shared.count { if case .field = $0 { false } else { true } }
        let row = depth == 0 ? "\(root)\"document\"" : "e\(depth).\"value\""
        let value: String
        switch column.path.end {
        case .key: value = "e\(depth).\"key\""
        case .position:
            value = dialect == .postgresql ? "e\(depth).\"position\"::integer" : "(e\(depth).\"key\" + 1)"
        case .value where column.path.steps == [.field("_id")]: value = "\(root)\"_id\""
        case .value:
            value =
                dialect == .postgresql
                ? postgresql(column.type, row, rest)
                : rest.isEmpty ? sqlite(column.type, element: "e\(depth)") : sqlite(column.type, row, rest)
        }
        guard let standard = column.defaultValue else { return value }
        return "COALESCE(\(value), \(literal(standard)))"
    }

    private func literal(_ value: BSONValue) -> String {
        switch value {
        case .bool(let flag): dialect == .postgresql ? "\(flag)" : flag ? "1" : "0"
        case .string(let text): "'\(text.replacing("'", with: "''"))'"
        default: value.decimalValue?.description ?? "NULL"
        }
    }
}

extension JSONSchema {
    // MARK: PostgreSQL

    /// A part of a value, as JSONB.
    private func postgresql(_ value: String, _ path: [RelationalPath.Step]) -> String {
        path.reduce(value) { "\($0) -> \(JSONSchema.postgresqlKey($1))" }
    }

    private func postgresql(_ type: RelationalType, _ value: String, _ path: [RelationalPath.Step]) -> String {
        let text =
            path.last.map { "(\(postgresql(value, path.dropLast())) ->> \(JSONSchema.postgresqlKey($0)))" }
            ?? "(\(value) #>> '{}')"
        return switch type {
        case .varchar, .char, .text: "(\(text) COLLATE \"C\")"
        case .timestamp:
            "(TIMESTAMP '1970-01-01' + \(text)::double precision * INTERVAL '1 millisecond')"
        default: "\(text)::\(dialect.name(of: type).lowercased())"
        }
    }

    /// A field's name, or a position in an array.
    private static func postgresqlKey(_ step: RelationalPath.Step) -> String {
        guard case .field(let name) = step else { return "''" }
        return Int(name).map { String($0) } ?? "'\(name.replacing("'", with: "''"))'"
    }

    // MARK: SQLite

    private func sqlite(_ path: [RelationalPath.Step]) -> String {
        let keys = path.map { step in
            guard case .field(let name) = step else { return "" }
            return Int(name).map { "[\($0)]" } ?? ".\"\(name.replacing("'", with: "''"))\""
        }
        return "'$\(keys.joined())'"
    }

    private func sqlite(_ type: RelationalType, _ value: String, _ path: [RelationalPath.Step]) -> String {
        let path = sqlite(path)
        let extracted = "json_extract(\(value), \(path))"
        switch type {
        case .double: return "CAST(\(extracted) AS REAL)"
        case .text:
            return
                "CASE json_type(\(value), \(path)) WHEN 'text' THEN \(extracted) WHEN 'null' THEN NULL ELSE \(value) -> \(path) END"
        default: return extracted
        }
    }

    /// The element of an array, or the field of an object, that is the row at hand.
    private func sqlite(_ type: RelationalType, element: String) -> String {
        switch type {
        case .double: "CAST(\(element).\"value\" AS REAL)"
        case .text:
            "CASE \(element).\"type\" WHEN 'null' THEN NULL WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
                + "ELSE CAST(\(element).\"value\" AS TEXT) END"
        default: "\(element).\"value\""
        }
    }
}
