import BSON
import CPostgreSQL
import Glibc

/// A statement for PostgreSQL. It is sent whole the first time, as most run once, and prepared under a name when it is run
/// again.
final class PostgreSQLStatement: SQLStatement {
    private let database: PostgreSQLDatabase
    private let text: String
    private let types: [Oid]
    private let name: String
    let parameters: [String]
    private var runs = 0

    /// - Parameter types: numbers of the parameters' types; 0 where the statement tells.
    init(_ placeholders: SQLPlaceholders, types: [Oid], named name: String, of database: PostgreSQLDatabase) {
        self.database = database
        text = placeholders.text
        parameters = placeholders.names
        self.types = types
        self.name = name
    }

    deinit { if runs > 1 { database.forget(name) } }

    func answer(_ values: [BSONValue]) throws -> SQLAnswer { try execute(values).answer }

    @discardableResult
    func run(_ values: [BSONValue]) throws -> Int { try execute(values).changedRows }

    private func execute(_ values: [BSONValue]) throws -> PostgreSQLResult {
        guard values.count == parameters.count else {
            throw AtelierError(
                .badValue, "the statement has \(parameters.count) parameters and got \(values.count) values",
                at: SQLText.head(of: text))
        }
        let (library, connection, count) = (database.library, database.handle, Int32(values.count))
        return try withTexts(try values.map(SQLText.parameter)) { texts in
            if runs == 0 {
                runs = 1
                let reply = library.executeParameters(connection, text, count, types, texts, nil, nil, 0)
                return try database.check(reply, text)
            }
            if runs == 1 {
                _ = try database.check(library.prepare(connection, name, text, count, types), text)
                runs = 2
            }
            return try database.check(
                library.executePrepared(connection, name, count, texts, nil, nil, 0), text)
        }
    }
}

/// Shows texts as C strings, nil for NULL; they live until the closure returns.
func withTexts<R>(
    _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> R
) rethrows -> R {
    let copies = texts.map { text in text.map { strdup($0) } ?? nil }
    defer { for copy in copies { free(copy) } }
    return try copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else {
            var none: UnsafePointer<CChar>?
            return try body(&none)
        }
        return try body(base)
    }
}
