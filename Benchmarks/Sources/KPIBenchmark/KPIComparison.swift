import Analytics
import BSON
import DocumentStore
import Ingest
import Retail

/// An embedded store and a SQLite database with the same order lines, and the questions both answer.
struct KPIComparison {
    private let store: Store
    private let peer: SQLitePeer
    private let aggregations: AggregationCatalog

    init(file: String, directory: String) throws {
        store = try Store("\(directory)/shop.store", options: StoreOptions(relaxedDurability: true))
        let catalog = try CollectionCatalog.standard()
        _ = try StoreInitializer(catalog: catalog, database: store.database).run()
        let report = try OnlineRetailImporter(database: store.database, catalog: catalog).load(file)
        print("loaded \(report.rows) rows in \(format(report.seconds)) s")
        peer = try SQLitePeer(path: "\(directory)/peer.db")
        print("copied \(try peer.load(store.database)) lines to SQLite")
        aggregations = try AggregationCatalog(directories: [ResourceLocator.current.folder("aggregations")])
    }

    func run(rounds: Int) throws {
        try compare(
            "revenue-by-month", [:], ["month", "orders", "units", "revenue"], rounds,
            sql: """
                SELECT substr(ordered_at, 1, 7) AS month, count(DISTINCT orders.id), sum(quantity), sum(quantity * unit_price)
                FROM orders JOIN order_items ON order_items.order_id = orders.id
                WHERE kind = 'sale' AND quantity > 0 AND unit_price > 0
                GROUP BY month ORDER BY month
                """)
        try compare(
            "top-products", ["limit": 10], ["productId", "name", "units", "revenue"], rounds,
            sql: """
                WITH sold AS (
                    SELECT product_id, sum(quantity) AS units, sum(quantity * unit_price) AS revenue
                    FROM orders JOIN order_items ON order_items.order_id = orders.id
                    WHERE kind = 'sale' AND quantity > 0 AND unit_price > 0
                    GROUP BY product_id)
                SELECT code, name, units, revenue FROM sold JOIN products ON products.id = product_id
                ORDER BY revenue DESC, code LIMIT 10
                """)
    }

    /// Checks that both answer alike, then times them.
    private func compare(_ name: String, _ parameters: Document, _ columns: [String], _ rounds: Int, sql: String) throws {
        let statement = try peer.prepare(sql)
        let (mine, theirs) = (try ours(name, parameters, columns), try peer.rows(statement))
        guard mine == theirs else {
            let row = zip(mine, theirs).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(mine.count, theirs.count)
            throw Failure(
                "\(name): unequal results at row \(row): \(mine.dropFirst(row).first ?? []) and \(theirs.dropFirst(row).first ?? [])")
        }
        try Measurement(
            name, rounds: rounds, ours: { _ = try ours(name, parameters, columns) }, peer: { _ = try peer.rows(statement) }
        ).report()
    }

    /// Runs a saved aggregation and shows each row's columns as text, money in whole thousandths as the peer holds it.
    private func ours(_ name: String, _ parameters: Document, _ columns: [String]) throws -> [[String]] {
        let aggregation = try aggregations.aggregation(named: name)
        let result = try aggregation.run(aggregation.arguments(parameters), on: store.database)
        var rows: [[String]] = []
        while let row = try result.rows.next() {
            rows.append(
                columns.map { column in
                    switch row[column] {
                    case .decimal(let amount)?: (amount * Decimal128(1000)).exactInt64.map { String($0) } ?? amount.description
                    case .string(let text)?: text
                    case let value?: value.integerValue.map { String($0) } ?? ""
                    case nil: ""
                    }
                })
        }
        return rows
    }
}
