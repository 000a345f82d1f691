import BSON
import DocumentStore
import Retail

/// Workloads on a copy of the normalised tables, in a database of SQL.
final class TableWorkloads: WorkloadSide {
    private let connect: () throws -> any SQLDatabase
    private let schema: RelationalSchema
    private var connection: (any SQLDatabase)?
    private var statements: [String: any SQLStatement] = [:]
    private var orders: [[[[BSONValue]]]] = []
    private(set) var title: String
    let database: String
    private(set) var durability = ""

    private var mayReplace: Bool

    /// - Parameters:
    ///   - replacing: whether tables may be replaced that are not of an earlier load.
    ///   - connect: opens the database, new and empty where it is a file.
    init(
        dialect: SQLDialect, schema: RelationalSchema, replacing: Bool, connect: @escaping () throws -> any SQLDatabase
    ) {
        mayReplace = replacing
        database = dialect.rawValue
        title = dialect.rawValue
        self.schema = schema
        self.connect = connect
    }

    var model: DataModel { .tables }

    private var open: any SQLDatabase {
        get throws {
            guard let connection else { throw AtelierError(.illegalOperation, "nothing was loaded") }
            return connection
        }
    }

    func load(from source: Database, progress: (Int) -> Void) throws {
        statements = [:]
        connection = nil
        let connection = try connect()
        title = connection.title
        durability = "Every commit is on disk when it returns (fsync)"
        try (connection as? SQLiteDatabase)?.enlargeCache()
        // SQLite loads into an empty file without a write-ahead log, where nothing is written twice, and as durably.
        if connection.dialect != .sqlite { try promise(connection) }
        try RelationalLoader(schema, into: connection).load(from: source, replacing: mayReplace, progress: progress)
        if connection.dialect == .sqlite {
            try promise(connection)
            durability += ": write-ahead log, synchronous = FULL"
        }
        self.connection = connection
        mayReplace = true
    }

    private func promise(_ connection: any SQLDatabase) throws {
        do {
            try connection.setDurability(.everyCommit)
        } catch let error as AtelierError where error.code == .unauthorized {
            durability = "As the server is set: its user may not decide"
        }
    }

    /// Statements are compiled once.
    private func statement(_ text: String) throws -> any SQLStatement {
        if let statement = statements[text] { return statement }
        let statement = try open.prepare(text)
        statements[text] = statement
        return statement
    }

    // MARK: Reading

    func read(_ subject: WorkloadSubject, _ key: BSONValue) throws -> WorkloadReading {
        .answers(try selections(subject).map { try statement($0).answer([key]) })
    }

    private var selectionTexts: [String: [String]] = [:]

    private func selections(_ subject: WorkloadSubject) -> [String] {
        let name = "\(subject.source.collection.name) \(subject.isWhole)"
        if let texts = selectionTexts[name] { return texts }
        let tables = subject.tables
        let main = tables[0]
        let key = SQLDialect.quoted(main.primaryKey[0])
        func columns(_ table: RelationalTable, _ alias: String) -> String {
            table.columns.map { "\(alias).\(SQLDialect.quoted($0.name))" }.joined(separator: ", ")
        }
        var texts = ["SELECT \(columns(main, "a")) FROM \(SQLDialect.quoted(main.name)) AS a WHERE a.\(key) = ?"]
        for (place, table) in tables.enumerated().dropFirst() {
            // Every other table of a collection has the main one's key first.
            let order = table.primaryKey.map { "b.\(SQLDialect.quoted($0))" }.joined(separator: ", ")
            if place == 1 {
                texts[0] =
                    "SELECT \(columns(main, "a")), \(columns(table, "b")) FROM \(SQLDialect.quoted(main.name)) AS a "
                    + "LEFT JOIN \(SQLDialect.quoted(table.name)) AS b ON b.\(key) = a.\(key) WHERE a.\(key) = ? ORDER BY \(order)"
            } else {
                texts.append(
                    "SELECT \(columns(table, "b")) FROM \(SQLDialect.quoted(table.name)) AS b WHERE b.\(key) = ? ORDER BY \(order)"
                )
            }
        }
        selectionTexts[name] = texts
        return texts
    }

    // MARK: Writing

    private var orderTables: [RelationalTable] {
        schema.sources.first { $0.collection.name == "orders" }?.tables ?? []
    }

