import BSON
import Testing

/// `atelier compare`, on a generated shop.
@Suite struct CompareTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        #expect(try Atelier.run(["generate", "--orders", "60", "--days", "60", "--quiet"], in: folder).status == 0)
    }

    @Test func eachQuestionHasAnObjectForDocumentsAndOneForTables() throws {
        let outcome = try Atelier.run(
            ["compare", "top-products", "orders-by-status", "--runs", "2", "--format", "ndjson", "--plans", "--quiet"],
            in: folder)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let rows = try outcome.output.split(separator: "\n").map { try Document(json: String($0)) }
        #expect(
            rows.map { $0["model"]?.stringValue } == ["documents", "tables", "json", "documents", "tables", "json"])
        #expect(Set(rows.compactMap { $0["question"]?.stringValue }) == ["top-products", "orders-by-status"])
        for row in rows {
            #expect(
                row.keys == [
                    "question", "database", "model", "rows", "equal", "coldMs", "warmMs", "bytesOnDisk", "queryBytes",
                    "joins", "note", "runs", "peakMemoryBytes", "plan",
                ])
            #expect(row["runs"] == 2 && row["plan"]?.arrayValue?.isEmpty == false)
            #expect(row["equal"] == true)
            #expect(row["warmMs"]?.documentValue?.keys == ["median", "p90"])
            #expect((row["rows"]?.integerValue ?? 0) > 0 && (row["bytesOnDisk"]?.integerValue ?? 0) > 0)
        }
        let products = rows.filter { $0["question"] == "top-products" }
        #expect(products.map { $0["joins"]?.integerValue } == [1, 2, 2])
    }

    @Test func otherAnswersAreNamedAndNotTimed() throws {
        try folder.write(
            "own-count.json",
            """
            {"name": "own-count", "title": "T", "question": "Q?", "collection": "orders", "parameters": [],
             "pipeline": [{"$group": {"_id": null, "n": {"$sum": 1}}}, {"$project": {"_id": 0, "n": 1}}],
             "columns": [{"name": "n", "type": "integer"}], "notes": ["N"]}
            """)
        try folder.write("own-count.sql", "SELECT COUNT(*) + 1 AS n FROM orders;\n")
        let arguments = ["compare", "own-count", "--aggregations", ".", "--runs", "1", "--format", "ndjson"]
        let outcome = try Atelier.run(arguments, in: folder)
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.contains("1 of 1 questions have other answers than the documents give"), "\(outcome.errors)")
        #expect(outcome.errors.contains("own-count of sqlite, tables: row 1, n: "), "\(outcome.errors)")
        #expect(outcome.output.contains(#""equal":false,"coldMs":null,"warmMs":null"#), "\(outcome.output)")
        try folder.write("own-count.sql", "SELECT COUNT(*) AS n FROM orders;\n")
        #expect(try Atelier.run(arguments, in: folder).status == 0)
    }

    @Test func aFileIsKeptAndItsTablesAreReplacedWhenAsked() throws {
        let arguments = ["compare", "orders-by-status", "--runs", "1", "--sql", "sqlite=shop.sqlite", "--quiet"]
        #expect(try Atelier.run(arguments, in: folder).status == 0)
        let again = try Atelier.run(arguments, in: folder)
        #expect(again.status == 1)
        #expect(again.errors.contains("shop.sqlite: the database has a table"), "\(again.errors)")
        #expect(try Atelier.run(arguments + ["--replace"], in: folder).status == 0)
    }

    @Test func aFieldWithoutAColumnIsAnError() throws {
        try folder.write(
            "more.ndjson", #"{"_id": "X", "kind": "product", "name": "N", "active": true, "fabric": "wool"}"#)
        let load = try Atelier.run(["import", "ndjson", "more.ndjson", "--collection", "products"], in: folder)
        #expect(load.status == 0, "\(load.errors)")
        let outcome = try Atelier.run(["compare", "orders-by-status"], in: folder)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("no column holds the field fabric"), "\(outcome.errors)")
    }

    @Test(arguments: [
        (["--sql", "oracle"], 2, "there is no database oracle"),
        (["--sql", "sqlite="], 2, "expected a file"),
        (["--sql", "sqlite=:memory:"], 2, "expected a file"),
        (["--replace"], 2, "--replace is for databases that are kept"),
        (["--sql", "postgresql=localhost"], 2, "expected an address, as in postgresql=postgresql://"),
        (["--sql", "sqlite", "--sql", "sqlite=b.sqlite"], 2, "sqlite is named twice"),
        (["--sql", "mariadb=mariadb://localhost:no/x"], 2, "port"),
        (["--sql", "mariadb=mariadb://localhost", "--models", "json"], 2, "MariaDB is compared with tables only"),
        (["--models", "rows"], 2, "expected tables, json"),
        (["--documents", "shop.store"], 2, "no address of a MongoDB deployment"),
        (["--plans"], 2, "--plans is for --format json"),
        (["--timeout", "0"], 2, "--timeout"),
        (["--sql", "postgresql=postgresql://u:secret@127.0.0.1:1/x"], 3, "postgresql://u@127.0.0.1:1/x: PostgreSQL: "),
        (["--sql", "mariadb=mariadb://u:secret@127.0.0.1:1/x"], 3, "mariadb://u@127.0.0.1:1/x: MariaDB: "),
        (["--documents", "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200"], 3, "127.0.0.1:1"),
        (["--runs", "0"], 2, "--runs"),
        (["--sql", "sqlite=no/such/folder/x"], 1, "cannot open the SQLite database"),
        (["--store", "none.store"], 3, "there is no store"),
        (["nosuch"], 2, "there is no saved aggregation named nosuch"),
    ])
    func mistakes(_ arguments: [String], _ status: Int32, _ message: String) throws {
        let outcome = try Atelier.run(["compare"] + arguments, in: folder)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty && !outcome.errors.contains("secret"))
    }
}
