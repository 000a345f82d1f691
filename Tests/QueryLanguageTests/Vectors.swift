import BSON
import Glibc

/// Query-language cases recorded from a MongoDB server: documents, a command, the answer.
struct VectorCase {
    let document: Document

    var name: String { document["name"]!.stringValue! }
    var documents: [Document] { (document["documents"]?.arrayValue ?? []).compactMap(\.documentValue) }
    var command: Document { document["command"]!.documentValue! }
    /// What `find` and `aggregate` returned; nil for an error or another command.
    var result: [Document]? { document["result"]?.arrayValue?.compactMap(\.documentValue) }
    /// The collection after a write.
    var after: [Document]? { document["after"]?.arrayValue?.compactMap(\.documentValue) }
    var errorCode: Int64? { document["error"]?.documentValue?["code"]?.integerValue }
    var anyOrder: Bool { document["anyOrder"]?.isTruthy ?? false }

    static func load(_ group: String) -> [VectorCase] {
        guard let bytes = contents("/tmp/matching/\(group).bson") else { return [] }
        var cases: [VectorCase] = []
        var position = 0
        while position < bytes.count {
            let length = bytes[position..<position + 4].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
            cases.append(VectorCase(document: Document(unchecked: Array(bytes[position..<position + length]))))
            position += length
        }
        return cases
    }
}

func contents(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return bytes }
        bytes += buffer[..<count]
    }
}
