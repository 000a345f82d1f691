import BSON
import DocumentStore
import TestSupport
import Testing

@Suite struct TransactionTests {
    private let ok: Document = ["n": 1, "ok": 1.0]

    private func names(_ deployment: ScriptedDeployment) -> [String] { deployment.commands.map { $0.keys[0] } }

    @Test func commandsAreBoundAndCommitted() throws {
        let deployment = ScriptedDeployment([ok, ok, ok, ok])
        let result = try Store(deployment: deployment, database: "shop").transaction { database in
            _ = try database.collection("orders").insert(["_id": 1])
            _ = try database.collection("inventory").updateOne(["_id": 2], ["$inc": ["reserved": 1]])
            return 42
        }
        #expect(result == 42)
        #expect(names(deployment) == ["insert", "update", "commitTransaction", "endSessions"])
        #expect(deployment.databases == ["shop", "shop", "admin", "admin"])
        let (first, second, commit) = (deployment.commands[0], deployment.commands[1], deployment.commands[2])
        #expect(first["startTransaction"] == true && second["startTransaction"] == nil)
        #expect(deployment.commands.prefix(3).allSatisfy { $0["autocommit"] == false && $0["txnNumber"] == .int64(1) })
        #expect(first["lsid"] == second["lsid"] && second["lsid"] == commit["lsid"])
    }

    @Test func whatTheClosureThrowsTakesEverythingBack() throws {
        let deployment = ScriptedDeployment([ok, ok, ok])
        var kept: Database?
        #expect(throws: AtelierError.self) {
            try Store(deployment: deployment).transaction { database in
                kept = database
                _ = try database.collection("orders").insert(["_id": 1])
                throw AtelierError(.badValue, "no")
            }
        }
        #expect(names(deployment) == ["insert", "abortTransaction", "endSessions"])
        #expect(throws: AtelierError.self) { try kept?.run(["ping": 1]) }
    }

    @Test func aTransactionThatMetAnotherRunsAgain() throws {
        let deployment = MemoryDeployment()
        let store = Store(deployment: deployment)
        var runs = 0
        #expect(throws: AtelierError.self) {
            try store.transaction { database in
                runs += 1
                _ = try database.collection("orders").insert(["_id": .integer(runs)])
                throw AtelierError(.writeConflict, "conflict", labels: runs < 3 ? ["TransientTransactionError"] : [])
            }
        }
        #expect(runs == 3)
        let numbers = deployment.commands.filter { $0.keys[0] == "insert" }.map { $0["txnNumber"] }
        #expect(numbers == [.int64(1), .int64(2), .int64(3)])
    }

    @Test func aTransactionWithoutCommandsSendsNone() throws {
        let deployment = ScriptedDeployment([ok])
        try Store(deployment: deployment).transaction { _ in }
        #expect(names(deployment) == ["endSessions"])
    }
}
