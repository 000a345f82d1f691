import BSON
import Glibc
import Testing

@testable import QueryLanguage

/// The recorded expression cases: every one is an `aggregate` with one `{$project: {r: EXPRESSION}}`.
@Suite struct VectorExpressionTests {
    static let path =
        "\(getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? "../shared")/vectors/expression.jsonl"

    @Test(.enabled(if: contents(path) != nil, "needs the recorded vectors: set ATELIER_TEST_DATA"))
    func recordedExpressionsGiveTheRecordedAnswers() throws {
        let lines = contents(Self.path)!.split(separator: UInt8(ascii: "\n"))
        let exceptions = try VectorExceptions.names()
        var passed = 0
        var failures: [String] = []
        for line in lines {
            let vector = VectorCase(document: try Document(json: Array(line)))
            if let difference = Self.difference(vector) {
                if !exceptions.contains(vector.name) { failures.append("\(vector.name): \(difference)") }
            } else {
                passed += 1
            }
        }
        print(
            "expression vectors: \(passed)/\(lines.count) as recorded, \(failures.count) differ without a documented reason"
        )
        if let path = getenv("VECTOR_FAILURES").map({ String(cString: $0) }), let file = fopen(path, "w") {
            for failure in failures { fputs(failure + "\n", file) }
            fclose(file)
        }
        #expect(failures.isEmpty, "\(failures.prefix(5).joined(separator: "\n"))")
    }

    /// What is wrong with the answer to a case; nil where nothing is.
    static func difference(_ vector: VectorCase) -> String? {
        let environment = RecordedCollections(vector)
        do {
            let got = try environment.run(vector.command["pipeline"]!)
            if let code = vector.errorCode { return "wanted error \(code), got \(got.count) documents" }
            return documentsDiffer(vector.result!, got, loose: vector.anyOrder)
        } catch let error as AtelierError {
            if let code = vector.errorCode, code == error.code.rawValue { return nil }
            let wanted = vector.errorCode.map { "error \($0)" } ?? "a result"
            return "wanted \(wanted), got error \(error.code.rawValue) \(error.message)"
        } catch {
            return "\(error)"
        }
    }

    static func documentsDiffer(_ wanted: [Document], _ got: [Document], loose: Bool) -> String? {
        func canonical(_ documents: [Document]) -> [String] {
            let texts = documents.map { $0.withView { Self.canonical(.document($0), loose: loose) } }
            return loose ? texts.sorted() : texts
        }
        let (a, b) = (canonical(wanted), canonical(got))
        if a == b { return nil }
        let index = zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
        return
            "document \(index): wanted \(index < a.count ? a[index] : "none"), got \(index < b.count ? b[index] : "none")"
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

/// The collections `c` and `d` of a recorded case, held in memory.
final class RecordedCollections: PipelineEnvironment {
    private let collections: [String: [Document]]
    private let arena = Arena()
    let currentDatabase = "test"

    init(_ vector: VectorCase) {
        collections = [
            "c": vector.documents, "d": (vector.document["other"]?.arrayValue ?? []).compactMap(\.documentValue),
        ]
    }

    func run(_ pipeline: BSONValue) throws -> [Document] {
        try pipeline.withValue { value in
            let compiler = Compiler(now: 0)
            let stages = try PipelineBuilder.stages(value)
            let builder = PipelineBuilder(
                compiler: compiler, environment: self,
                source: try source(collection: "c", compiler: compiler, pipeline: stages), interrupt: Interrupt())
            try builder.compile(stages)
            let pipeline = builder.finish()
            var result: [Document] = []
            while let document = try pipeline.next() { result.append(Document(copying: document)) }
            return result
        }
    }

    func source(collection: String, compiler: Compiler, pipeline: [ValueView]) throws -> Stage {
        let source = BufferedDocuments(compiler)
        source.documents = (collections[collection] ?? []).map { arena.value(.document($0)) }
        return source
    }

    func equalityIndex(collection: String, field: String) throws -> (any EqualityIndex)? { nil }

    func writer(database: String?, collection: String) throws -> any PipelineWriter {
        throw AtelierError(.illegalOperation, "recorded collections are not written to")
    }
}

/// Recorded cases whose answer MongoDB 8 documents differently: names, each with its reason.
enum VectorExceptions {
    static let path = "Tests/Vectors/exceptions.json"

    static func names() throws -> Set<String> {
        guard let bytes = contents(path) else { return [] }
        return Set(
            try Document(json: Array("{\"list\": ".utf8) + bytes + Array("}".utf8))["list"]!.arrayValue!.compactMap {
                $0.documentValue?["name"]?.stringValue
            })
    }
}
