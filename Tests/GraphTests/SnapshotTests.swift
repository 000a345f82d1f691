import BSON
import Glibc
import Platform
import Testing

@testable import Graph

@Suite struct SnapshotTests {
    private func temporaryPath() -> String {
        var name = Array("/tmp/atelier-graph-XXXXXX".utf8CString)
        close(mkstemp(&name))
        return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    private func save(_ bytes: [UInt8], _ path: String) throws {
        let file = try #require(fopen(path, "w"))
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    private func load(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    @Test("What is read is what was written", arguments: [0, 50])
    func roundTrip(_ edges: Int) throws {
        let path = temporaryPath()
        defer { unlink(path) }
        let graph = try RandomGraph(seed: 3, types: EdgeType.allCases, edges: edges).graph
        try graph.write(snapshot: path)
        let read = try Graph(snapshot: path)
        #expect((0..<graph.nodes.count).map(graph.nodes.name) == (0..<read.nodes.count).map(read.nodes.name))
        var provenance = graph.provenance
        provenance.freshness = .snapshot
        #expect(read.provenance == provenance)
        for type in EdgeType.allCases {
            for (a, b) in [
                (graph.edges(type).forward, read.edges(type).forward),
                (graph.edges(type).reverse, read.edges(type).reverse),
            ] {
                #expect(Array(a.offsets) == Array(b.offsets) && Array(a.targets) == Array(b.targets))
                #expect(Array(a.weights) == Array(b.weights) && Array(a.times) == Array(b.times))
            }
        }
    }

    @Test func damageIsFoundAndSaid() throws {
        let path = temporaryPath()
        defer { unlink(path) }
        try RandomGraph(seed: 3, types: EdgeType.allCases).graph.write(snapshot: path)
        let bytes = try load(path)
        var random = SeededRandom(seed: 1)
        func refused(_ bytes: [UInt8]) throws {
            try save(bytes, path)
            let error = #expect(throws: AtelierError.self) { try Graph(snapshot: path) }
            #expect(error?.code == .fileOpenFailed && error?.location == path)
        }
        for length in [0, 1, 31, 32, 33, 100, bytes.count / 2, bytes.count - 1] {
            try refused(Array(bytes.prefix(length)))
        }
        try refused(bytes + [0])
        for _ in 0..<200 {
            var changed = bytes
            changed[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            try refused(changed)
        }
        try refused(Array("{\"this\": \"is something else\", \"and\": \"long enough\"}".utf8))
        #expect(throws: AtelierError.self) { try Graph(snapshot: path + ".missing") }
        #expect(throws: AtelierError.self) { try Graph(snapshot: "/tmp") }
    }

    @Test func nothingButASnapshotIsWrittenOver() throws {
        let graph = try RandomGraph(seed: 3, types: EdgeType.allCases).graph
        let path = temporaryPath()
        let link = path + ".link"
        defer { for name in [path, link] { unlink(name) } }
        try save(Array("somebody's only copy".utf8), path)
        symlink(path, link)
        for name in [path, link, "/dev/null", "/tmp"] {
            let error = #expect(throws: AtelierError.self) { try graph.write(snapshot: name) }
            #expect(error?.code == .fileOpenFailed && error?.location == name)
        }
        #expect(try load(path) == Array("somebody's only copy".utf8))
        // A link goes on leading to its file, and one to nothing is left alone.
        unlink(path)
        #expect(throws: AtelierError.self) { try graph.write(snapshot: link) }
        try graph.write(snapshot: path)
        var announced = ""
        try graph.write(snapshot: link) { announced = $0 }
        #expect(try Graph(snapshot: path).edgeCount == graph.edgeCount)
        var status = stat()
        #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(announced.hasPrefix(path) && access(announced, F_OK) != 0)
    }

    @Test func adviceForABadSnapshotNamesTheOptionThatWritesOne() throws {
        let path = temporaryPath()
        defer { unlink(path) }
        try RandomGraph(seed: 3, types: EdgeType.allCases).graph.write(snapshot: path)
        let bytes = try load(path)
        for bad in [Array("foreign".utf8), Array(bytes.dropLast()), Array(bytes.prefix(8)) + [9] + bytes.dropFirst(9)] {
            try save(bad, path)
            let error = #expect(throws: AtelierError.self) { try Graph(snapshot: path) }
            #expect(error?.advice?.contains("`atelier graph build --keep FILE`") == true)
        }
    }

    @Test("A file with a right checksum and wrong content does no harm")
    func forgery() throws {
        let path = temporaryPath()
        defer { unlink(path) }
        try RandomGraph(seed: 3, types: EdgeType.allCases).graph.write(snapshot: path)
        let bytes = try load(path)
        var random = SeededRandom(seed: 2)
        for _ in 0..<2000 {
            var forged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                forged[Int.random(in: 8..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            forged.withUnsafeMutableBytes { buffer in
                let sum = SnapshotFormat.checksum(
                    UnsafeRawBufferPointer(rebasing: buffer[SnapshotFormat.headerLength...]))
                buffer.storeBytes(of: sum.littleEndian, toByteOffset: 24, as: UInt64.self)
            }
            try save(forged, path)
            // Whatever is let through can be walked without leaving the memory it is in.
            guard let graph = try? Graph(snapshot: path) else { continue }
            _ = Components(graph)
            for node in 0..<graph.nodes.count { _ = graph.nodes.name(node) }
            _ = try? PersonalizedPageRank(graph, edges: [.bought: 1]).scores()
        }
    }
}
