import BSON
import Glibc
import Testing

/// Runs the cases in `Corpus/`, one file a type, in the form that the specifications' BSON corpus has: valid documents as
/// BSON and as canonical and relaxed Extended JSON (`degenerate_*`: other ways to write the same), bytes that are no
/// valid BSON (`decodeErrors`), and text that is no valid Extended JSON (`parseErrors`).
@Suite struct CorpusTests {
    static let files = [
        "array", "binary", "bool", "code", "codeWithScope", "date", "dbPointer", "decimal", "document", "double",
        "int32", "int64", "maxKey",
        "minKey", "null", "objectId", "regex", "string", "symbol", "timestamp", "top", "undefined",
    ]

    @Test(arguments: files)
    func validCases(_ file: String) throws {
        let cases = try load(file, "valid")
        #expect(cases.count >= 10)
        for valid in cases {
            let name = "\(file): \(valid["description"]?.stringValue ?? "")"
            let bson = try bytes(valid["canonical_bson"])
            let canonical = try #require(valid["canonical_extjson"]?.stringValue)
            let relaxed = valid["relaxed_extjson"]?.stringValue
            let isLossy = valid["lossy"] == true

            var forms = [bson]
            if let degenerate = valid["degenerate_bson"] { forms.append(try bytes(degenerate)) }
            for form in forms {
                let document = try Document(validating: form)
                #expect(document.extendedJSON(.canonical) == canonical, "\(name)")
                if let relaxed { #expect(document.extendedJSON(.relaxed) == relaxed, "\(name)") }
                #expect(Document(document.elements.map { ($0.key, $0.value) }) == document, "\(name), as owned values")
            }
            for text in [canonical, valid["degenerate_extjson"]?.stringValue].compactMap(\.self) {
                let document = try Document(json: text)
                if isLossy {
                    #expect(document.extendedJSON(.canonical) == canonical, "\(name)")
                } else {
                    #expect(document.bytes == bson, "\(name), read from \(text)")
                }
            }
            if let relaxed { #expect(try Document(json: relaxed).extendedJSON(.relaxed) == relaxed, "\(name)") }
        }
    }

    @Test(arguments: files)
    func decodeErrors(_ file: String) throws {
        for invalid in try load(file, "decodeErrors") {
            let bson = try bytes(invalid["bson"])
            #expect("\(file): \(invalid["description"]?.stringValue ?? "")") {
                try Document(validating: bson)
            } throws: { error in
                (error as? AtelierError)?.code == .invalidBSON
            }
        }
    }

    @Test(arguments: files)
    func parseErrors(_ file: String) throws {
        let cases = try load(file, "parseErrors")
        #expect(!cases.isEmpty)
        for invalid in cases {
            let text = try #require(invalid["string"]?.stringValue)
            #expect("\(file): \(invalid["description"]?.stringValue ?? ""): \(text)") {
                try Document(json: text)
            } throws: { error in
                (error as? AtelierError)?.code == .failedToParse
            }
        }
    }

    /// Text that another implementation wrote is read as the same bytes, and says what ours says.
    @Test func recordedFromAnotherImplementation() throws {
        let lines = try contents(file("Recorded/pymongo.ndjson"))
        let cases = try lines.withUnsafeBytes { try Document.documents(json: $0) }
        #expect(cases.count >= 100)
        for recorded in cases {
            let document = try Document(validating: bytes(recorded["bson"]))
            let canonical = try #require(recorded["canonical"]?.stringValue)
            let relaxed = try #require(recorded["relaxed"]?.stringValue)
            #expect(try Document(json: canonical) == document)
            #expect(try Document(json: relaxed) == Document(json: document.extendedJSON(.relaxed)))
        }
    }

    private func file(_ name: String) -> String {
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/" + name
    }

    private func load(_ file: String, _ section: String) throws -> [Document] {
        let document = try Document(json: contents(self.file("Corpus/\(file).json")))
        return (document[section]?.arrayValue ?? []).compactMap(\.documentValue)
    }

    private func contents(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "rb"), "\(path) cannot be read")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    private func bytes(_ hexadecimal: BSONValue?) throws -> [UInt8] {
        let digits = Array(try #require(hexadecimal?.stringValue).utf8)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16))
        }
    }
}
