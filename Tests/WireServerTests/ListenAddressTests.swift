import BSON
import Glibc
import TestSupport
import Testing

@testable import WireServer

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:5", ListenAddress.tcp(host: "127.0.0.1", port: 5)), (":0", .tcp(host: "127.0.0.1", port: 0)),
        ("localhost", .tcp(host: "127.0.0.1", port: 27017)), ("[::1]:9", .tcp(host: "::1", port: 9)),
        ("::1", .tcp(host: "::1", port: 27017)), ("/run/a.sock", .unix(path: "/run/a.sock")),
        ("unix:a.sock", .unix(path: "a.sock")), ("0.0.0.0:1", .tcp(host: "0.0.0.0", port: 1)),
    ])
    func reads(_ text: String, _ address: ListenAddress) throws {
        #expect(try ListenAddress(parsing: text) == address)
    }

    @Test(arguments: ["127.0.0.1:70000", "127.0.0.1:", "127.0.0.1:x", "[::1]x", "127.0.0.1:5/", "a/b"])
    func refusesWhatIsNoAddress(_ text: String) {
        #expect(throws: AtelierError.self) { try ListenAddress(parsing: text) }
    }

    @Test func writesAddressesForClients() {
        #expect(ListenAddress.tcp(host: "127.0.0.1", port: 5).uri == "mongodb://127.0.0.1:5/")
        #expect(ListenAddress.tcp(host: "::1", port: 5).uri == "mongodb://[::1]:5/")
        #expect(ListenAddress.unix(path: "/tmp/a b.sock").uri == "mongodb://%2Ftmp%2Fa%20b.sock/")
    }

    @Test(arguments: ["0.0.0.0", "192.168.1.5", "::", "fe80::1", "128.0.0.1", "::ffff:10.0.0.1"])
    func refusesToBeReachedFromElsewhere(_ host: String) throws {
        let error = #expect(throws: AtelierError.self) {
            _ = try WireServer(deployment: RecordingDeployment(), listen: .tcp(host: host, port: 0))
        }
        #expect(error?.message.contains("authentication") == true)
        #expect(error?.message.contains("SCRAM") == true)
    }

    @Test(arguments: ["example.com", "foo", "127.0.0"])
    func refusesNamesAndWhatIsNoAddress(_ host: String) throws {
        let error = #expect(throws: AtelierError.self) {
            _ = try WireServer(deployment: RecordingDeployment(), listen: .tcp(host: host, port: 0))
        }
        #expect(error?.code == .badValue)
        #expect(error?.message == "cannot listen on '\(host):0': \(host) is no IP address of this machine")
    }

    @Test func aPortInUseIsAClearError() throws {
        let fixture = try Fixture()
        let error = #expect(throws: AtelierError.self) {
            _ = try WireServer(deployment: RecordingDeployment(), listen: fixture.server.address)
        }
        #expect(error?.location == fixture.server.address.description)
        #expect(error?.advice?.contains("port 0") == true)
    }

    @Test func servesOnIPv6() throws {
        do {
            let server = try WireServer(deployment: RecordingDeployment(), listen: .tcp(host: "::1", port: 0))
            #expect(server.address.uri.hasPrefix("mongodb://[::1]:"))
        } catch let error as AtelierError
            where error.message.contains("Address family not supported")
            || error.message.contains("Cannot assign requested address")
        {
            print("skipped: this machine has no IPv6 loopback")
        }
    }

    @Test func servesOnAUnixSocketThatOnlyItsOwnerCanUse() throws {
        let path = "/tmp/atelier-wire-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        let address = ListenAddress.unix(path: path)
        var server: WireServer? = try WireServer(deployment: RecordingDeployment(), listen: address)
        var file = stat()
        #expect(lstat(path, &file) == 0)
        #expect(file.st_mode & 0o777 == 0o600)
        #expect(file.st_mode & S_IFMT == S_IFSOCK)
        #expect(try RawClient(address).run(["ping": 1, "$db": "admin"])?["ok"] == 1.0)
        // Somebody listens there, so nobody else may.
        #expect(throws: AtelierError.self) { _ = try WireServer(deployment: RecordingDeployment(), listen: address) }
        server?.stop()
        server = nil
        #expect(lstat(path, &file) != 0)
    }

    @Test func takesOverADeadServersSocketButNoOrdinaryFile() throws {
        let path = "/tmp/atelier-wire-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        // A socket that was bound and closed leaves its file behind.
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0)
            }
        }
        Glibc.close(descriptor)
        do {
            let server = try WireServer(deployment: RecordingDeployment(), listen: .unix(path: path))
            #expect(try RawClient(server.address).run(["ping": 1, "$db": "admin"])?["ok"] == 1.0)
        }
        let file = fopen(path, "w")
        fclose(file)
        defer { unlink(path) }
        #expect(throws: AtelierError.self) {
            _ = try WireServer(deployment: RecordingDeployment(), listen: .unix(path: path))
        }
        #expect(access(path, F_OK) == 0)
        #expect(throws: AtelierError.self) {
            _ = try WireServer(
                deployment: RecordingDeployment(), listen: .unix(path: String(repeating: "x", count: 200)))
        }
    }
}
