import BSON
import Deployment
import Engine
import Glibc
import Testing

/// Sorts and groups that hold more than they may in memory.
@Suite struct SpillTests {
    /// Runs the body on a store with 8,000 documents of about 1 kB whose blocking stages have little memory.
    private func withStore(memory: Int, _ body: (Engine) throws -> Void) throws {
        var template = Array("/tmp/atelier-spill-test-XXXXXX".utf8CString)
        let directory = String(cString: mkdtemp(&template))
        var options = EngineOptions(relaxedDurability: true)
        options.blockingMemory = memory
        let engine = try Engine(path: "\(directory)/test.store", options: options)
        defer {
            engine.close()
            for name in ["test.store", "test.store-lock"] { unlink("\(directory)/\(name)") }
            // Fails where a temporary file was left behind.
            #expect(rmdir(directory) == 0)
        }
        let filler = String(repeating: "x", count: 1000)
        try engine.insert(
            (0..<8000).map {
                ["_id": .integer($0), "n": .integer($0 * 7919 % 8000), "text": .string("\(filler)\($0)")]
            })
        try body(engine)
    }

    private static let pipelines: [[Document]] = [
        [
            ["$addFields": ["m": ["$mod": ["$n", 1000]], "text": ["$concat": ["$text", "."]]]],
            ["$sort": ["m": 1, "_id": -1]],
            ["$project": ["m": 1]],
        ],
        [
            ["$group": ["_id": "$text", "n": ["$push": "$n"], "last": ["$max": "$$ROOT"]]],
            ["$sort": ["n": -1]], ["$project": ["n": 1, "last._id": 1]],
        ],
        [
            ["$group": ["_id": ["$mod": ["$n", 5]], "texts": ["$addToSet": "$text"]]], ["$sort": ["_id": 1]],
            ["$project": ["count": ["$size": "$texts"]]],
        ],
    ]

    private func command(_ pipeline: [Document], allowDiskUse: Bool? = nil) -> Document {
        var command: [(String, BSONValue)] = [
            ("aggregate", "c"), ("pipeline", .array(BSONArray(documents: pipeline))), ("cursor", .document([:])),
        ]
        if let allowDiskUse { command.append(("allowDiskUse", .bool(allowDiskUse))) }
        return Document(command)
    }

    @Test func whatSpillsComesOutTheSame() throws {
        try withStore(memory: 1 << 30) { roomy in
            try withStore(memory: 1 << 20) { narrow in
                for pipeline in SpillTests.pipelines {
                    let expected = try roomy.all(command(pipeline, allowDiskUse: false))
                    #expect(expected.count >= 5)
                    #expect(try narrow.all(command(pipeline)) == expected)
                    #expect(try narrow.all(command(pipeline, allowDiskUse: true)) == expected)
                }
            }
        }
    }

    @Test func withoutTheDiskItIsAnError() throws {
        try withStore(memory: 1 << 20) { engine in
            for pipeline in SpillTests.pipelines {
                let error = #expect(throws: AtelierError.self) {
                    try engine.run(command(pipeline, allowDiskUse: false))
                }
                #expect(error?.code == .queryExceededMemory)
            }
            // What fits is none of the limit's business.
            let top: [Document] = [["$addFields": ["m": 1]], ["$sort": ["n": -1]], ["$limit": 3]]
            let rows = try engine.all(command(top, allowDiskUse: false))
            #expect(rows.map { $0["n"] } == [7999, 7998, 7997])
        }
    }
}
