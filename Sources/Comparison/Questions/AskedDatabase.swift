import BSON

/// Tables, or documents as JSON, in a database of SQL.
final class AskedDatabase: Asked {
    private let database: any SQLDatabase

    init(_ database: any SQLDatabase) { self.database = database }

    private func twin(_ question: QuestionComparison.Question) throws -> SQLTwin {
        try question.twins[database.dialect] ?? SQLTwin(of: question.aggregation, in: database.dialect)
    }

    func rows(of question: QuestionComparison.Question) throws -> [[BSONValue]] {
        let twin = try twin(question)
        let answer = try database.ask(twin, of: question.aggregation, question.arguments)
        let columns = question.aggregation.columns.map(\.name)
        guard answer.columns == columns else {
            throw AtelierError(
                .badValue,
                "the statement's columns are \(answer.columns.joined(separator: ", ")) instead of "
                    + columns.joined(separator: ", "), at: twin.path)
        }
        return answer.rows
    }

    func ask(_ question: QuestionComparison.Question) throws {
        _ = try database.ask(twin(question), of: question.aggregation, question.arguments)
    }

    func plan(of question: QuestionComparison.Question) throws -> [String] {
        try database.plan(of: twin(question), of: question.aggregation, question.arguments)
    }

    func size(of question: QuestionComparison.Question) throws -> (bytes: Int, joins: Int) {
        let twin = try twin(question)
        return (twin.queryBytes, twin.joins)
    }

    func bytesOnDisk(_ schema: RelationalSchema) throws -> Int64 { try database.size() }

    func description() throws -> SideDescription {
        SideDescription(title: database.title, version: database.version, settings: try database.settings())
    }

    func processes() throws -> [Int] { try database.processes() }

    /// The connection goes with the object.
    func close() {}
}
