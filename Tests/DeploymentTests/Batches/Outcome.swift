import BSON
import Deployment
import Engine
import Glibc

/// What a pipeline comes to: the bytes of all documents, or the error.
enum Outcome: Equatable, CustomStringConvertible {
    case documents([Document])
    case failure(code: Int32, message: String)

    var description: String {
        switch self {
        case .documents(let documents):
            "\(documents.count) documents: "
                + documents.prefix(40).map { $0.extendedJSON(.canonical) }.joined(separator: " ")
        case .failure(let code, let message): "error \(code): \(message)"
        }
    }

    static func == (a: Outcome, b: Outcome) -> Bool {
        switch (a, b) {
        case (.documents(let a), .documents(let b)): a.map(\.bytes) == b.map(\.bytes)
        case (.failure(let a, let b), .failure(let c, let d)): a == c && b == d
        default: false
        }
    }
}

extension Engine {
    /// Runs a pipeline over a collection, with the variable `$$three`.
    ///
    /// - Parameter rowByRow: whether it is kept from being worked out in batches.
    func outcome(_ pipeline: [Document], of collection: String = "c", rowByRow: Bool = false) -> Outcome {
        let stages = rowByRow ? takingRows(pipeline) : pipeline
        do {
            return .documents(
                try all([
                    "aggregate": .string(collection), "pipeline": .array(BSONArray(documents: stages)), "cursor": [:],
                    "let": ["three": 3],
                ]))
        } catch {
            let error = error as? AtelierError
            return .failure(code: error?.code.rawValue ?? -1, message: error?.message ?? "no AtelierError")
        }
    }

    /// The pipeline with stages that take rows only: in front, behind each `$sort`, and in the pipelines within.
    private func takingRows(_ pipeline: [Document]) -> [Document] {
        let skip: Document = ["$skip": 0]
        return [skip]
            + pipeline.flatMap { stage in
                let (name, argument) = (stage.firstKey ?? "", stage.values.first)
                switch (name, argument) {
                case ("$sort", _): return [stage, skip]
                case ("$lookup", .document(let lookup)), ("$unionWith", .document(let lookup)):
                    guard let inner = lookup["pipeline"]?.arrayValue?.compactMap(\.documentValue) else {
                        return [stage]
                    }
                    let taking = BSONValue.array(BSONArray(documents: takingRows(inner)))
                    return [[name: .document(lookup.setting("pipeline", taking))]]
                case ("$facet", .document(let facets)):
                    return [
                        [
                            name: .document(
                                Document(
                                    facets.elements.map { name, inner in
                                        let stages = inner.arrayValue?.compactMap(\.documentValue) ?? []
                                        return (name, .array(BSONArray(documents: takingRows(stages))))
                                    }))
                        ]
                    ]
                default: return [stage]
                }
            }
    }

    /// Commits something that concerns no other collection: columns that are kept are forgotten then.
    func commitElsewhere() throws {
        try run(["insert": "elsewhere", "documents": [[:]]])
    }
}

/// Runs the body on a fresh store.
func withEngine(columnMemory: Int? = nil, _ body: (Engine) throws -> Void) throws {
    var template = Array("/tmp/atelier-batches-XXXXXX".utf8CString)
    let directory = String(cString: mkdtemp(&template))
    defer {
        for name in ["test.store", "test.store-lock"] { unlink("\(directory)/\(name)") }
        rmdir(directory)
    }
    var options = EngineOptions(relaxedDurability: true)
    if let columnMemory { options.columnMemory = columnMemory }
    let engine = try Engine(path: "\(directory)/test.store", options: options)
    defer { engine.close() }
    try body(engine)
}
