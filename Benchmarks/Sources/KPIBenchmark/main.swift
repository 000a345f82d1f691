import Analytics
import BSON
import DocumentStore
import Glibc
import Ingest
import Retail

// Saved aggregations on the Online Retail data, in the embedded store against SQLite. Results are compared first.
//
// Usage: KPIBenchmark [FILE.csv.gz] [ROUNDS]

let sharedData = getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? "../../shared"
let arguments = CommandLine.arguments.dropFirst()
let file = arguments.first ?? "\(sharedData)/data/online-retail-ii-2009-2010.csv.gz"
let rounds = arguments.dropFirst().first.flatMap { Int($0) } ?? 9

var template = Array("/tmp/atelier-benchmark-XXXXXX".utf8CString)
let directory = String(cString: mkdtemp(&template))
defer { for name in ["shop.store", "shop.store-lock", "peer.db"] { unlink("\(directory)/\(name)") }; rmdir(directory) }

let store = try Store("\(directory)/shop.store", options: StoreOptions(relaxedDurability: true))
let catalog = try CollectionCatalog.standard()
_ = try StoreInitializer(catalog: catalog, database: store.database).run()
let report = try OnlineRetailImporter(database: store.database, catalog: catalog).load(file)
print("loaded \(report.rows) rows")
let peer = try SQLitePeer(path: "\(directory)/peer.db")
print("copied \(try peer.load(store.database)) lines to SQLite")

let aggregations = try AggregationCatalog.standard()

/// Runs a saved aggregation and shows each row's columns as text.
func ours(_ name: String, _ parameters: Document = [:], _ columns: [String]) throws -> [[String]] {
    let aggregation = try aggregations.aggregation(named: name)
    let result = try aggregation.run(aggregation.arguments(parameters), on: store.database)
    var rows: [[String]] = []
    while let row = try result.rows.next() {
        rows.append(columns.map { column in
            switch row[column] {
            // SQLite holds money in whole thousandths.
            case .decimal(let amount)?: String((amount * Decimal128(1000)).exactInt64!)
            case .string(let text)?: text
            case let value?: value.integerValue.map { String($0) } ?? ""
            case nil: ""
            }
        })
    }
    return rows
}

func compare(_ name: String, _ parameters: Document = [:], _ columns: [String], sql: String) throws {
    let statement = try peer.prepare(sql)
    let (mine, theirs) = (try ours(name, parameters, columns), try peer.rows(statement))
    guard mine == theirs else {
        let index = zip(mine, theirs).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(mine.count, theirs.count)
        throw Failure("\(name): unequal results at row \(index): \(mine.dropFirst(index).first ?? []) and \(theirs.dropFirst(index).first ?? [])")
    }
    try Measurement(
        name, rounds: rounds, ours: { _ = try ours(name, parameters, columns) }, peer: { _ = try peer.rows(statement) }
    ).report()
}

try compare(
    "revenue-by-month", [:], ["month", "orders", "units", "revenue"],
    sql: """
        SELECT substr(ordered_at, 1, 7) AS month, count(DISTINCT orders.id), sum(quantity), sum(quantity * unit_price)
        FROM orders JOIN order_items ON order_items.order_id = orders.id
        WHERE kind = 'sale' AND quantity > 0 AND unit_price > 0
        GROUP BY month ORDER BY month
        """)
try compare(
    "top-products", ["limit": 10], ["productId", "name", "units", "revenue"],
    sql: """
        WITH sold AS (
            SELECT product_id, sum(quantity) AS units, sum(quantity * unit_price) AS revenue
            FROM orders JOIN order_items ON order_items.order_id = orders.id
            WHERE kind = 'sale' AND quantity > 0 AND unit_price > 0
            GROUP BY product_id)
        SELECT code, name, units, revenue FROM sold JOIN products ON products.id = product_id
        ORDER BY revenue DESC, code LIMIT 10
        """)
