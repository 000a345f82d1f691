import BSON
import Comparison
import DocumentStore
import Retail
import Testing

/// The databases behind `SQLDatabase`: what goes in comes out, and nothing is lost or overwritten unasked.
@Suite struct ServerTests {
    private func decimal(_ text: String) -> BSONValue { .decimal(Decimal128(text)!) }

    @Test(arguments: Servers.present)
    func valuesComeBackAsTheyWere(dialect: SQLDialect) throws {
        let database = try Servers.connect(dialect, "values")
        let types: [(String, RelationalType)] = [
            ("id", .integer), ("money", .numeric(precision: 18, scale: 4)), ("at", .timestamp), ("flag", .boolean),
            ("words", .varchar(64)), ("ratio", .double), ("many", .bigint), ("rest", .text),
        ]
        let texts = ["it's", "a\\b\tc\nd\re", "\"quoted\" -- :name ? $1", "é😀", "\\N", ""]
        let rows: [[BSONValue]] = texts.enumerated().map { index, text in
            [
                .integer(index + 1), decimal(["0.1000", "-99999999999999.9999", "1234567.8900"][index % 3]),
                .date([0, 1_742_031_000_007, -1][index % 3]), .bool(index % 2 == 0), .string(text),
                .double([0.1, 1e300, -2.5][index % 3]), .integer(Int64.max - Int64(index)),
                index % 2 == 0 ? .null : "r",
            ]
        }
        try database.loading(["odd"]) {
            let columns = types.map { "\"\($0.0)\" \(dialect.name(of: $0.1))" }.joined(separator: ", ")
            try database.execute("CREATE TABLE \"odd\" (\(columns))")
            let insertion = try database.insertion(
                into: "odd", columns: types.map { SQLColumn(name: $0.0, type: $0.1) })
            for row in rows.prefix(3) { try Servers.add(row, to: insertion) }
            try insertion.finish()
        }
        let places = types.map { _ in "?" }.joined(separator: ", ")
        let statement = try database.prepare("INSERT INTO \"odd\" VALUES (\(places))")
        for row in rows.dropFirst(3) { #expect(try statement.run(row) == 1) }
        let found = try database.rows("SELECT * FROM \"odd\" ORDER BY \"id\"")
        #expect(found.count == rows.count)
        for (row, answer) in zip(rows, found) {
            for (place, (name, type)) in types.enumerated() {
                #expect(
                    Servers.isSame(row[place], answer[place], type, in: dialect),
                    "\(name): \(row[place]), \(answer[place])")
            }
        }
        let one = try database.prepare(
            "SELECT \"id\" FROM \"odd\" WHERE \"words\" = :w OR (:w IS NULL AND \"id\" = :i)")
        #expect(one.parameters == ["w", "i"])
        for _ in 0..<3 { #expect(try one.answer(["it's", 9]).rows == [[1]]) }
        #expect(throws: AtelierError.self) { try one.answer(["it's"]) }
    }

    @Test(arguments: Servers.present)
    func whatIsThereIsNotOverwrittenUnasked(dialect: SQLDialect) throws {
        let (folder, store) = try Shop.emptyStore()
        defer {
            store.close()
            Shop.remove(folder)
        }
        let database = try Servers.connect(dialect, "refusal")
        let loader = RelationalLoader(try RelationalSchema(Shop.catalog.get()), into: database)
        try store.database.collection("products").insert(["_id": "P", "kind": "product", "name": "N", "active": true])
            .orThrow()
        try loader.load(from: store.database)
        try store.database.collection("products").insert(["_id": "Q", "kind": "product", "name": "N", "active": true])
            .orThrow()
        let error = try #require(throws: AtelierError.self) { try loader.load(from: store.database) }
        #expect(error.code == .namespaceExists && error.location == database.location)
        #expect(try database.rows("SELECT COUNT(*) FROM products") == [[1]])
        try loader.load(from: store.database, replacing: true)
        #expect(try database.rows("SELECT COUNT(*) FROM products") == [[2]])
        #expect(try database.size() > 0)

        let stock: Document = [
            "_id": "X/Lyon", "productId": "X", "location": "Lyon", "onHand": 1, "reserved": 0, "reorderPoint": 0,
            "reorderQuantity": 0,
        ]
        try store.database.collection("inventory").insert(stock).orThrow()
        let lost = try #require(throws: AtelierError.self) {
            try loader.load(from: store.database, replacing: true)
        }
        #expect(lost.message.contains("1 rows of inventory refer to products"), "\(lost)")
        // A CREATE of MariaDB is a commit of its own: there the tables are gone, elsewhere they are as they were.
        #expect(try database.hasTable("products") == (dialect != .mariadb))
    }

