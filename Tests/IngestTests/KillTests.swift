import BSON
import DocumentStore
import Glibc
import Retail
import TestSupport
import Testing

@testable import Ingest

/// Imports by the program itself, killed at random moments.
@Suite struct KillTests {
    /// The program, built beside the tests.
    private static let program: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/atelier"
    }()

    /// Starts `atelier` and gives its process id.
    private func start(_ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var argv: [UnsafeMutablePointer<CChar>?] = ([KillTests.program] + arguments).map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var child = pid_t()
        let status = posix_spawn(&child, KillTests.program, &actions, nil, &argv, environ)
        try #require(status == 0, "cannot start \(KillTests.program): \(String(cString: strerror(status)))")
        return child
    }

    /// Waits for the process: its exit status, or nil where a signal ended it.
    private func wait(_ child: pid_t) -> Int32? {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
    }

    @Test func anImportThatIsKilledAgainAndAgainEndsAsOneThatWasNot() throws {
        var text = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
        for line in 0..<12_000 {
            let quantity = line % 997 == 0 ? "many" : "\(line % 7 - 1)"
            text += "\(489_000 + line / 9),\(20_000 + line * 7 % 500)A,ITEM \(line % 13),\(quantity),"
            text +=
                "2010-01-\(10 + line % 19) 08:26:00,\(line % 40).25,\(line % 5 == 0 ? "" : "\(12_000 + line / 30)"),UK\n"
        }
        let file = TemporaryFile(text)
        let reference = try TestStore()
        let whole = try OnlineRetailImporter(database: reference.database, catalog: reference.catalog).load(file.path)
        let path = TemporaryFile.folder() + "/killed.store"
        var kills = 0
        for milliseconds: UInt32 in [30, 120, 250, 400, 600, 800, 1000, 1300] {
            let child = try start(["import", "online-retail", file.path, "--store", path])
            usleep(milliseconds * 1000)
            kill(child, SIGKILL)
            if wait(child) == nil { kills += 1 }
        }
        #expect(kills > 0)
        #expect(wait(try start(["import", "online-retail", file.path, "--store", path])) == 0)
        let store = try Store(path)
        defer { store.close() }
        for name in ["raw_online_retail", "rejects", "products", "customers", "orders"] {
            let expected = try reference.collection(name).find([:], sort: ["_id": 1]).all()
            #expect(try store.database.collection(name).find([:], sort: ["_id": 1]).all() == expected, "\(name)")
        }
        let loads = try store.database.collection("loads").find().all()
        #expect(loads.map { $0["_id"] } == [.string(whole.id)])
        #expect(loads.first?["status"] == "done")
    }
}
