import BSON
import Deployment
import Engine
import Glibc
import Platform
import Synchronization
import Testing

/// What is worked out in batches, column by column, comes to the same as what is worked out row by row; so does what is
/// read from columns that were kept.
///
/// `ATELIER_TEST_SEED` replaces the seeds of the random tests, `ATELIER_TEST_ROUNDS` makes each of them so many times as
/// long.
@Suite struct BatchedGroupTests {
    private static func seeds(_ standard: ClosedRange<UInt64>) -> [UInt64] {
        getenv("ATELIER_TEST_SEED").flatMap { UInt64(String(cString: $0)) }.map { [$0] } ?? Array(standard)
    }

    private static let rounds = getenv("ATELIER_TEST_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 1

    private static func parsed(_ stages: [String]) throws -> [Document] { try stages.map { try Document(json: $0) } }

    /// Runs a pipeline again and again: with nothing kept, while columns are being kept, from columns.
    private static func expectSame(
        _ engine: Engine, _ stages: [String], runs: Int = 3, isFresh: Bool = true, ofErrors isExact: Bool = true,
        _ context: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let pipeline = try parsed(stages)
        let expected = engine.outcome(pipeline, rowByRow: true)
        if isFresh { try engine.commitElsewhere() }
        for run in 0..<runs {
            let outcome = engine.outcome(pipeline)
            if !isExact, case .failure = expected, case .failure = outcome { continue }
            if outcome == expected { continue }
            Issue.record(
                "\(context) run \(run) of [\(stages.joined(separator: ", "))]\nrow by row \(expected)\nin batches \(outcome)",
                sourceLocation: sourceLocation)
            return
        }
    }

    /// Some documents of which some are deleted, so that the record ids have gaps, one of them longer than a block.
    ///
    /// - Parameter isDivided: whether what is left is enough for two threads to read a part each.
    private static func fill(_ engine: Engine, _ documents: [Document], isDivided: Bool = false) throws {
        try engine.insert(documents)
        try engine.run([
            "delete": "c",
            "deletes": [
                ["q": ["_id": ["$mod": [7, 3]]], "limit": 0], ["q": ["_id": ["$gte": 500, "$lt": 1100]], "limit": 0],
            ],
        ])
        let size = try #require(engine.run(["collStats": "c"])["size"]?.integerValue)
        #expect((size >= 1 << 20) == isDivided)
    }

    // MARK: Random pipelines

    @Test("Random pipelines over random documents", arguments: seeds(1...3))
    func randomPipelines(_ seed: UInt64) throws {
        var shop = RandomShop(seed: seed)
        var pipelines = RandomPipelines(seed: seed)
        try withEngine { engine in
            try Self.fill(
                engine, shop.orders(1900, moods: seed % 2 == 1 ? [.regular, .sparse] : RandomShop.Mood.allCases))
            for _ in 0..<10 * Self.rounds { try Self.expectSame(engine, pipelines.pipeline(), "seed \(seed)") }
        }
    }

    @Test("Columns that one pipeline has read serve others", arguments: seeds(11...12))
    func keptColumns(_ seed: UInt64) throws {
        var shop = RandomShop(seed: seed)
        var pipelines = RandomPipelines(seed: seed)
        try withEngine { engine in
            try Self.fill(engine, shop.orders(1900, moods: [.regular, .regular, .sparse, .sprinkled]))
            let some = (0..<10 * Self.rounds).map { _ in pipelines.pipeline() }
            for stages in some + some.reversed() {
                try Self.expectSame(engine, stages, runs: 2, isFresh: false, "seed \(seed)")
            }
        }
    }

    @Test("Two threads, each reading a part", arguments: seeds(21...22))
    func twoParts(_ seed: UInt64) throws {
        var shop = RandomShop(seed: seed, isGentle: true)
        var pipelines = RandomPipelines(seed: seed, isGentle: true)
        try withEngine { engine in
            // More than a megabyte is left of it.
            try Self.fill(engine, shop.orders(3300, moods: [.regular, .regular, .sparse]), isDivided: true)
            for number in 0..<6 * Self.rounds {
                // Where both parts fail, either may say so.
                try Self.expectSame(
                    engine, pipelines.pipeline(), isFresh: number % 2 == 0, ofErrors: false, "seed \(seed)")
            }
        }
    }

    @Test("Columns that find no room", arguments: [0, 40_000, 400_000])
    func littleRoom(_ bytes: Int) throws {
        var shop = RandomShop(seed: 31)
        var pipelines = RandomPipelines(seed: UInt64(bytes))
        try withEngine(columnMemory: bytes) { engine in
            try Self.fill(engine, shop.orders(1900, moods: [.regular, .regular, .sparse]))
            for number in 0..<6 * Self.rounds {
                try Self.expectSame(engine, pipelines.pipeline(), isFresh: number % 3 == 0, "\(bytes) bytes")
            }
        }
    }

    // MARK: Chosen pipelines

    private static let chosen: [[String]] = [
        // A variable that only some rows have.
        [
            #"{"$group": {"_id": "$k", "s": {"$sum": {"$cond": ["$b", {"$let": {"vars": {"a": {"$concatArrays": ["$nums", [1]]}}, "in": {"$sum": {"$map": {"input": "$$a", "as": "v", "in": {"$add": [{"$cond": [{"$isNumber": "$$v"}, "$$v", 0]}, 1]}}}}}}, 0]}}}}"#
        ],
        [
            #"{"$group": {"_id": "$k", "s": {"$push": {"$switch": {"branches": [{"case": "$b", "then": {"$let": {"vars": {"a": "$items"}, "in": {"$size": {"$filter": {"input": "$$a", "as": "v", "cond": {"$gt": ["$$v.q", 2]}}}}}}}], "default": -1}}}}}"#
        ],
        [
            #"{"$group": {"_id": "$k", "s": {"$push": {"$cond": ["$b", {"$let": {"vars": {"a": {"$concatArrays": ["$more", "$more"]}}, "in": {"$size": {"$filter": {"input": "$items", "as": "i", "cond": {"$gt": [{"$sum": "$$a.q"}, "$$i.q"]}}}}}}, -1]}}}}"#
        ],
        // Null and nothing where others have arrays: told apart after the arrays have been taken apart.
        [
            #"{"$addFields": {"s": {"$sum": "$items.q"}, "copy": "$items"}}"#,
            #"{"$group": {"_id": {"$type": "$copy"}, "all": {"$push": "$copy"}, "s": {"$sum": "$s"}}}"#,
        ],
        [
            #"{"$addFields": {"x": {"$cond": [{"$gt": ["$n", 100000]}, {"$map": {"input": "$items", "in": "$$this.q"}}, "$items"]}}}"#,
            #"{"$group": {"_id": {"$type": "$x"}, "n": {"$sum": 1}}}"#,
        ],
        // Arrays that only the rows have which a filter let pass, read for each element of others.
        [
            #"{"$match": {"b": true}}"#, #"{"$addFields": {"arr": {"$setUnion": ["$nums", [1]]}}}"#,
            #"{"$addFields": {"x": {"$map": {"input": "$items", "as": "i", "in": {"$sum": {"$map": {"input": "$arr", "as": "v", "in": {"$cond": [{"$isNumber": "$$v"}, {"$multiply": ["$$v", {"$strLenCP": {"$toString": "$$i.sku"}}]}, 0]}}}}}}}}"#,
            #"{"$group": {"_id": "$k", "s": {"$push": {"$sum": "$x"}}}}"#,
        ],
        [
            #"{"$match": {"n": {"$gt": 3}}}"#, #"{"$addFields": {"arr": {"$concatArrays": ["$nums", [5]]}}}"#,
            #"{"$unwind": "$items"}"#,
            #"{"$group": {"_id": "$items.sku", "s": {"$push": {"$size": {"$filter": {"input": "$arr", "as": "v", "cond": {"$gt": ["$$v", "$items.q"]}}}}}}}"#,
        ],
        [
            #"{"$addFields": {"c": {"$size": {"$filter": {"input": "$items", "as": "i", "cond": {"$gt": ["$$i.q", 1]}}}}}}"#,
            #"{"$match": {"b": true}}"#, #"{"$addFields": {"arr": {"$concatArrays": ["$more", "$more"]}}}"#,
            #"{"$group": {"_id": "$k", "s": {"$push": {"$size": {"$filter": {"input": "$items", "as": "i", "cond": {"$gt": [{"$sum": "$arr.q"}, "$$i.q"]}}}}}}}"#,
        ],
        // The same array taken apart in different ways.
        [
            #"{"$addFields": {"x": {"$filter": {"input": "$items", "as": "i", "cond": {"$gt": ["$$i.q", 1]}}}}}"#,
            #"{"$match": {"x.0": {"$exists": true}, "items.q": {"$gte": 2}}}"#,
            #"{"$addFields": {"y": "$x.q", "z": {"$map": {"input": "$x", "as": "i", "in": {"$ifNull": ["$$i.p", 0]}}}}}"#,
            #"{"$unwind": "$x"}"#,
            #"{"$group": {"_id": "$x.sku", "n": {"$sum": {"$size": "$y"}}, "m": {"$push": {"$size": "$z"}}, "q": {"$sum": "$x.q"}, "r": {"$push": "$items.q"}}}"#,
        ],
        [
            #"{"$unwind": "$items"}"#, #"{"$unwind": "$items.tags"}"#,
            #"{"$group": {"_id": {"t": "$items.tags", "k": "$k"}, "q": {"$sum": "$items.q"}}}"#,
        ],
        [#"{"$unwind": "$nest"}"#, #"{"$unwind": "$nest"}"#, #"{"$group": {"_id": "$nest", "n": {"$sum": 1}}}"#],
        [
            #"{"$unwind": "$items"}"#, #"{"$unwind": "$more"}"#, #"{"$match": {"items.q": {"$gt": 1}}}"#,
            #"{"$group": {"_id": ["$more.q"], "n": {"$sum": "$more.q"}}}"#,
        ],
        // An array's name twice.
        [
            #"{"$addFields": {"items": {"$filter": {"input": "$items", "as": "i", "cond": {"$eq": ["$$i.q", 3]}}}}}"#,
            #"{"$addFields": {"items": {"$map": {"input": "$items", "as": "i", "in": "$$i.nothing"}}}}"#,
            #"{"$unwind": "$items"}"#,
            #"{"$group": {"_id": "$items", "n": {"$sum": 1}}}"#,
        ],
        // Operands that only some rows may be asked for.
        [
            #"{"$match": {"n": {"$ne": 0}}}"#,
            #"{"$group": {"_id": {"$cond": [{"$and": [{"$isNumber": "$n"}, {"$ne": ["$n", 0]}, {"$gt": [{"$divide": [10, "$n"]}, 2]}]}, "x", "y"]}, "n": {"$sum": 1}}}"#,
        ],
        [
            #"{"$group": {"_id": "$k", "x": {"$max": {"$switch": {"branches": [{"case": {"$eq": ["$n", 0]}, "then": 0}, {"case": {"$ne": ["$n", 0]}, "then": {"$divide": [1, "$n"]}}]}}}}}"#
        ],
        [
            #"{"$match": {"$expr": {"$and": [{"$isNumber": "$n"}, {"$gt": ["$n", 0]}, {"$gt": [{"$mod": [7, "$n"]}, 1]}]}}}"#,
            #"{"$group": {"_id": "$n", "x": {"$avg": {"$divide": [100, "$n"]}}}}"#,
        ],
        // Errors, and which of them.
        [#"{"$group": {"_id": "$k", "x": {"$max": {"$divide": [1, "$n"]}}}}"#],
        [#"{"$group": {"_id": "$k", "x": {"$mergeObjects": "$w"}, "y": {"$mergeObjects": "$k"}}}"#],
        [
            #"{"$group": {"_id": null, "x": {"$mergeObjects": {"$cond": [{"$eq": ["$n", 3]}, "$n", null]}}, "y": {"$mergeObjects": {"$cond": [{"$eq": ["$n", 4]}, "$k", null]}}}}"#
        ],
        [#"{"$group": {"_id": {"$toInt": "$s"}, "x": {"$mergeObjects": "$w"}}}"#],
        [#"{"$match": {"$expr": {"$divide": [1, "$n"]}}}"#, #"{"$group": {"_id": 1}}"#],
        [#"{"$unwind": "$items"}"#, #"{"$group": {"_id": {"$year": "$items.sku"}}}"#],
        [#"{"$group": {"_id": {"$size": "$items"}, "n": {"$sum": 1}}}"#],
        [#"{"$group": {"_id": {"$dayOfWeek": {"date": "$t", "timezone": "Nowhere/Else"}}, "n": {"$sum": 1}}}"#],
        // Nothing at all.
        [#"{"$match": {"k": "nowhere"}}"#, #"{"$unwind": "$items"}"#, #"{"$group": {"_id": {"$divide": [1, 0]}}}"#],
        [
            #"{"$match": {"missing": 1}}"#,
            #"{"$group": {"_id": {"$year": {"date": "$t", "timezone": "Nowhere/Else"}}}}"#,
        ],
        // Sorted first.
        [
            #"{"$sort": {"m": -1, "n": 1}}"#,
            #"{"$group": {"_id": "$k", "a": {"$first": "$m"}, "b": {"$last": "$items"}, "c": {"$push": "$n"}}}"#,
        ],
        [
            #"{"$match": {"n": {"$gt": 2}}}"#, #"{"$sort": {"t": 1}}"#, #"{"$limit": 700}"#,
            #"{"$project": {"items": 0}}"#,
        ],
        [
            #"{"$unwind": "$items"}"#, #"{"$sort": {"items.q": -1, "t": 1}}"#,
            #"{"$group": {"_id": "$items.sku", "d": {"$first": "$items"}}}"#,
        ],
    ]

    private static let inner = [
        // Pipelines within others, run again and again with other variables.
        [
            #"{"$match": {"_id": {"$lt": 5}}}"#,
            #"{"$lookup": {"from": "c", "let": {"n": "$n"}, "pipeline": [{"$match": {"$expr": {"$gt": ["$n", "$$n"]}}}, {"$group": {"_id": "$k", "s": {"$sum": {"$sum": "$items.q"}}}}], "as": "x"}}"#,
        ],
        [
            #"{"$match": {"_id": {"$lt": 5}}}"#,
            #"{"$lookup": {"from": "c", "let": {"n": "$n"}, "pipeline": [{"$unwind": "$items"}, {"$group": {"_id": {"k": "$k", "b": "$b"}, "s": {"$sum": {"$multiply": ["$items.q", "$$n"]}}}}], "as": "x"}}"#,
        ],
        [
            #"{"$match": {"_id": {"$lt": 5}}}"#,
            #"{"$lookup": {"from": "c", "pipeline": [{"$group": {"_id": "$k", "s": {"$max": "$t"}}}], "as": "x"}}"#,
        ],
        [
            #"{"$group": {"_id": "$k", "s": {"$sum": "$l"}}}"#,
            #"{"$unionWith": {"coll": "c", "pipeline": [{"$unwind": "$more"}, {"$group": {"_id": "$more.sku", "s": {"$sum": "$more.q"}}}]}}"#,
        ],
        [
            #"{"$match": {"b": true}}"#,
            #"{"$facet": {"a": [{"$group": {"_id": "$k", "s": {"$sum": "$l"}}}], "b": [{"$sort": {"m": 1}}, {"$group": {"_id": "$e.a", "s": {"$first": "$m"}}}]}}"#,
        ],
    ]

    @Test("Pipelines that need care", arguments: RandomShop.Mood.allCases)
    func chosenPipelines(_ mood: RandomShop.Mood) throws {
        var shop = RandomShop(seed: 41)
        try withEngine { engine in
            try Self.fill(engine, shop.orders(1300, moods: [mood]))
            for stages in Self.chosen + Self.inner { try Self.expectSame(engine, stages, "\(mood)") }
        }
    }

    // MARK: Sorting

    /// What there is to sort by can be compared by the definition of the order, which no other test does.
    @Test("Many rows in order, in one part and in two", arguments: [6_000, 12_000])
    func order(_ count: Int) throws {
        var shop = RandomShop(seed: 71)
        try withEngine { engine in
            let documents = (0..<count).map { id in
                var key = shop.anything(0)
                if shop.chance(30) { key = shop.number() }
                if shop.chance(30) { key = .double(Double(shop.below(1000)) / 8) }
                return Document([
                    ("_id", .int32(Int32(id))), ("a", key), ("b", .int32(Int32(shop.below(40)))),
                    ("c", .string("filling \(id % 9)")),
                    ("d", shop.date()), ("e", .decimal(shop.price())),
                    ("f", .string(shop.pick(["", "a", "ab", "abcdefgh", "abcdefghi", "é"]))),
                ])
            }
            for start in stride(from: 0, to: count, by: 3000) {
                try engine.insert(Array(documents[start..<min(start + 3000, count)]))
            }
            let size = try #require(engine.run(["collStats": "c"])["size"]?.integerValue)
            #expect((size >= 1 << 20) == (count > 6000))
            for (fields, limit) in [
                (["a"], 0), (["d", "-a"], 0), (["-b", "f"], 0), (["e"], 0), (["-f", "e"], 5000), (["-a", "b"], 300),
            ] {
                let keys = fields.map { (name: String($0.drop { $0 == "-" }), sign: $0.hasPrefix("-") ? -1 : 1) }
                let values = documents.map { document in keys.map { document[$0.name] ?? .null } }
                let order = documents.indices.sorted { a, b in
                    for k in keys.indices {
                        let order =
                            values[a][k].withValue { a in values[b][k].withValue { a.compare($0) } } * keys[k].sign
                        if order != 0 { return order < 0 }
                    }
                    return a < b
                }
                let expected = order.prefix(limit == 0 ? count : limit).map { BSONValue.int32(Int32($0)) }
                let pattern = BSONValue.document(Document(keys.map { ($0.name, .int32(Int32($0.sign))) }))
                let found = try engine.all([
                    "find": "c", "sort": pattern, "limit": .int64(Int64(limit)), "projection": ["_id": 1],
                ])
                #expect(found.map { $0["_id"] } == expected, "find by \(fields)")
                var stages: [Document] = [["$sort": pattern], ["$limit": .int64(Int64(limit == 0 ? count : limit))]]
                stages.append(["$group": ["_id": .null, "ids": ["$push": "$_id"]]])
                let grouped = try engine.all([
                    "aggregate": "c", "pipeline": .array(BSONArray(documents: stages)), "cursor": [:],
                ])
                #expect(grouped.first?["ids"]?.arrayValue == expected, "$sort by \(fields)")
            }
        }
    }

    // MARK: Writes

    private static let sums = [
        #"{"$match": {"n": {"$gte": 0}}}"#,
        #"{"$group": {"_id": "$k", "n": {"$sum": "$n"}, "q": {"$sum": {"$sum": "$items.q"}}, "c": {"$sum": 1}}}"#,
        #"{"$sort": {"_id": 1}}"#,
    ]

    @Test("Writes are seen at once")
    func writes() throws {
        var shop = RandomShop(seed: 51)
        try withEngine { engine in
            try engine.insert(shop.orders(1600, moods: [.regular]))
            let pipeline = try Self.parsed(Self.sums)
            var before = engine.outcome(pipeline)
            var changes: [Document] = [
                [
                    "insert": "c",
                    "documents": .array(BSONArray(documents: shop.orders(3, from: 5000, moods: [.regular]))),
                ],
                ["update": "c", "updates": [["q": ["_id": 700], "u": ["$set": ["n": 1_000_000]]]]],
                [
                    "update": "c",
                    "updates": [
                        [
                            "q": ["_id": 701],
                            "u": ["$set": ["n": 500_000, "items": ["no", "array", "of", "documents"]]],
                        ]
                    ],
                ],
                ["update": "c", "updates": [["q": ["k": "north"], "u": ["$inc": ["n": 1000]], "multi": true]]],
                [
                    "update": "c",
                    "updates": [
                        [
                            "q": ["_id": 3],
                            "u": ["$set": ["n": 5, "text": .string(String(repeating: "x", count: 100_000))]],
                        ]
                    ],
                ],
                ["delete": "c", "deletes": [["q": ["_id": ["$gte": 600, "$lt": 1200]], "limit": 0]]],
                ["findAndModify": "c", "query": ["_id": 5], "update": ["k": "alone", "n": 77]],
                ["drop": "c"],
            ]
            changes.append([
                "insert": "c", "documents": .array(BSONArray(documents: shop.orders(700, moods: [.regular]))),
            ])
            for change in changes {
                // Columns are kept by now.
                for _ in 0..<3 { #expect(engine.outcome(pipeline) == before) }
                try engine.run(change)
                let after = engine.outcome(pipeline)
                #expect(after != before, "\(change.firstKey ?? "")")
                #expect(after == engine.outcome(pipeline, rowByRow: true), "\(change.firstKey ?? "")")
                before = after
            }
        }
    }

    // MARK: Threads

    @Test("Queries at the same time on the same columns", arguments: [nil, 300_000] as [Int?])
    func atTheSameTime(_ columnMemory: Int?) throws {
        var shop = RandomShop(seed: 61, isGentle: true)
        var pipelines = RandomPipelines(seed: 61, isGentle: true)
        try withEngine(columnMemory: columnMemory) { engine in
            try Self.fill(engine, shop.orders(3300, moods: [.regular, .regular, .sparse]), isDivided: true)
            let some = try (0..<8).map { _ in try Self.parsed(pipelines.pipeline()) }
            let expected = some.map { engine.outcome($0, rowByRow: true) }
            let differences = Mutex<[String]>([])
            let threads = try (0..<4).map { thread in
                try PosixThread {
                    var random = SeededRandom(seed: UInt64(thread))
                    for step in 0..<10 * Self.rounds {
                        // One thread commits now and then, and all begin anew.
                        if thread == 0 && step % 6 == 5 { try? engine.commitElsewhere() }
                        let index = random.index(below: some.count)
                        let outcome = engine.outcome(some[index])
                        if case .failure = outcome, case .failure = expected[index] { continue }
                        if outcome == expected[index] { continue }
                        let text = some[index].map { $0.extendedJSON() }.joined(separator: ", ")
                        differences.withLock { $0.append("[\(text)]\n\(expected[index])\n\(outcome)") }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(differences.withLock { $0 } == [])
        }
    }

    // MARK: Size

    @Test("Documents of megabytes, arrays of a hundred thousand elements")
    func largeDocuments() throws {
        try withEngine { engine in
            let text = String(repeating: "long", count: 750_000)
            let numbers = BSONArray((0..<100_000).map { .int32(Int32($0 % 1000)) })
            let lines = BSONArray((0..<20_000).map { ["q": .int32(Int32($0 % 10)), "sku": .string("P\($0 % 7)")] })
            for id in 0..<8 {
                try engine.insert([
                    [
                        "_id": .int32(Int32(id)), "k": .string(id % 2 == 0 ? "a" : "b"),
                        "text": .string(id % 3 == 0 ? text : ""), "nums": .array(id % 4 == 1 ? numbers : [1, 2]),
                        "items": .array(id % 4 == 2 ? lines : [["q": 3, "sku": "P1"]]),
                    ]
                ])
            }
            for stages in [
                [
                    #"{"$group": {"_id": "$k", "n": {"$sum": {"$sum": "$nums"}}, "q": {"$sum": {"$sum": "$items.q"}}, "t": {"$sum": {"$strLenCP": "$text"}}}}"#
                ],
                [
                    #"{"$unwind": "$nums"}"#,
                    #"{"$group": {"_id": {"$mod": ["$nums", 3]}, "n": {"$sum": "$nums"}, "c": {"$sum": 1}}}"#,
                ],
                [
                    #"{"$unwind": "$items"}"#, #"{"$match": {"items.q": {"$gt": 4}}}"#,
                    #"{"$group": {"_id": "$items.sku", "n": {"$sum": "$items.q"}, "t": {"$max": "$text"}}}"#,
                ],
                [
                    #"{"$addFields": {"x": {"$filter": {"input": "$items", "as": "i", "cond": {"$gt": ["$$i.q", 5]}}}}}"#,
                    #"{"$group": {"_id": "$k", "n": {"$sum": {"$size": "$x"}}, "s": {"$sum": {"$sum": {"$map": {"input": "$x", "as": "i", "in": {"$multiply": ["$$i.q", 2]}}}}}}}"#,
                ],
            ] { try Self.expectSame(engine, stages) }
        }
    }

    @Test("Two arrays multiplied take no more memory than one by one")
    func products() throws {
        try withEngine { engine in
            let numbers = BSONArray((0..<300).map { .int32(Int32($0 % 7)) })
            try engine.insert(
                (0..<100).map { ["_id": .int32($0), "a": .array(numbers), "b": .array($0 % 10 == 0 ? numbers : [1])] })
            try Self.expectSame(
                engine,
                [#"{"$unwind": "$a"}"#, #"{"$unwind": "$b"}"#, #"{"$group": {"_id": "$a", "n": {"$sum": "$b"}}}"#],
                runs: 3)
        }
    }
}
