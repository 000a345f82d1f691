import BSON
import Glibc
import Storage

/// A directory of its own for a test's store; removed at the end.
final class TemporaryStore {
    let directory: String
    var path: String { directory + "/test.store" }

    init() {
        var template = Array("/tmp/atelier-storage-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit {
        guard let listing = opendir(directory) else { return }
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { remove(directory + "/" + name) }
        }
        closedir(listing)
        rmdir(directory)
    }

    func open(_ options: StorageOptions = StorageOptions(durability: .relaxed)) throws -> StorageEnvironment {
        try StorageEnvironment(path: path, options: options)
    }
}

extension WriteTransaction {
    @discardableResult
    func insert(_ document: Document, into collection: CollectionEntry) throws -> RecordId {
        try document.withView { try insert($0, into: collection) }
    }

    @discardableResult
    func update(_ id: RecordId, in collection: CollectionEntry, to document: Document) throws -> Bool {
        try document.withView { try update(id, in: collection, to: $0) }
    }
}

extension StorageReader {
    /// All documents in record order.
    func documents(_ collection: CollectionEntry) throws -> [Document] {
        let cursor = try records(in: collection)
        defer { cursor.close() }
        var result: [Document] = []
        while try cursor.next() { result.append(Document(copying: cursor.document)) }
        return result
    }

    /// The record ids of an index in its order.
    func recordIds(_ index: IndexEntry) throws -> [RecordId] {
        let cursor = try keys(of: index)
        defer { cursor.close() }
        var result: [RecordId] = []
        while try cursor.next() { result.append(cursor.recordId) }
        return result
    }

    func entry(_ namespace: Namespace) throws -> CollectionEntry {
        guard let entry = catalog[namespace] else { throw AtelierError(.namespaceNotFound, "no \(namespace)") }
        return entry
    }
}

let orders = Namespace("shop", "orders")

func write(_ bytes: [UInt8], to path: String) {
    let file = fopen(path, "wb")!
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}

func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
        bytes.append(contentsOf: buffer[..<count])
    }
    return bytes
}
