import BSON
import Deployment
import Engine
import Platform
import Testing

/// A query gives the same answer however it is carried out: with indexes and without, on one processor and on several.
@Suite struct PlanTests {
    @Test(arguments: [UInt64](1...8)) func indexesChangeNoAnswer(seed: UInt64) throws {
        print("indexesChangeNoAnswer: seed \(seed)")
        var random = SeededRandom(seed: seed)
        try withDeployment(.engine) { deployment in
            let documents = (0..<300).map { id in randomDocument(id, &random) }
            try deployment.insert(documents, into: "plain")
            try deployment.insert(documents, into: "indexed")
            let keys: [Document] = [["a": 1], ["b": -1, "a": 1], ["c.x": 1], ["b": 1, "c.x": -1], ["d": 1]]
            for (number, key) in keys.enumerated() {
                let index: Document = ["key": .document(key), "name": "i\(number)", "sparse": .bool(number == 4)]
                try deployment.run(["createIndexes": "indexed", "indexes": [.document(index)]])
            }
            for _ in 0..<150 {
                let filter = randomFilter(&random)
                let command: (String) -> Document = { name in
                    ["find": .string(name), "filter": .document(filter), "sort": ["a": 1, "_id": 1]]
                }
                let (plain, indexed) = (try deployment.all(command("plain")), try deployment.all(command("indexed")))
                #expect(plain == indexed, "\(filter.extendedJSON(.relaxed))")
            }
        }
    }

    @Test func aSelectiveFilterUsesTheIndexAndSaysSo() throws {
        try withDeployment(.engine) { deployment in
            try deployment.insert((0..<5000).map { ["_id": .integer($0), "n": .integer($0 % 100), "m": .integer($0)] })
            try deployment.run(["createIndexes": "c", "indexes": [["key": ["n": 1, "m": -1], "name": "n_1_m_-1"]]])
            let reply = try deployment.run(
                ["explain": ["find": "c", "filter": ["n": 7], "sort": ["m": -1]], "verbosity": "executionStats"])
            let plan = try #require(
                reply["queryPlanner"]?.documentValue?["winningPlan"]?.documentValue?["inputStage"]?.documentValue)
            #expect(plan["stage"] == "IXSCAN")
            #expect(plan["indexName"] == "n_1_m_-1")
            #expect(plan["providesSort"] == true)
            let statistics = try #require(reply["executionStats"]?.documentValue)
            #expect(statistics["nReturned"] == 50)
            #expect(statistics["totalDocsExamined"]?.integerValue == 50)
            let rejected = try #require(reply["queryPlanner"]?.documentValue?["rejectedPlans"]?.arrayValue)
            #expect(rejected.count == 2)
        }
    }

    /// A hint at an index makes one thread read; without it all processors do.
    @Test func groupsAreTheSameOnSeveralProcessors() throws {
        try withDeployment(.engine) { deployment in
            var random = SeededRandom(seed: 99)
            let documents = (0..<20_000).map { id -> Document in
                [
                    "_id": .integer(id), "k": .integer(random.next(50)), "n": .integer(random.next(1000)),
                    "p": .decimal(Decimal128(Int64(random.next(100_000))) * Decimal128("0.01")!),
                    "items": [["q": .integer(random.next(5))], ["q": .integer(random.next(5))]],
                    "text": .string(String(repeating: "x", count: 40)),
                ]
            }
            try deployment.insert(documents)
            let pipeline: BSONValue = [
                ["$match": ["n": ["$gte": 100]]], ["$unwind": "$items"],
                [
                    "$group": [
                        "_id": ["k": "$k", "q": "$items.q"], "count": ["$sum": 1], "sum": ["$sum": "$p"],
                        "mean": ["$avg": "$n"],
                        "least": ["$min": "$p"], "most": ["$max": "$n"], "first": ["$first": "$_id"],
                        "last": ["$last": "$_id"],
                        "all": ["$push": "$_id"], "distinct": ["$addToSet": "$n"],
                    ]
                ],
            ]
            let parallel = try deployment.all(["aggregate": "c", "pipeline": pipeline, "cursor": [:]])
            let serial = try deployment.all(["aggregate": "c", "pipeline": pipeline, "cursor": [:], "hint": ["_id": 1]])
            #expect(parallel.count == 250)
            #expect(parallel == serial)
        }
    }

    private func randomDocument(_ id: Int, _ random: inout SeededRandom) -> Document {
        var fields: [(String, BSONValue)] = [("_id", .integer(id))]
        // Two arrays cannot be indexed together: b, which stands in compound indexes, is never one.
        for name in ["a", "d"] where random.next(5) > 0 { fields.append((name, randomValue(&random))) }
        if random.next(5) > 0 { fields.append(("b", .integer(random.next(6)))) }
        switch random.next(4) {
        case 0: fields.append(("c", ["x": randomValue(&random)]))
        case 1: fields.append(("c", [["x": randomValue(&random)], ["x": randomValue(&random)], 3]))
        default: break
        }
        return Document(fields)
    }

    private func randomValue(_ random: inout SeededRandom) -> BSONValue {
        switch random.next(10) {
        case 0: .null
        case 1: .double(Double(random.next(6)) + 0.5)
        case 2: .decimal(Decimal128(Int64(random.next(6))))
        case 3: .string(["", "a", "ab", "b"][random.next(4)])
        case 4: .array(BSONArray((0..<random.next(3)).map { _ in BSONValue.integer(random.next(6)) }))
        case 5: .double(.nan)
        case 6: .bool(random.next(2) == 0)
        default: .integer(random.next(6))
        }
    }

    private func randomFilter(_ random: inout SeededRandom) -> Document {
        let paths = ["a", "b", "c.x", "d", "c"]
        let operators = ["$eq", "$gt", "$gte", "$lt", "$lte", "$ne"]
        var parts: [(String, BSONValue)] = []
        for path in paths where random.next(3) == 0 {
            switch random.next(6) {
            case 0: parts.append((path, ["$in": [randomValue(&random), randomValue(&random), randomValue(&random)]]))
            case 1: parts.append((path, ["$exists": .bool(random.next(2) == 0)]))
            case 2: parts.append((path, ["$elemMatch": ["$gte": .integer(random.next(4)), "$lt": 5]]))
            case 3: parts.append((path, ["$type": "number"]))
            case 4: parts.append((path, ["$gte": randomValue(&random), "$lt": randomValue(&random)]))
            default: parts.append((path, .document([operators[random.next(6)]: randomValue(&random)])))
            }
        }
        return Document(parts)
    }
}

extension SeededRandom {
    /// A number from 0 up to, not including, `bound`.
    fileprivate mutating func next(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
