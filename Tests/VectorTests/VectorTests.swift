import BSON
import Deployment
import Engine
import Glibc
import MongoDriver
import Testing
import WireServer

/// The recorded cases of the query language, on both deployments: the engine in process, and the same engine behind
/// MongoDB's wire protocol through libmongoc.
@Suite struct VectorTests {
    static let groups = ["expression", "filter", "find", "index", "pipeline", "stage", "update", "write"]
    static let available = access("\(sharedData)/vectors/README.md", R_OK) == 0

    @Test(.enabled(if: available, "no recorded cases in \(sharedData)/vectors"), arguments: groups)
    func engineAnswersAsRecorded(group: String) throws {
        try withEngine { engine in try replay(group, on: engine, named: "engine") }
    }

    @Test(.enabled(if: available, "no recorded cases in \(sharedData)/vectors"), arguments: groups)
    func driverOverTheWireAnswersAsRecorded(group: String) throws {
        try withEngine { engine in
            let server = try WireServer(deployment: engine, listen: ListenAddress(parsing: "127.0.0.1:0"))
            defer { server.stop() }
            let driver = try MongoDriver(uri: server.address.uri)
            defer { driver.close() }
            try replay(group, on: driver, named: "libmongoc over the wire")
        }
    }

    private func withEngine(_ body: (Engine) throws -> Void) throws {
        let directory = temporaryDirectory()
        defer { removeTree(directory) }
        let engine = try Engine(path: "\(directory)/vectors.store", options: EngineOptions(relaxedDurability: true))
        defer { engine.close() }
        try body(engine)
    }

    /// Runs a group's cases, prints the count, and fails for each that differs, but for those that MongoDB 8 documents
    /// to answer otherwise; of those, the ones that failed must still fail.
    private func replay(_ group: String, on deployment: any Deployment, named name: String) throws {
        var (passed, total) = (0, 0)
        var failures: [String] = []
        for line in lines(of: "\(sharedData)/vectors/\(group).jsonl") ?? [] {
            let recorded = try VectorCase(line: line)
            let reason = VectorCase.exceptions[recorded.name]
            if reason == nil { total += 1 }
            let difference = try recorded.run(on: deployment, database: "vectors", strict: reason == nil)
            if let difference {
                failures.append("\(difference)\n   \(recorded.description)\n   \(recorded.input)")
            } else if reason == nil {
                passed += 1
            }
        }
        print("vectors, \(name), \(group): \(passed)/\(total)")
        if let prefix = getenv("VECTOR_FAILURES"), let file = fopen("\(String(cString: prefix)).\(group)", "w") {
            for failure in failures { fputs(failure + "\n", file) }
            fclose(file)
        }
        #expect(total > 0)
        #expect(failures.isEmpty, "\(failures.count) differ: \(failures.prefix(3).joined(separator: "\n"))")
    }
}

func temporaryDirectory() -> String {
    var template = Array("/tmp/atelier-XXXXXX".utf8CString)
    return String(cString: mkdtemp(&template))
}

func removeTree(_ path: String) {
    if let directory = opendir(path) {
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(directory)
    }
    rmdir(path)
}