    func prepare(_ orders: [Document]) {
        let tables = orderTables
        self.orders = orders.map { order in tables.map { $0.rows(of: order) } }
    }

    func insert(_ range: Range<Int>) throws {
        let database = try open
        try database.transaction {
            for (place, table) in orderTables.enumerated() {
                guard range.count > 1 else {
                    let insertion = try statement(table.insertion)
                    for row in orders[range.lowerBound][place] { try insertion.run(row) }
                    continue
                }
                let insertion = try database.insertion(into: table)
                for index in range {
                    for row in orders[index][place] { try withViews(of: row[...]) { try insertion.add($0) } }
                }
                try insertion.finish()
            }
        }
    }

    private func withViews(
        of values: ArraySlice<BSONValue>, _ views: [ValueView] = [], _ body: ([ValueView]) throws -> Void
    ) throws {
        guard let value = values.first else { return try body(views) }
        guard !value.isNull else { return try withViews(of: values.dropFirst(), views + [.missing], body) }
        try value.withValue { try withViews(of: values.dropFirst(), views + [$0], body) }
    }

    func setStatus(_ changes: [(key: BSONValue, status: String)]) throws {
        let update = try statement("UPDATE orders SET status = ? WHERE order_id = ?")
        guard changes.count > 1 else {
            for change in changes { try update.run([.string(change.status), change.key]) }
            return
        }
        try open.transaction {
            for change in changes { try update.run([.string(change.status), change.key]) }
        }
    }

    func increaseQuantity(of order: BSONValue, line: BSONValue) throws {
        try statement("UPDATE order_items SET quantity = quantity + 1 WHERE order_id = ? AND line = ?").run([
            order, line,
        ])
    }

    // MARK: The schema

    func addAttribute(to product: BSONValue?) throws {
        let database = try open
        try database.execute("ALTER TABLE products ADD COLUMN care_label \(database.dialect.name(of: .varchar(64)))")
        let update = "UPDATE products SET care_label = '30 degrees'"
        if let product {
            try database.prepare(update + " WHERE product_id = ?").run([product])
        } else {
            try database.execute(update)
        }
    }

    func countWithAttribute() throws -> Int {
        try count("SELECT COUNT(*) FROM products WHERE care_label = '30 degrees'")
    }

    func removeAttribute() throws { try open.execute("ALTER TABLE products DROP COLUMN care_label") }

    func addCards(_ cards: [GiftCard]) throws {
        let database = try open
        let dialect = database.dialect
        func column(_ name: String, _ type: RelationalType, _ more: String = "") -> String {
            "\(name) \(dialect.name(of: type))\(dialect.collation(of: type))\(more)"
        }
        let columns = [
            column("card_id", .varchar(64), " NOT NULL"), column("customer_id", .varchar(64)),
            column("amount", .numeric(precision: 18, scale: 4), " NOT NULL"),
            column("issued_at", .timestamp, " NOT NULL"),
            "PRIMARY KEY (card_id)", "FOREIGN KEY (customer_id) REFERENCES customers (customer_id)",
        ]
        try database.execute("CREATE TABLE gift_cards (\(columns.joined(separator: ", ")))\(dialect.tableOptions)")
        try database.execute("CREATE INDEX gift_cards_customer ON gift_cards (customer_id)")
        let insertion = try database.prepare(
            "INSERT INTO gift_cards (card_id, customer_id, amount, issued_at) VALUES (?, ?, ?, ?)")
        try database.transaction {
            for card in cards {
                try insertion.run([.string(card.id), card.customer, .decimal(card.amount), .date(card.issuedAt)])
            }
        }
    }

    func countCards() throws -> Int { try count("SELECT COUNT(*) FROM gift_cards") }

    func removeCards() throws { try open.execute("DROP TABLE gift_cards") }

    private func count(_ text: String) throws -> Int {
        Int(try open.rows(text).first?.first?.integerValue ?? 0)
    }

    /// Removes the tables from a server, as far as that can be done; a file goes as a whole.
    func close() {
        statements = [:]
        if let connection, connection.dialect != .sqlite, let there = try? connection.tables() {
            for table in ["gift_cards"] + schema.tables.reversed().map(\.name) where there.contains(table) {
                try? connection.execute("DROP TABLE \(SQLDialect.quoted(table))")
            }
        }
        connection = nil
    }
}
