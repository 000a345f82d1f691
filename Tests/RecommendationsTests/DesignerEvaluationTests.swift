import BSON
import DocumentStore
import Glibc
import Testing

@testable import Recommendations

@Suite struct DesignerEvaluationTests {
    private func withStore(_ work: (Database) throws -> Void) throws {
        let path = "/tmp/atelier-designers-\(getpid())-\(UInt64.random(in: 0 ... .max)).store"
        let store = try Store(path, options: StoreOptions(relaxedDurability: true))
        defer {
            store.close()
            for file in [path, path + "-lock"] { unlink(file) }
        }
        try work(store.database)
    }

    private func session(_ customer: String, _ designer: String, day: Int64, status: String = "completed") -> Document {
        [
            "_id": .string("\(customer)\(day)"), "customerId": .string(customer), "designerId": .string(designer),
            "status": .string(status), "scheduledAt": .date(day * 86_400_000),
        ]
    }

    @Test func theLastSessionIsForetoldFromTheOnesBefore() throws {
        try withStore { database in
            try database.collection("designers").insert([
                ["_id": "x", "expertise": ["modern"]], ["_id": "y", "expertise": ["classic"]], ["_id": "z"],
            ]).orThrow()
            try database.collection("customers").insert([
                ["_id": "a", "preferredStyles": ["classic"]], ["_id": "b"], ["_id": "c"],
                ["_id": "d", "consent": ["analytics": false]],
            ]).orThrow()
            try database.collection("designSessions").insert([
                // a met x twice and ends with y, b stays with y; c has one that was held, d is not analysed.
                session("a", "x", day: 1), session("a", "x", day: 2), session("a", "y", day: 3),
                session("b", "y", day: 1), session("b", "y", day: 5), session("c", "z", day: 1),
                session("c", "z", day: 2, status: "noShow"), session("d", "z", day: 1), session("d", "z", day: 2),
            ]).orThrow()
            let evaluation = try DesignerEvaluation(PurchaseLog.of([:]), in: database)
            func row(_ method: String, _ setting: String) throws -> DesignerEvaluation.Row {
                try #require(evaluation.rows.first { $0.method == method && $0.setting == setting })
            }
            #expect(
                evaluation.rows.map { "\($0.method) \($0.setting)" } == [
                    "blend all", "blend new", "sessions all", "popularity all", "popularity new",
                ])
            #expect(evaluation.designers == 3 && evaluation.sessions == 8)
            let sessions = try row("sessions", "all")
            #expect(sessions.three.users == 2 && sessions.first.hitRate == 0.5 && sessions.three.hitRate == 1)
            // x, z and x again: of the held-out sessions none counts. a's y comes third, b's too.
            let popularity = try row("popularity", "all")
            #expect(popularity.first.hitRate == 0 && popularity.three.reciprocalRank == 1.0 / 3)
            // Of those a had not met, y has a's style, and z more sessions.
            let new = try row("blend", "new")
            #expect(new.three.users == 1 && new.first.hitRate == 1)
            #expect(try row("popularity", "new").first.hitRate == 0)
            let again = try DesignerEvaluation(PurchaseLog.of([:]), in: database)
            #expect(again.rows.map(\.document) == evaluation.rows.map(\.document))
        }
    }

    @Test func whatWasOrderedFromTheSessionOnIsNotKnown() {
        let log = PurchaseLog.of(["a": [["p"], ["q"], ["r"]], "b": [["p"], ["q"]]])
        let before = log.before { $0 == "a" ? 1000 : nil }
        #expect(before.history(of: 0).baskets.count == 1 && before.history(of: 1).baskets.count == 2)
    }

    @Test func withoutSessionsItSaysSo() throws {
        try withStore { database in
            let error = #expect(throws: AtelierError.self) {
                try DesignerEvaluation(PurchaseLog.of([:]), in: database)
            }
            #expect(error?.message == "no customer has two design sessions that were held")
        }
    }
}
