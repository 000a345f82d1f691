import Glibc
import Testing

/// How the program behaves among other processes.
@Suite struct ProcessTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func aReaderThatGoesAwayIsNoError() throws {
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        close(ends[0])
        let errors = folder.path + "/errors"
        let process = try Atelier.start(["list"], in: folder, output: .descriptor(ends[1]), errors: errors)
        close(ends[1])
        #expect(Atelier.wait(for: process) == 0)
        #expect(try Atelier.contents(errors) == "")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func servingSaysWhereAndEndsCleanly(number: Int32) throws {
        let output = folder.path + "/output"
        let process = try Atelier.start(
            ["serve", "--listen", "127.0.0.1:0", "--store", "shop.store"], in: folder, output: .file(output),
            errors: folder.path + "/errors")
        var uri = ""
        for _ in 0..<600 where !uri.hasSuffix("\n") {
            usleep(50_000)
            uri = (try? Atelier.contents(output)) ?? ""
        }
        #expect(uri.hasPrefix("mongodb://127.0.0.1:") && uri.hasSuffix("/\n"), "\(uri)")
        kill(process, number)
        #expect(Atelier.wait(for: process) == 0)
        #expect(try Atelier.contents(output) == uri)
    }

    @Test func servingOthersThanThisMachineIsRefused() throws {
        let outcome = try Atelier.run(["serve", "--listen", "0.0.0.0:0", "--store", "shop.store"], in: folder)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("authentication"))
        #expect(outcome.output == "")
    }
}
