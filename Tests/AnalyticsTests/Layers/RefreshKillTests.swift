import BSON
import DocumentStore
import Glibc
import Retail
import TestSupport
import Testing

@testable import Analytics

/// Refreshes by the program itself, killed at random moments.
@Suite struct RefreshKillTests {
    /// The program, built beside the tests.
    private static let program: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/atelier"
    }()

    /// Runs `atelier refresh --full` and kills it after so many microseconds; its exit status, or nil where it was killed.
    private func refresh(_ store: String, killAfter delay: UInt32?) throws -> Int32? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        let arguments = ["refresh", "--full", "--store", store]
        var argv: [UnsafeMutablePointer<CChar>?] = ([RefreshKillTests.program] + arguments).map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var child = pid_t()
        let status = posix_spawn(&child, RefreshKillTests.program, &actions, nil, &argv, environ)
        try #require(status == 0, "cannot start \(RefreshKillTests.program): \(String(cString: strerror(status)))")
        if let delay {
            usleep(delay)
            kill(child, SIGKILL)
        }
        var result: Int32 = 0
        while waitpid(child, &result, 0) < 0 && errno == EINTR {}
        return result & 0x7F == 0 ? result >> 8 & 0xFF : nil
    }

    @Test func aRefreshThatIsKilledLeavesAllOldRowsOrAllNewOnes() throws {
        let path = TemporaryFile.folder() + "/killed.store"
        let names = ["revenue-by-month", "top-customers", "revenue-by-country"]
        let catalog = try AggregationCatalog(directories: [CatalogTests.shipped])
        let wanted = try names.map { try catalog.aggregation(named: $0) }
        let store = try Store(path, options: StoreOptions(relaxedDurability: true))
        defer { store.close() }
        try Generator(GeneratorOptions(orders: 200, seed: 5)).forEachBatch { name, documents in
            try store.database.collection(name).insert(documents).orThrow()
        }
        func kept(_ aggregation: SavedAggregation) throws -> [String] {
            try store.database.collection(aggregation.goldName).find().all().map {
                $0.removing("_id").removing(Refresher.timeField).extendedJSON(.canonical)
            }.sorted()
        }
        func computed(_ aggregation: SavedAggregation) throws -> [String] {
            try aggregation.run(aggregation.arguments(), on: store.database).rows.all().map {
                $0.extendedJSON(.canonical)
            }.sorted()
        }
        #expect(try refresh(path, killAfter: nil) == 0)
        var before = try wanted.map(computed)
        #expect(try wanted.map(kept) == before)
        var kills = 0
        for round in 0..<12 {
            try store.database.collection("orders").updateMany(
                ["kind": "sale"], ["$set": ["items.0.quantity": .integer(round + 2)]]
            ).orThrow()
            let after = try wanted.map(computed)
            if try refresh(path, killAfter: UInt32.random(in: 20_000...250_000)) == nil { kills += 1 }
            for (index, aggregation) in wanted.enumerated() {
                let rows = try kept(aggregation)
                #expect(rows == before[index] || rows == after[index], "\(aggregation.name), round \(round)")
            }
            #expect(try refresh(path, killAfter: nil) == 0)
            before = after
            #expect(try wanted.map(kept) == before)
        }
        #expect(kills > 0)
    }
}
