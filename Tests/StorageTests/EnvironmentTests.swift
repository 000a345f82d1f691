import BSON
import Glibc
import Platform
import Storage
import StorageWorkload
import Testing

@Suite struct EnvironmentTests {
    private func fill(_ environment: StorageEnvironment, _ count: Int = 500) throws {
        try environment.write { transaction in
            let collection = try transaction.createCollection(orders)
            try transaction.createIndex(IndexDefinition(name: "n_1", keyPattern: ["n": 1]), on: collection)
            let entry = try transaction.entry(orders)
            for number in 0..<count {
                try transaction.insert(
                    [
                        "_id": .integer(number), "n": .integer(number % 7),
                        "text": .string(String(repeating: "t", count: number * 3)),
                    ], into: entry)
            }
        }
    }

    // MARK: Opening

    @Test func aStoreIsOneFileThatOnlyItsOwnerMayRead() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        for path in [store.path, store.path + "-lock"] {
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_mode & S_IFMT == S_IFREG)
        }
        let statistics = try environment.statistics()
        #expect(statistics.pageSize == 4096 && statistics.mapSize >= 1 << 30 && statistics.maximumReaders == 1024)
    }

    @Test func whatIsNoStoreIsRefusedAndLeftAsItIs() throws {
        let store = TemporaryStore()
        func refusal(_ path: String, readOnly: Bool = false) -> AtelierError? {
            #expect(throws: AtelierError.self, "\(path)") {
                try StorageEnvironment(path: path, options: StorageOptions(isReadOnly: readOnly))
            }
        }
        let text = Array(String(repeating: "Dear diary, today nothing happened. ", count: 500).utf8)
        write(text, to: store.path)
        let error = refusal(store.path)
        #expect(error?.code == .fileOpenFailed && error?.message == "cannot open the store: this file is not a store")
        #expect(error?.location == store.path && error?.advice != nil)
        #expect(read(store.path) == text && access(store.path + "-lock", F_OK) != 0)
        // A few bytes of anything.
        write([1, 2, 3], to: store.directory + "/short")
        #expect(refusal(store.directory + "/short")?.message == "cannot open the store: this file is not a store")
        #expect(refusal(store.directory)?.message == "cannot open the store: this is a directory, not a store")
        symlink(store.directory + "/nothing", store.directory + "/dangling")
        #expect(
            refusal(store.directory + "/dangling")?.message.contains("symbolic link to a file that does not exist")
                == true)
        #expect(refusal("/dev/null")?.message == "cannot open the store: this is not a regular file")
        #expect(refusal("")?.message.contains("the path is empty") == true)
        let missing = refusal(store.directory + "/none/test.store")
        #expect(missing?.message == "cannot open the store: its directory does not exist")
        #expect(
            refusal(store.directory + "/new", readOnly: true)?.message == "cannot open the store: there is no such file"
        )
        #expect(refusal(store.path + "/inside")?.code == .fileOpenFailed)
    }

    @Test func missingPermissionIsSaid() throws {
        let store = TemporaryStore()
        try store.open().close()
        chmod(store.directory, 0o755)
        // Root may open everything: somebody else must try.
        let isRoot = geteuid() == 0
        if !isRoot { chmod(store.path, 0) }
        let child = ChildProcess(["check", store.path, isRoot ? "65534" : "\(geteuid())"])
        let lines = child.lines()
        #expect(child.wait() == 1)
        #expect(lines.first == "failed: \(store.path): cannot open the store: permission denied", "\(lines)")
    }

    @Test func anotherProgramsLMDBFileIsRefused() throws {
        let store = TemporaryStore()
        try store.open().close()
        // The name of the database that LMDB lists first.
        var bytes = read(store.path)
        while let position = bytes.firstRange(of: Array("counters".utf8))?.lowerBound {
            bytes[position] = UInt8(ascii: "C")
        }
        while let position = bytes.firstRange(of: Array("catalog".utf8))?.lowerBound {
            bytes[position] = UInt8(ascii: "K")
        }
        write(bytes, to: store.path)
        let error = #expect(throws: AtelierError.self) { try store.open() }
        #expect(error?.message == "cannot open the store: this LMDB file was not made by Atelier")
        #expect(read(store.path) == bytes)
    }

    @Test func aStoreOfANewerFormatIsRefused() throws {
        let store = TemporaryStore()
        try store.open().close()
        var bytes = read(store.path)
        let field = [0x12] + Array("format".utf8) + [0, 2, 0, 0, 0, 0, 0, 0, 0]
        var found = 0
        while let range = bytes.firstRange(of: field) {
            bytes[range.lowerBound + 8] = 3
            found += 1
        }
        #expect(found > 0)
        write(bytes, to: store.path)
        let error = #expect(throws: AtelierError.self) { try store.open() }
        #expect(error?.code.rawValue == 12)
        #expect(error?.message == "cannot open the store: it has format 3, this program knows formats up to 2")
    }

    @Test func aFileThatHasBeenCutIsRefused() throws {
        var random = SeededRandom.announced()
        let store = TemporaryStore()
        let environment = try store.open()
        try fill(environment)
        environment.close()
        let whole = read(store.path)
        for _ in 0..<40 {
            let length = 8192 + random.below(whole.count - 8192 - 4096)
            write(Array(whole[..<length]), to: store.path)
            let error = #expect(throws: AtelierError.self, "\(length) of \(whole.count) bytes") { try store.open() }
            #expect(error?.message.contains("damaged") == true)
            #expect(read(store.path).count == length)
        }
        write(whole, to: store.path)
        #expect(try store.open().check().isSound)
    }

    // MARK: Sharing

    @Test func aFileOpenedTwiceIsOneStore() throws {
        let store = TemporaryStore()
        let first = try store.open()
        let link = store.directory + "/link"
        symlink(store.path, link)
        let second = try StorageEnvironment(path: link, options: StorageOptions(durability: .synced))
        let third = try StorageEnvironment(path: store.path, options: StorageOptions(isReadOnly: true))
        #expect(second.path == first.path)
        try first.write { try $0.createCollection(orders) }
        let snapshot = try second.snapshot()
        first.close()
        first.close()
        #expect(throws: AtelierError.self) { try first.snapshot() }
        try second.write { try $0.insert(["_id": 1], into: $0.entry(orders)) }
        #expect(try third.read { try $0.count($0.entry(orders)) } == 1)
        let refused = #expect(throws: AtelierError.self) {
            try third.write { try $0.createCollection(Namespace("a", "b")) }
        }
        #expect(refused?.code == .illegalOperation)
        second.close()
        third.close()
        // The file stays open as long as the snapshot, and can be opened anew beside it.
        #expect(try snapshot.count(snapshot.entry(orders)) == 0)
        let fourth = try store.open()
        try fourth.write { try $0.insert(["_id": 2], into: $0.entry(orders)) }
        #expect(try snapshot.count(snapshot.entry(orders)) == 0)
        snapshot.close()
        snapshot.close()
        #expect(try fourth.read { try $0.count($0.entry(orders)) } == 2)
        fourth.close()
    }

    @Test func hardLinksAreRefused() throws {
        let store = TemporaryStore()
        try store.open().close()
        link(store.path, store.directory + "/other")
        let error = #expect(throws: AtelierError.self) { try store.open() }
        #expect(error?.message.contains("hard links") == true)
        unlink(store.directory + "/other")
        try store.open().close()
    }

    @Test func aReadOnlyStoreCanBeRead() throws {
        let store = TemporaryStore()
        let writer = try store.open()
        try fill(writer, 10)
        writer.close()
        let reader = try store.open(StorageOptions(isReadOnly: true))
        #expect(try reader.read { try $0.count($0.entry(orders)) } == 10)
        let error = #expect(throws: AtelierError.self) { try store.open() }
        #expect(error?.code == 41)
        reader.close()
        try store.open().close()
    }

    @Test func manyThreadsMayOpenAndCloseAtOnce() throws {
        let store = TemporaryStore()
        let path = store.path
        try runThreads(8) { thread in
            for round in 0..<20 {
                let environment = try StorageEnvironment(path: path, options: StorageOptions(durability: .relaxed))
                try environment.write { try $0.createCollection(Namespace("t\(thread)", "c\(round)")) }
                environment.close()
            }
        }
        let environment = try store.open()
        defer { environment.close() }
        #expect(try environment.read { $0.catalog.collections.count } == 160)
        #expect(try environment.check().isSound)
    }

    // MARK: Copies

    @Test(arguments: [false, true]) func aCopyIsAStoreOfItsOwn(compact: Bool) throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        try fill(environment)
        try environment.write { transaction in
            let collection = try transaction.entry(orders)
            for id in 1...400 { try transaction.delete(RecordId(id), from: collection) }
        }
        let target = store.directory + "/copy.store"
        try environment.copy(to: target, compact: compact)
        let copy = try StorageEnvironment(path: target)
        defer { copy.close() }
        #expect(try copy.check().isSound)
        #expect(
            try copy.read { try $0.documents($0.entry(orders)) }
                == environment.read { try $0.documents($0.entry(orders)) })
        let (before, after) = (try environment.statistics(), try copy.statistics())
        #expect(before.freePages > 0)
        if compact { #expect(after.freePages == 0 && after.fileSize < before.fileSize) }
        let error = #expect(throws: AtelierError.self) { try environment.copy(to: target) }
        #expect(error?.message == "cannot write a copy of the store: the file exists already")
    }
}
