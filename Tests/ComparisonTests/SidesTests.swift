import Analytics
import BSON
import Comparison
import DocumentStore
import Glibc
import Testing
import WireServer

/// A comparison of every side there is: the embedded engine, a deployment, and databases of SQL.
@Suite struct SidesTests {
    private static let questions = ["orders-by-status", "top-products", "product-pairs"]

    private func aggregations() throws -> [SavedAggregation] {
        try SidesTests.questions.map { try Shop.aggregations.get().aggregation(named: $0) }
    }

    @Test func everySideIsAskedTheSame() throws {
        let (folder, store) = try Shop.emptyStore()
        let (served, servedStore) = try Shop.emptyStore()
        let server = try WireServer(deployment: servedStore.deployment, listen: ListenAddress(parsing: "127.0.0.1:0"))
        defer {
            server.stop()
            servedStore.close()
            Shop.remove(folder)
            Shop.remove(served)
        }
        var shop = OddShop(seed: 7)
        try shop.fill(store)
        var sides: [Side] = [
            .documents(in: folder + "/test.store"),
            .documents(in: try DocumentCopy.address(server.address.uri)),
        ]
        var targets = [SQLTarget(.sqlite, at: folder + "/tables.sqlite")]
        if let address = Servers.address(.postgresql) { targets.append(SQLTarget(.postgresql, at: address)) }
        if Servers.address(.mariadb) != nil {
            _ = try Servers.connect(.mariadb, "sides")
            targets.append(SQLTarget(.mariadb, at: Servers.mariadb(database: "atelier_test_sides")))
        }
        for target in targets {
            sides.append(.tables(in: target))
            if target.dialect != .mariadb { sides.append(.json(in: target)) }
        }
        var comparison = try QuestionComparison(
            aggregations(), catalog: Shop.catalog.get(), sides: sides, timeLimit: 60)
        for side in sides.dropFirst() {
            #expect(try comparison.load(side, from: store, replacing: true) { _ in } > 0)
        }
        #expect(throws: AtelierError.self) {
            try comparison.load(sides[1], from: store, replacing: false) { _ in }
        }
        store.close()
        try comparison.check { _ in }
        #expect(comparison.unequal.isEmpty, "\(comparison.unequal)")
        let measured = try comparison.time(runs: 2, seed: 1, plans: true) { _ in }
        #expect(measured.count == SidesTests.questions.count)
        for row in measured {
            #expect(row.map(\.database) == sides.map(\.database) && row.map(\.model) == sides.map(\.model))
            for (measurement, side) in zip(row, sides) {
                #expect(measurement.isEqual == true && measurement.runs == 2 && measurement.warmMs != nil)
                #expect(!measurement.plan.isEmpty && measurement.bytesOnDisk > 0, "\(side)")
                #expect((measurement.coldMs != nil) == ["atelier", "sqlite"].contains(side.database))
            }
        }
        #expect(try comparison.descriptions().count == sides.count)
    }

    @Test func whatTakesTooLongIsNotTimedAndNotDifferent() throws {
        let (folder, store) = try Shop.emptyStore()
        defer { Shop.remove(folder) }
        try store.database.collection("orders").drop()
        let target = SQLTarget(.sqlite, at: folder + "/tables.sqlite")
        var comparison = try QuestionComparison(
            [SidesTests.slow(in: folder)], catalog: Shop.catalog.get(),
            sides: [.documents(in: folder + "/test.store"), .tables(in: target)], timeLimit: 0.2)
        _ = try comparison.load(.tables(in: target), from: store, replacing: false) { _ in }
        store.close()
        try comparison.check { _ in }
        let row = try #require(try comparison.time(runs: 1, seed: 1) { _ in }.first)
        #expect(row[0].isEqual == true && row[0].rows == 0)
        #expect(row[1].isOverTime && row[1].isEqual == nil && row[1].warmMs == nil && row[1].runs == 0)
        #expect(comparison.unequal.isEmpty)
    }

    /// A question whose statement would not end in anybody's time.
    private static func slow(in folder: String) throws -> SavedAggregation {
        try write(
            """
            {"name": "slow", "title": "T", "question": "Q?", "collection": "orders", "parameters": [],
             "pipeline": [{"$group": {"_id": null, "n": {"$sum": 1}}}, {"$project": {"_id": 0, "n": 1}}],
             "columns": [{"name": "n", "type": "integer"}], "notes": ["N"]}
            """, to: folder + "/slow.json")
        try write(
            """
            WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000)
            SELECT COUNT(*) AS n FROM n
            """, to: folder + "/slow.sql")
        return try AggregationCatalog(directories: [folder]).aggregation(named: "slow")
    }

    private static func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
    }
}
