import CSQLite
import DocumentStore
import BSON

/// The same order lines in SQLite, normalised: orders and lines with integer keys, prices as whole thousandths, the
/// indexes that the questions call for, and fresh statistics.
final class SQLitePeer {
    private var database: OpaquePointer?

    init(path: String) throws {
        guard sqlite3_open(path, &database) == SQLITE_OK else { throw Failure("cannot open \(path)") }
        try run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -262144")
        try run(
            """
            CREATE TABLE orders(
                id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, customer_id TEXT, kind TEXT NOT NULL,
                ordered_at TEXT NOT NULL, country TEXT);
            CREATE TABLE products(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT);
            CREATE TABLE order_items(
                order_id INTEGER NOT NULL REFERENCES orders, line INTEGER NOT NULL,
                product_id INTEGER NOT NULL REFERENCES products, quantity INTEGER NOT NULL, unit_price INTEGER NOT NULL,
                PRIMARY KEY (order_id, line)) WITHOUT ROWID;
            """)
    }

    deinit { sqlite3_close(database) }

    /// Copies orders and products out of a store.
    func load(_ store: Database) throws -> Int {
        try run("BEGIN")
        var products: [String: Int64] = [:]
        let product = try prepare("INSERT INTO products(code, name) VALUES (?, ?)")
        try store.collection("products").find().forEachDocument { document in
            let code = document.find("_id").asString
            bind(product, 1, code)
            bind(product, 2, document.find("name").type == .string ? document.find("name").asString : nil)
            try step(product)
            products[code] = sqlite3_last_insert_rowid(database)
        }
        let order = try prepare("INSERT INTO orders(number, customer_id, kind, ordered_at, country) VALUES (?, ?, ?, ?, ?)")
        let line = try prepare("INSERT INTO order_items VALUES (?, ?, ?, ?, ?)")
        let thousand = Decimal128(1000)
        var lines = 0
        try store.collection("orders").find().forEachDocument { document in
            bind(order, 1, document.find("_id").asString)
            bind(order, 2, document.find("customerId").type == .string ? document.find("customerId").asString : nil)
            bind(order, 3, document.find("kind").asString)
            bind(order, 4, UTCDate(milliseconds: document.find("orderedAt").asDate).iso8601(milliseconds: .whenNotZero))
            bind(order, 5, document.find("country").type == .string ? document.find("country").asString : nil)
            try step(order)
            let id = sqlite3_last_insert_rowid(database)
            var items = document.find("items").asDocument.elements()
            while items.next() {
                let item = items.value.asDocument
                guard let price = (item.find("unitPrice").asDecimal * thousand).exactInt64,
                    let quantity = item.find("quantity").exactInt64, let number = item.find("line").exactInt64
                else { throw Failure("a line does not fit whole thousandths") }
                sqlite3_bind_int64(line, 1, id)
                sqlite3_bind_int64(line, 2, number)
                sqlite3_bind_int64(line, 3, products[item.find("productId").asString] ?? 0)
                sqlite3_bind_int64(line, 4, quantity)
                sqlite3_bind_int64(line, 5, price)
                try step(line)
                lines += 1
            }
        }
        for statement in [product, order, line] { sqlite3_finalize(statement) }
        try run(
            """
            COMMIT;
            CREATE INDEX orders_kind_at ON orders(kind, ordered_at);
            CREATE INDEX order_items_product ON order_items(product_id);
            ANALYZE;
            """)
        return lines
    }

    func run(_ sql: String) throws {
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else {
            throw Failure("SQLite: \(String(cString: sqlite3_errmsg(database)))")
        }
    }

    /// The rows of a query, each column as text.
    func rows(_ statement: OpaquePointer) throws -> [[String]] {
        defer { sqlite3_reset(statement) }
        var rows: [[String]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_DONE: return rows
            case SQLITE_ROW:
                rows.append(
                    (0..<sqlite3_column_count(statement)).map { column in
                        sqlite3_column_text(statement, column).map { String(cString: $0) } ?? ""
                    })
            default: throw Failure("SQLite: \(String(cString: sqlite3_errmsg(database)))")
            }
        }
    }

    func prepare(_ sql: String) throws -> OpaquePointer {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw Failure("SQLite: \(String(cString: sqlite3_errmsg(database))): \(sql)")
        }
        return statement
    }

    private func bind(_ statement: OpaquePointer, _ position: Int32, _ text: String?) {
        guard let text else {
            sqlite3_bind_null(statement, position)
            return
        }
        // SQLite copies the text before this returns.
        sqlite3_bind_text(statement, position, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }

    private func step(_ statement: OpaquePointer) throws {
        guard sqlite3_step(statement) == SQLITE_DONE else { throw Failure("SQLite: \(String(cString: sqlite3_errmsg(database)))") }
        sqlite3_reset(statement)
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
