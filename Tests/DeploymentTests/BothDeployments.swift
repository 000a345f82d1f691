import BSON
import Deployment
import Engine
import Glibc
import MongoDriver
import Testing
import WireServer

/// The two ways to the engine: in process, and through libmongoc over MongoDB's wire protocol.
enum DeploymentKind: String, CaseIterable, CustomTestStringConvertible {
    case engine = "engine in process"
    case wire = "libmongoc over the wire"
    var testDescription: String { rawValue }
}

/// Runs the body on a fresh store.
func withDeployment(_ kind: DeploymentKind, _ body: (any Deployment) throws -> Void) throws {
    var template = Array("/tmp/atelier-deployment-XXXXXX".utf8CString)
    let directory = String(cString: mkdtemp(&template))
    defer {
        for name in ["test.store", "test.store-lock"] { unlink("\(directory)/\(name)") }
        rmdir(directory)
    }
    let engine = try Engine(path: "\(directory)/test.store", options: EngineOptions(relaxedDurability: true))
    defer { engine.close() }
    switch kind {
    case .engine: try body(engine)
    case .wire:
        let server = try WireServer(deployment: engine, listen: ListenAddress(parsing: "127.0.0.1:0"))
        defer { server.stop() }
        let driver = try MongoDriver(uri: server.address.uri)
        defer { driver.close() }
        try body(driver)
    }
}

extension Deployment {
    /// Runs a command on the database of the tests.
    @discardableResult
    func run(_ command: Document) throws -> Document { try run(command, in: "test") }

    func insert(_ documents: [Document], into collection: String = "c") throws {
        for start in stride(from: 0, to: documents.count, by: 5000) {
            let batch = documents[start..<min(start + 5000, documents.count)]
            try run(["insert": .string(collection), "documents": .array(BSONArray(documents: batch))])
        }
    }

    /// All documents of a `find` or `aggregate`.
    func all(_ command: Document) throws -> [Document] {
        var cursor = try run(command)["cursor"]!.documentValue!
        var documents = cursor["firstBatch"]!.arrayValue!.compactMap(\.documentValue)
        let collection = command.elements[0].value
        while let id = cursor["id"]?.integerValue, id != 0 {
            cursor = try run(["getMore": .int64(id), "collection": collection])["cursor"]!.documentValue!
            documents += cursor["nextBatch"]!.arrayValue!.compactMap(\.documentValue)
        }
        return documents
    }

    /// The code a command fails with; nil where it succeeds.
    func code(_ command: Document) -> Int32? {
        do {
            try run(command)
            return nil
        } catch {
            return (error as? AtelierError)?.code.rawValue ?? -1
        }
    }
}