    @Test(arguments: Servers.present)
    func keysHold(dialect: SQLDialect) throws {
        let database = try Servers.connect(dialect, "keys")
        let (folder, store) = try Shop.emptyStore()
        defer {
            store.close()
            Shop.remove(folder)
        }
        let schema = try RelationalSchema(Shop.catalog.get())
        try RelationalLoader(schema, into: database).load(from: store.database)
        #expect(try database.tables().isSuperset(of: schema.tables.map(\.name)))
        let insertion = "INSERT INTO product_attributes (product_id, name, value) VALUES ('nosuch', 'a', 'b')"
        #expect(throws: AtelierError.self) { try database.execute(insertion) }
        try database.transaction {
            try database.execute("INSERT INTO suppliers (supplier_id) VALUES ('s')")
        }
        #expect(throws: AtelierError.self) {
            try database.transaction {
                try database.execute("INSERT INTO suppliers (supplier_id) VALUES ('t')")
                try database.execute("INSERT INTO suppliers (supplier_id) VALUES ('s')")
            }
        }
        #expect(try database.rows("SELECT supplier_id FROM suppliers") == [["s"]])
    }

    @Test(arguments: Servers.present)
    func aStatementThatTakesTooLongIsGivenUp(dialect: SQLDialect) throws {
        let database = try Servers.connect(dialect, "time")
        try database.limitTime(toSeconds: 0.2)
        let endless = """
            WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
            SELECT COUNT(*) FROM n AS a CROSS JOIN n AS b CROSS JOIN n AS c WHERE a.i + b.i + c.i < 0
            """
        if dialect == .mariadb { try database.execute("SET SESSION max_recursive_iterations = 100000") }
        let error = try #require(throws: AtelierError.self) { try database.rows(endless) }
        #expect(error.code == .maxTimeMSExpired, "\(error)")
        try database.limitTime(toSeconds: nil)
        #expect(try database.rows("SELECT 1") == [[1]])
    }

    @Test(arguments: Servers.present)
    func itSaysHowItAnswers(dialect: SQLDialect) throws {
        let database = try Servers.connect(dialect, "plans")
        try database.loading(["t"]) { try database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)") }
        let plan = try database.plan(of: "SELECT a FROM t WHERE a > :least", types: ["least": .bigint], values: [3])
        #expect(plan.joined(separator: "\n").contains(" t") || plan.joined().contains("=t"), "\(plan)")
        #expect(database.version.split(separator: ".").count >= 2)
        for durability in Durability.allCases { try database.setDurability(durability) }
        try database.setDurability(.everyCommit)
        let settings = try database.settings()
        let durable: [SQLDialect: String] = [
            .sqlite: "synchronous = FULL", .postgresql: "synchronous_commit = on",
            .mariadb: "innodb_flush_log_at_trx_commit = 1",
        ]
        #expect(settings.contains(durable[dialect]!), "\(settings)")
        #expect(try database.processes().count == 1)
    }

    @Test(.needs(.postgresql)) func postgreSQLThatDoesNotLetUsInSaysWhy() throws {
        let address = try #require(Servers.address(.postgresql))
        func code(_ address: String) -> ErrorCode? {
            do {
                _ = try PostgreSQLDatabase(address)
                return nil
            } catch { return (error as? AtelierError)?.code }
        }
        #expect(code(address.replacing("/postgres?", with: "/nosuch?")) == .namespaceNotFound)
        #expect(code(address.replacing("atelier@", with: "nobody:secret@")) == .unauthorized)
        #expect(code("postgresql://u@127.0.0.1:1/x") == .hostUnreachable)
        #expect(code(address) == nil)
    }

    @Test(.needs(.mariadb)) func mariaDBThatDoesNotLetUsInSaysWhy() throws {
        let address = try #require(Servers.address(.mariadb))
        func code(_ address: String) -> ErrorCode? {
            do {
                _ = try MariaDBDatabase(address)
                return nil
            } catch { return (error as? AtelierError)?.code }
        }
        #expect(code(Servers.mariadb(database: "nosuch")) == .namespaceNotFound)
        #expect(code(address.replacing("root@", with: "nobody:secret@")) == .unauthorized)
        #expect(code("mariadb://u@127.0.0.1:1/x") == .hostUnreachable)
        #expect(code("mariadb://u@127.0.0.1:1/x?tls=no") == .badValue)
        #expect(code(address) == nil)
    }
}

extension Servers {
    /// Adds a row of values that live while they are added.
    static func add(_ row: [BSONValue], to insertion: any RowInsertion) throws {
        try Document(row.enumerated().map { ("\($0)", $1) }).withView { document in
            try insertion.add(row.indices.map { document.find("\($0)") })
        }
    }

    /// Whether a value came back as it was, as far as the database has its type.
    static func isSame(_ value: BSONValue, _ answer: BSONValue, _ type: RelationalType, in dialect: SQLDialect) -> Bool
    {
        switch (dialect, type) {
        case (.sqlite, .numeric):
            (value.doubleValue ?? 0) == (answer.doubleValue ?? 1)
        case (_, .numeric):
            value.decimalValue.flatMap { a in answer.decimalValue.map { a.compare($0) == 0 && a == $0 } } ?? false
        case (.sqlite, .timestamp):
            value.dateValue.flatMap { BSONValue.date($0).description.firstRange(of: "-") } != nil
                && answer.stringValue?.utf8.count == 23
        case (.sqlite, .boolean), (.mariadb, .boolean): value.isTruthy == answer.isTruthy
        default: value == answer
        }
    }
}
