import BSON
import DocumentStore
import TestSupport
import Testing

@testable import Retail

@Suite struct StoreInitializerTests {
    @Test func createsOnceAndThenNothing() throws {
        let deployment = MemoryDeployment()
        let catalog = try CollectionCatalog.standard()
        let initializer = StoreInitializer(catalog: catalog, database: Store(deployment: deployment).database)
        let first = try initializer.run()
        #expect(first.createdCollections == catalog.definitions.map(\.name))
        #expect(first.createdIndexes.contains("orders.customerId_1_orderedAt_1"))
        #expect(first.shardedCollections.isEmpty)
        #expect(deployment.collectionNames == catalog.definitions.map(\.name))
        #expect(try initializer.run() == StoreInitializer.Report())
    }

    @Test func changesAValidatorThatDiffersAndLeavesTheRest() throws {
        let deployment = MemoryDeployment()
        let database = Store(deployment: deployment).database
        let initializer = StoreInitializer(catalog: try .standard(), database: database)
        try database.createCollection("orders", options: ["validator": ["x": 1]])
        let report = try initializer.run(only: ["orders"])
        #expect(report.createdCollections.isEmpty)
        #expect(report.changedValidators == ["orders"])
        #expect(deployment.collectionNames == ["orders"])
    }

    @Test func saysSoWhereAValidatorCannotBeChanged() throws {
        let deployment = MemoryDeployment()
        let database = Store(deployment: deployment).database
        try database.createCollection("orders", options: ["validator": ["x": 1]])
        deployment.fail("collMod", on: "orders", with: AtelierError(.commandNotFound, "no such command"))
        do {
            try StoreInitializer(catalog: .standard(), database: database).run(only: ["orders"])
            Issue.record("accepted")
        } catch let error as AtelierError {
            #expect(error.code == .commandNotSupported)
            #expect(error.location == "orders")
            #expect(error.advice != nil)
        }
    }

    @Test func shardsOnAShardedCluster() throws {
        let ok: Document = ["ok": 1.0]
        let none: Document = ["cursor": ["firstBatch": [], "id": .int64(0), "ns": "x.y"], "ok": 1.0]
        let deployment = ScriptedDeployment(
            [none, ["msg": "isdbgrid", "ok": 1.0], ok, none, ok, none, ok, ok, ok])
        let initializer = StoreInitializer(
            catalog: try .standard(), database: Store(deployment: deployment, database: "shop").database)
        #expect(try initializer.run(only: ["customers"]).shardedCollections == ["customers"])
        #expect(
            deployment.commands.map { $0.keys[0] } == [
                "listCollections", "hello", "create", "listIndexes", "createIndexes", "find", "createIndexes",
                "enableSharding",
                "shardCollection",
            ])
        #expect(deployment.commands.last == ["shardCollection": "shop.customers", "key": ["_id": "hashed"]])
        #expect(deployment.databases.suffix(2) == ["admin", "admin"])
    }
}
