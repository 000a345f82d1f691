import BSON
import Deployment
import Engine
import Glibc
import Testing

/// The recorded cases of the query language, on the engine in process.
@Suite struct VectorTests {
    static let groups = ["expression", "filter", "find", "index", "pipeline", "stage", "update", "write"]

    @Test(arguments: groups) func recordedAnswersAgree(group: String) throws {
        let path = "\(sharedData)/vectors/\(group).jsonl"
        guard let lines = lines(of: path) else {
            print("skipped: vectors/\(group): no \(path)")
            return
        }
        let directory = temporaryDirectory()
        defer { removeTree(directory) }
        let engine = try Engine(path: "\(directory)/vectors.store", options: EngineOptions(relaxedDurability: true))
        defer { engine.close() }
        var passed = 0
        var failures: [String] = []
        for line in lines {
            let recorded = try VectorCase(line: line, group: group)
            if let difference = try recorded.run(on: engine, database: "vectors") {
                failures.append("\(difference)\n   \(recorded.description)\n   \(recorded.input)")
            } else {
                passed += 1
            }
        }
        print("vectors/\(group): \(passed)/\(lines.count)")
        if let out = getenv("VECTOR_FAILURES") {
            let file = fopen("\(String(cString: out)).\(group)", "w")
            for failure in failures { fputs(failure + "\n", file) }
            fclose(file)
        }
        #expect(failures.isEmpty, "\(failures.prefix(3).joined(separator: "\n"))")
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
