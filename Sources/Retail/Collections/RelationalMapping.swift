import BSON
import Definitions

/// How a collection's documents map to tables. The format is documented in `collections/README.md`.
public struct RelationalMapping: Sendable {
    /// In an order in which they can be filled.
    public let tables: [RelationalTable]

    init(_ reader: DefinitionReader) throws {
        try reader.allow(["tables"])
        tables = try reader.documents("tables").map(RelationalTable.init)
        guard !tables.isEmpty else { throw reader.wrong("tables", "is empty") }
    }
}

/// A table: which rows a document gives it, and their columns.
public struct RelationalTable: Sendable {
    public let name: String
    /// The path that makes the rows; empty for one row a document.
    public let rows: RelationalPath
    public let columns: [RelationalColumn]
    public let primaryKey: [String]
    public let foreignKeys: [ForeignKey]
    public let indexes: [RelationalIndex]

    public struct ForeignKey: Sendable {
        public let columns: [String]
        public let table: String
        public let references: [String]
    }

    public struct RelationalIndex: Sendable {
        public let name: String
        public let columns: [String]
    }

    init(_ reader: DefinitionReader) throws {
        try reader.allow(["name", "rows", "columns", "primaryKey", "foreignKeys", "indexes"])
        name = try reader.string("name")
        let rows = try RelationalPath(reader.optionalString("rows") ?? "", reader, "rows")
        guard rows.end == .value, rows.steps.isEmpty || rows.steps.last?.isField == false else {
            throw reader.wrong("rows", "must end with [] or {}")
        }
        self.rows = rows
        columns = try reader.documents("columns").map { try RelationalColumn($0, rows: rows) }
        let names = columns.map(\.name)
        if let twice = firstRepeated(names) { throw reader.wrong("columns", "names \(twice) twice") }
        func known(_ list: [String], _ reader: DefinitionReader, _ field: String) throws -> [String] {
            if let stranger = list.first(where: { !names.contains($0) }) {
                throw reader.wrong(field, "names \(stranger), which is no column of the table")
            }
            return list
        }
        primaryKey = try known(reader.strings("primaryKey"), reader, "primaryKey")
        foreignKeys = try reader.documents("foreignKeys", optional: true).map { key in
            try key.allow(["columns", "table", "references"])
            let columns = try known(key.strings("columns"), key, "columns")
            let references = try key.strings("references")
            guard columns.count == references.count else {
                throw key.wrong("references", "has another length than columns")
            }
            return ForeignKey(columns: columns, table: try key.string("table"), references: references)
        }
        indexes = try reader.documents("indexes", optional: true).map { index in
            try index.allow(["name", "columns"])
            return RelationalIndex(
                name: try index.string("name"), columns: try known(index.strings("columns"), index, "columns"))
        }
    }
}

/// A column of a table and where its values come from.
public struct RelationalColumn: Sendable {
    public let name: String
    public let type: RelationalType
    public let path: RelationalPath
    /// NOT NULL.
    public let isRequired: Bool
    /// The value of rows where the path leads nowhere.
    public let defaultValue: BSONValue?
    /// How many of the table's iterations the path shares, and what follows them.
    let depth: Int
    let rest: [String]

    init(_ reader: DefinitionReader, rows: RelationalPath) throws {
        try reader.allow(["name", "type", "path", "required", "default"])
        name = try reader.string("name")
        let typeName = try reader.string("type")
        guard let type = RelationalType(typeName) else {
            throw reader.wrong("type", "is \(typeName), which is no type")
        }
        self.type = type
        path = try RelationalPath(reader.string("path"), reader, "path")
        defaultValue = reader.document["default"]
        isRequired = try reader.optionalBool("required") ?? (defaultValue != nil)
        // The iterations of the path must be the table's own, in the same places.
        let steps = path.steps
        let last = steps.lastIndex { !$0.isField }
        let shared = last.map { Array(steps[...$0]) } ?? []
        guard rows.steps.starts(with: shared) else {
            throw reader.wrong("path", "goes through arrays that the table's rows do not come from")
        }
        depth = shared.count { !$0.isField }
        let rest = path.steps.dropFirst(shared.count).map(\.name)
        self.rest = rest
        let end: RelationalPath.Step? = path.end == .position ? .elements : path.end == .key ? .entries : nil
        guard end == nil || (rest.isEmpty && shared.last == end) else {
            throw reader.wrong("path", "asks for a position or key where nothing is counted")
        }
    }
}

/// A column's type, in portable SQL.
public enum RelationalType: Sendable, Equatable {
    case varchar(Int)
    case char(Int)
    case text
    case integer
    case bigint
    case numeric(precision: Int, scale: Int)
    case double
    case boolean
    case timestamp

    /// Reads `VARCHAR(64)`, `NUMERIC(18,4)`, `TIMESTAMP`, …; nil for anything else.
    init?(_ text: String) {
        let name = text.prefix { $0 != "(" }
        let arguments = text.dropFirst(name.count)
        var numbers: [Int] = []
        if !arguments.isEmpty {
            guard arguments.hasPrefix("("), arguments.hasSuffix(")") else { return nil }
            for part in arguments.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false) {
                guard let number = Int(part), number > 0 else { return nil }
                numbers.append(number)
            }
        }
        switch (name, numbers.count) {
        case ("VARCHAR", 1): self = .varchar(numbers[0])
        case ("CHAR", 1): self = .char(numbers[0])
        case ("NUMERIC", 2) where numbers[1] <= numbers[0]: self = .numeric(precision: numbers[0], scale: numbers[1])
        case ("TEXT", 0): self = .text
        case ("INTEGER", 0): self = .integer
        case ("BIGINT", 0): self = .bigint
        case ("DOUBLE PRECISION", 0): self = .double
        case ("BOOLEAN", 0): self = .boolean
        case ("TIMESTAMP", 0): self = .timestamp
        default: return nil
        }
    }
}
