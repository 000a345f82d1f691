import BSON
import QueryLanguage
import Testing

@Suite(.enabled(if: VectorCase.available, "the recorded vectors are not at hand"))
struct FindVectorTests {
    /// Filter, sort, skip, limit and projection; `index` holds the same with indexes, which change no answer.
    @Test(arguments: ["find", "index"])
    func findsWhatMongoDBFinds(_ group: String) throws {
        var score = VectorScore("\(group) vectors")
        for vector in try VectorCase.load(group) where vector.command["find"] != nil {
            let got = outcome { try canonical(find(vector.documents, vector.command), anyOrder: vector.anyOrder) }
            let wanted = vector.errorCode.map { "error \($0)" } ?? canonical(vector.result!, anyOrder: vector.anyOrder)
            score.count(vector, wanted: wanted, got: got)
        }
        score.report()
        #expect(score.failures.isEmpty, "\(score.failures.prefix(3).joined(separator: "\n"))")
    }
}

/// What a `find` command returns from these documents.
func find(_ documents: [Document], _ command: Document) throws -> [Document] {
    let arena = Arena()
    let compiler = Compiler(now: 0)
    let source = BufferedDocuments(compiler)
    source.documents = documents.map { arena.value(.document($0)) }
    let builder = PipelineBuilder(
        compiler: compiler, environment: OneCollection(), source: source, interrupt: Interrupt())
    let filter = command["filter"]?.documentValue ?? command["query"]?.documentValue ?? Document()
    var stages: [Document] = [["$match": .document(filter)]]
    if let sort = command["sort"]?.documentValue, !sort.isEmpty { stages.append(["$sort": .document(sort)]) }
    if let skip = command["skip"]?.integerValue { stages.append(["$skip": .int64(skip)]) }
    if let limit = command["limit"]?.integerValue, limit > 0 { stages.append(["$limit": .int64(limit)]) }
    try builder.compile(stages.map { arena.value(.document($0)) })
    let projection = command["projection"]?.documentValue ?? Document()
    let output = try compiler.findProjection(
        arena.value(.document(projection)).asDocument, filter: arena.value(.document(filter)).asDocument)
    let scope = compiler.makeScope()
    var result: [Document] = []
    while try builder.stage.next(scope) { result.append(Document(copying: try output.evaluate(scope).asDocument)) }
    return result
}

/// An environment without other collections.
private final class OneCollection: PipelineEnvironment {
    let currentDatabase = "test"

    func source(collection: String, compiler: Compiler, pipeline: [ValueView]) throws -> Stage {
        BufferedDocuments(compiler)
    }
    func equalityIndex(collection: String, field: String) throws -> (any EqualityIndex)? { nil }
    func writer(database: String?, collection: String) throws -> any PipelineWriter {
        throw AtelierError(.illegalOperation, "nothing can be written here")
    }
}
