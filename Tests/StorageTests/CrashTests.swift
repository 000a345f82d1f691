import BSON
import Glibc
import Platform
import Storage
import StorageWorkload
import Testing

@Suite(.serialized) struct CrashTests {
    /// Processes that write are killed at random moments, 60 times over on one store. Whatever they acknowledged is
    /// there, what they did not acknowledge is there whole or not at all, and indexes agree with records.
    @Test func acknowledgedWritesSurviveKilledProcesses() throws {
        var random = SeededRandom.announced()
        let seed = random.next()
        let threads = 3
        let store = TemporaryStore()
        for round in 1...60 {
            let durability = round % 2 == 0 ? "synced" : "relaxed"
            let child = ChildProcess(["work", store.path, "\(seed)", "0", "\(threads)", "1000000", durability])
            var acknowledged = Array(repeating: 0, count: threads)
            func note(_ line: String) {
                let words = line.split(separator: " ").compactMap { Int($0) }
                if words.count == 2 {
                    acknowledged[words[0]] = words[1]
                } else {
                    Issue.record("the child says: \(line)")
                }
            }
            // Now and then in the middle of opening, else somewhere among the writes.
            if random.below(8) > 0, let first = child.line() { note(first) }
            usleep(UInt32(random.below(25_000)))
            child.kill()
            for line in child.lines() { note(line) }
            try verify(store, seed: seed, acknowledged, "round \(round)")
        }
    }

    private func verify(_ store: TemporaryStore, seed: UInt64, _ acknowledged: [Int], _ place: String) throws {
        let environment = try store.open()
        defer { environment.close() }
        let report = try environment.check()
        #expect(report.isSound, "\(place): \(report.problems)")
        try environment.read { snapshot in
            guard let collection = snapshot.catalog[Workload.namespace] else {
                #expect(acknowledged.allSatisfy { $0 == 0 }, "\(place): everything is gone")
                return
            }
            var expected: [String: Document] = [:]
            for (thread, last) in acknowledged.enumerated() {
                let steps = try Workload.progress(of: thread, snapshot)
                #expect(steps >= last, "\(place): thread \(thread) acknowledged step \(last), the store has \(steps)")
                var workload = Workload(seed: seed, thread: thread)
                while workload.steps < steps { _ = workload.next() }
                expected.merge(workload.documents) { $1 }
                let scratch = try snapshot.catalog[workload.scratch].map { try snapshot.count($0) } ?? 0
                #expect(scratch == workload.scratchCount, "\(place)")
            }
            let found = try snapshot.documents(collection)
            #expect(found.count == expected.count, "\(place)")
            for document in found {
                #expect(expected[document["_id"]!.stringValue!] == document, "\(place)")
            }
        }
    }

    @Test func severalProcessesWriteOneStore() throws {
        var random = SeededRandom.announced()
        let seed = random.next()
        let store = TemporaryStore()
        // This process has the store open all the while, and sees the others' collections come and go.
        let environment = try store.open()
        defer { environment.close() }
        let children = (0..<3).map {
            ChildProcess(["work", store.path, "\(seed)", "\($0 * 2)", "2", "150", "relaxed"])
        }
        var seen = 0
        var line = children[0].line()
        while line != nil {
            try environment.read { snapshot in
                for collection in snapshot.catalog.collections {
                    let count = try snapshot.count(collection)
                    #expect(try snapshot.documents(collection).count == count)
                    #expect(try snapshot.count(collection.idIndex) == count)
                    seen = max(seen, count)
                }
            }
            line = children[0].line()
        }
        for child in children {
            _ = child.lines()
            #expect(child.wait() == 0)
        }
        #expect(seen > 0)
        try verify(store, seed: seed, Array(repeating: 150, count: 6), "at the end")
    }

    /// A snapshot keeps its pages; that of a killed process must not keep them for ever.
    @Test func snapshotsOfKilledProcessesAreForgotten() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        let id = try environment.write { try $0.insert(["_id": 1, "n": 0], into: $0.createCollection(orders)) }
        let child = ChildProcess(["hold", store.path])
        #expect(child.line() == "held")
        child.kill()
        for number in 0..<2000 {
            try environment.write { try $0.update(id, in: $0.entry(orders), to: ["_id": 1, "n": .integer(number)]) }
        }
        let statistics = try environment.statistics()
        #expect(statistics.usedPages < 50 && statistics.fileSize < 8 << 20, "\(statistics)")
    }

    @Test func aFullDiskFailsTheWriteAndNothingElse() throws {
        let store = TemporaryStore()
        let child = ChildProcess(["fill", store.path, "\(4 << 20)"])
        let lines = child.lines()
        #expect(child.wait() == 0, "\(lines.suffix(3))")
        let batches = lines.compactMap { Int($0) }.last ?? 0
        #expect(batches > 10)
        #expect(lines.suffix(3) == ["error 14031 OutOfDiskSpace", "count \(batches * 10)", "sound true"])
        // Without the limit it goes on.
        let environment = try store.open()
        defer { environment.close() }
        try environment.write { transaction in
            let collection = try transaction.entry(Namespace("full", "documents"))
            #expect(try transaction.count(collection) == batches * 10)
            try transaction.insert(["_id": "one more"], into: collection)
        }
        #expect(try environment.check().isSound)
    }
}
