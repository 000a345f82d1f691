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

    /// Starts `serve` on a store of this folder and waits for its first line.
    private func serve(_ store: String) throws -> (process: pid_t, uri: String) {
        let output = folder.path + "/\(store).output"
        let process = try Atelier.start(
            ["serve", "--listen", "127.0.0.1:0", "--store", store], in: folder, output: .file(output),
            errors: folder.path + "/\(store).errors")
        for _ in 0..<600 {
            if let uri = try? Atelier.contents(output), uri.hasSuffix("\n") { return (process, String(uri.dropLast())) }
            usleep(50_000)
        }
        return (process, "")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func servingSaysWhereAndEndsCleanly(number: Int32) throws {
        let (process, uri) = try serve("shop.store")
        #expect(uri.hasPrefix("mongodb://127.0.0.1:") && uri.hasSuffix("/"), "\(uri)")
        kill(process, number)
        #expect(Atelier.wait(for: process) == 0)
        #expect(try Atelier.contents(folder.path + "/shop.store.output") == uri + "\n")
    }

    /// The same commands on the same data, in process and through the driver.
    @Test func answersAreTheSameThroughAServer() throws {
        let generated = try Atelier.run(["generate", "--orders", "100", "--store", "shop.store"], in: folder)
        #expect(generated.status == 0, "\(generated.errors)")
        let (process, uri) = try serve("shop.store")
        defer {
            kill(process, SIGTERM)
            #expect(Atelier.wait(for: process) == 0)
        }
        for arguments in [
            ["run", "revenue-by-month"], ["run", "top-products", "--param", "limit=3"], ["run", "orders-by-status"],
            ["find", "orders", "--sort", #"{"_id": 1}"#, "--limit", "3"],
            ["export", "customers", "--sort", #"{"_id": 1}"#],
            ["stats"], ["explain", "orders", "--filter", #"{"status": "shipped"}"#],
        ] {
            let embedded = try Atelier.run(arguments + ["--store", "shop.store"], in: folder)
            let served = try Atelier.run(arguments + ["--store", uri], in: folder)
            #expect(embedded.status == 0 && served.status == 0, "\(arguments) \(served.errors)")
            #expect(served.output == embedded.output, "\(arguments)")
        }
        let misspelt = try Atelier.run(["find", "order", "--store", uri], in: folder)
        #expect(misspelt.errors == "atelier find: there is no collection order\n  Did you mean orders?\n")
    }

    @Test func servingOthersThanThisMachineIsRefused() throws {
        let outcome = try Atelier.run(["serve", "--listen", "0.0.0.0:0", "--store", "shop.store"], in: folder)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("authentication"))
        #expect(outcome.output == "")
    }
}
