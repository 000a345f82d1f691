import BSON
import DocumentStore
import Retail

/// Writes generated data into a store, as a load like any other: recorded in `loads`, and without effect the second time.
public struct GeneratedDataLoader: Sendable {
    /// Changes when the generator makes something else of the same options.
    private static let rules = "1"

    public let database: Database
    public let catalog: CollectionCatalog

    public init(database: Database, catalog: CollectionCatalog) {
        self.database = database
        self.catalog = catalog
    }

    /// Fills an empty store, or completes what the same options began.
    ///
    /// - Throws: `namespaceExists` where the store holds other orders: generated ids are the same in every generated shop,
    ///   so that two in one store would be neither. Otherwise what the store throws.
    public func load(_ generator: Generator, options: LoadOptions = LoadOptions()) throws -> LoadReport {
        let what = generator.options
        let load = try Load(
            database, kind: "generated",
            salt: "\(GeneratedDataLoader.rules) \(what.orders) \(what.seed) \(what.end) \(what.days)", files: [],
            assumptions: [
                "Generated with \(what.orders) orders from seed \(what.seed), \(what.days) days up to \(UTCDate(milliseconds: what.end).iso8601())."
            ],
            options: options, catalog: catalog)
        if let before = try load.doneBefore() { return before }
        guard try load.wasBegun() || load.collection("orders").findOne(projection: ["_id": 1]) == nil else {
            throw AtelierError(
                .namespaceExists, "the store holds orders already",
                advice: "Generated data go into a store of their own: name another.")
        }
        return try load.run {
            var writers: [(name: String, writer: LoadWriter)] = []
            var orders = 0
            try generator.forEachBatch { name, documents in
                if !writers.contains(where: { $0.name == name }) {
                    writers.append((name, LoadWriter(load.collection(name), existing: .replaced)))
                }
                let writer = writers.first { $0.name == name }!.writer
                for document in documents { try writer.append(document) }
                load.report.rows += documents.count
                if name == "orders" {
                    orders += documents.count { $0["kind"] == "sale" }
                    load.progress("orders", orders, of: what.orders)
                }
            }
            for (_, writer) in writers { load.report.add(try writer.finish()) }
        }
    }
}
