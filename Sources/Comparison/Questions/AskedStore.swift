import Analytics
import BSON
import DocumentStore
import Glibc

/// Documents in a store.
final class AskedStore: Asked {
    private let store: Store
    private let timeLimit: Double?
    private let isEmbedded: Bool

    init(_ store: Store, isEmbedded: Bool, timeLimit: Double?) {
        self.store = store
        self.isEmbedded = isEmbedded
        self.timeLimit = timeLimit
    }

    private func documents(_ question: QuestionComparison.Question) throws -> [Document] {
        let limit = timeLimit.map { max(Int($0 * 1000), 1) }
        return try question.aggregation.run(question.arguments, on: store.database, maxTimeMS: limit).rows.all()
    }

    func rows(of question: QuestionComparison.Question) throws -> [[BSONValue]] {
        let columns = question.aggregation.columns
        return try documents(question).map { row in columns.map { row[$0.name] ?? .null } }
    }

    func ask(_ question: QuestionComparison.Question) throws { _ = try documents(question) }

    func plan(of question: QuestionComparison.Question) throws -> [String] {
        let command: Document = [
            "aggregate": .string(question.aggregation.collection),
            "pipeline": .array(BSONArray(documents: question.aggregation.stages(question.arguments))),
            "cursor": .document([:]), "allowDiskUse": true,
        ]
        let reply = try store.database.run(["explain": .document(command), "verbosity": "queryPlanner"])
        // What the deployment says of itself and of the cluster is no part of the plan.
        let plan = Document(
            reply.elements.filter {
                !["ok", "serverInfo", "command", "$clusterTime", "operationTime"].contains($0.key)
            }
            .map { ($0.key, $0.value) })
        var json = ExtendedJSONWriter(.relaxed, indentation: 2)
        json.append(plan)
        return String(decoding: json.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func size(of question: QuestionComparison.Question) -> (bytes: Int, joins: Int) { question.pipelineSize }

    func bytesOnDisk(_ schema: RelationalSchema) throws -> Int64 {
        let existing = Set(try store.database.collectionNames())
        return try schema.sources.map(\.collection.name).filter(existing.contains).reduce(0) { sum, name in
            let stats = try store.database.run(["collStats": .string(name)])
            return sum + (stats["storageSize"]?.integerValue ?? 0) + (stats["totalIndexSize"]?.integerValue ?? 0)
        }
    }

    func description() throws -> SideDescription {
        // The embedded engine says which MongoDB it is like; its own version is the program's.
        guard !isEmbedded else { return SideDescription(title: "Atelier", version: "", settings: []) }
        let reply = try store.database.run(["buildInfo": 1])
        return SideDescription(title: "MongoDB", version: reply["version"]?.stringValue ?? "", settings: [])
    }

    func processes() throws -> [Int] { isEmbedded ? [Int(getpid())] : [] }

    func close() { store.close() }
}
