import BSON
import Glibc
import Testing

@testable import QueryLanguage

/// The recorded expression cases, evaluated through the compiler alone: every case is one `{$project: {r: EXPRESSION}}`.
@Suite struct VectorExpressionTests {
    @Test func recordedExpressionsGiveTheRecordedAnswers() throws {
        let cases = try Self.load()
        var passed = 0
        var failures: [String] = []
        for vector in cases {
            if let difference = Self.difference(vector) {
                failures.append("\(vector["name"]!.stringValue!): \(difference)")
            } else {
                passed += 1
            }
        }
        print("expression vectors: \(passed)/\(cases.count)")
        if let path = getenv("VECTOR_FAILURES").map({ String(cString: $0) }), let file = fopen(path, "w") {
            for failure in failures { fputs(failure + "\n", file) }
            fclose(file)
        }
        #expect(failures.isEmpty, "\(failures.prefix(5).joined(separator: "\n"))")
    }

    static func load() throws -> [Document] {
        guard let file = fopen("/tmp/expression.bson", "r") else { return [] }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        rewind(file)
        var bytes = [UInt8](repeating: 0, count: size)
        fread(&bytes, 1, size, file)
        var result: [Document] = []
        var position = 0
        while position < size {
            let length = bytes.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: position, as: Int32.self)) }
            result.append(Document(unchecked: Array(bytes[position..<position + length])))
            position += length
        }
        return result
    }

    /// What is wrong with the answer to a case; nil where nothing is.
    static func difference(_ vector: Document) -> String? {
        let specification = vector["command"]!.documentValue!["pipeline"]!.arrayValue![0].documentValue!["$project"]!.documentValue!["r"]!
        let documents = vector["documents"]!.arrayValue!
        let wanted = vector["error"]?.documentValue?["code"]?.integerValue
        let loose = vector["anyOrder"]?.boolValue ?? false
        do {
            let compiler = Compiler(now: 0)
            let expression = try specification.withValue { try compiler.expression($0) }
            let scope = compiler.makeScope()
            let expected = wanted == nil ? vector["result"]!.arrayValue! : []
            for (index, document) in documents.enumerated() {
                scope.arena.reset()
                let problem: String? = try document.withValue { value in
                    scope.assign(compiler.shape.base!, value)
                    let got = try expression.evaluate(scope)
                    if wanted != nil { return nil }
                    return expected[index].withValue { row in
                        let want = row.asDocument.find("r")
                        let (a, b) = (canonical(want, loose: loose), canonical(got, loose: loose))
                        return a == b ? nil : "document \(index): wanted \(a), got \(b)"
                    }
                }
                if let problem { return problem }
            }
            if let wanted { return "wanted error \(wanted)" }
            return nil
        } catch let error as AtelierError {
            if let wanted, wanted == error.code.rawValue { return nil }
            return "wanted \(wanted.map { "error \($0)" } ?? "a result"), got error \(error.code.rawValue) \(error.message)"
        } catch {
            return "\(error)"
        }
    }

    /// A comparable form: exact types, doubles to 13 significant digits, arrays without their order where that is open.
    static func canonical(_ value: ValueView, loose: Bool) -> String {
        switch value.type {
        case .document:
            var parts: [String] = []
            var cursor = value.asDocument.elements()
            while cursor.next() { parts.append("\(cursor.keyString): \(canonical(cursor.value, loose: loose))") }
            return "{\(parts.joined(separator: ", "))}"
        case .array:
            var parts: [String] = []
            var cursor = value.asDocument.elements()
            while cursor.next() { parts.append(canonical(cursor.value, loose: loose)) }
            if loose { parts.sort() }
            return "[\(parts.joined(separator: ", "))]"
        case .double:
            let number = value.asDouble
            if number.isNaN { return "double(NaN)" }
            if number == 0 { return "double(0)" }
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
                _ = withVaList([number]) { vsnprintf(buffer.baseAddress!, 64, "%.12e", $0) }
                return "double(\(String(cString: buffer.baseAddress!)))"
            }
        case .int32: return "int(\(value.asInt32))"
        case .int64: return "long(\(value.asInt64))"
        case .decimal: return "decimal(\(value.asDecimal))"
        case .string: return "\"\(value.asString)\""
        case .date: return "date(\(value.asDate))"
        case .bool: return "\(value.asBool)"
        case .objectId: return "ObjectId(\(value.asObjectId))"
        case .timestamp: return "timestamp(\(value.bits))"
        case .missing, .null, .undefined, .minKey, .maxKey: return value.type.name
        default: return "\(value.type.name)(\(Array(value.bytes)))"
        }
    }
}
