import Analytics
import BSON
import Definitions
import Retail

/// The SQL that asks what a saved aggregation asks.
public struct SQLTwin: Sendable {
    public let dialect: SQLDialect
    /// The statement, with its comments and `:name` where arguments go.
    public let text: String
    /// The file it was read from.
    public let path: String

    /// Reads `NAME.dialect.sql` beside the aggregation's file or, where there is none, `NAME.sql`.
    ///
    /// - Throws: `noSuchKey` where there is neither.
    public init(of aggregation: SavedAggregation, in dialect: SQLDialect) throws {
        let folder = String(aggregation.path.dropLast(aggregation.name.utf8.count + ".json".utf8.count))
        let files = ["\(aggregation.name).\(dialect.rawValue).sql", "\(aggregation.name).sql"]
        let names = Set(try Files.names(in: folder.isEmpty ? "." : folder, ending: ".sql"))
        guard let file = files.first(where: names.contains) else {
            throw AtelierError(
                .noSuchKey, "\(aggregation.name) has no twin in SQL", at: folder + aggregation.name + ".sql",
                advice: "Write it beside \(aggregation.name).json.")
        }
        self.dialect = dialect
        path = folder + file
        text = String(decoding: try Files.contents(of: path), as: UTF8.self)
    }

    /// How often the statement joins tables, subqueries that test for a row included.
    public var joins: Int {
        words.count { $0 == "JOIN" || $0 == "EXISTS" }
    }

    /// How long the statement is, without comments and the blanks that indent it.
    public var queryBytes: Int {
        text.split(separator: "\n").reduce(0) { sum, line in
            let code = line.drop { $0 == " " }
            return code.hasPrefix("--") ? sum : sum + code.utf8.count + 1
        }
    }

    private var words: [Substring] {
        text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("--") }
            .flatMap { $0.split { !$0.isLetter && $0 != "_" } }
    }
}

extension SQLTwin {
    /// The values of the statement's parameters, by the aggregation's arguments.
    ///
    /// - Parameter names: of the statement's parameters, in order.
    /// - Throws: `badValue` where the statement has a parameter that the aggregation does not.
    func values(
        _ names: [String], of aggregation: SavedAggregation, _ arguments: Arguments
    ) throws -> [BSONValue] {
        try names.map { name in
            guard let parameter = aggregation.parameters.first(where: { $0.name == name }) else {
                throw AtelierError(
                    .badValue, "the statement's :\(name) is no parameter of \(aggregation.name)", at: path)
            }
            let value = arguments.values[name] ?? .null
            // In SQLite a text is greater than any number; only columns of the type NUMERIC read its digits.
            if dialect == .sqlite, parameter.type == .decimal, let number = value.doubleValue { return .double(number) }
            return value
        }
    }

    /// What the parameters of an aggregation are in SQL.
    static func types(of aggregation: SavedAggregation) -> [String: RelationalType] {
        Dictionary(
            uniqueKeysWithValues: aggregation.parameters.map { parameter in
                let type: RelationalType =
                    switch parameter.type {
                    case .string: .text
                    case .integer: .bigint
                    case .number: .double
                    case .decimal: .numeric(precision: 18, scale: 4)
                    case .date: .timestamp
                    case .boolean: .boolean
                    }
                return (parameter.name, type)
            })
    }
}

extension SQLDatabase {
    /// The rows of a twin, and the names of their columns.
    ///
    /// - Throws: `badValue` where the statement has a parameter that the aggregation does not.
    public func ask(
        _ twin: SQLTwin, of aggregation: SavedAggregation, _ arguments: Arguments
    ) throws -> SQLAnswer {
        let statement = try prepare(twin.text, types: SQLTwin.types(of: aggregation))
        return try statement.answer(twin.values(statement.parameters, of: aggregation, arguments))
    }

    /// How the database answers a twin, in its own words.
    public func plan(
        of twin: SQLTwin, of aggregation: SavedAggregation, _ arguments: Arguments
    ) throws -> [String] {
        let types = SQLTwin.types(of: aggregation)
        let names = try prepare(twin.text, types: types).parameters
        return try plan(of: twin.text, types: types, values: twin.values(names, of: aggregation, arguments))
    }
}
