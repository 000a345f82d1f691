import Analytics
import BSON
import DocumentStore
import Retail

/// The questions of saved aggregations, asked of a store's documents and of the same data in tables of SQLite.
///
/// Answers are held against each other first; only a question whose answers are equal is timed.
public struct QuestionComparison {
    /// A question, its arguments, and its twin.
    struct Question {
        let aggregation: SavedAggregation
        let arguments: Arguments
        let twin: SQLTwin
        /// How many rows the documents gave, and where the tables gave others.
        var rows = 0
        var differences: [RowDifference] = []
    }

    var questions: [Question]
    let location: String
    let tables: String
    let schema: RelationalSchema

    /// - Parameters:
    ///   - aggregations: asked with their default arguments.
    ///   - location: the store.
    ///   - tables: the file of the SQLite database.
    /// - Throws: `noSuchKey` for an aggregation without a twin, `badValue` for one that cannot be asked without arguments.
    public init(
        _ aggregations: [SavedAggregation], catalog: CollectionCatalog, location: String, tables: String
    ) throws {
        questions = try aggregations.map {
            Question(aggregation: $0, arguments: try $0.arguments(), twin: try SQLTwin(of: $0, in: .sqlite))
        }
        schema = try RelationalSchema(catalog)
        self.location = location
        self.tables = tables
    }

    /// Fills the tables from the store.
    ///
    /// - Returns: how many rows they have.
    /// - Throws: as `RelationalLoader.load`.
    public func load(from store: Store, replacing: Bool, progress: (Int) -> Void) throws -> Int {
        let database = try SQLiteDatabase(tables)
        return try RelationalLoader(schema, into: database)
            .load(from: store.database, replacing: replacing, progress: progress)
            .reduce(0) { $0 + $1.rows }
    }

    /// Asks every question of both and remembers where the answers differ.
    public mutating func check(_ store: Store, progress: (Int) -> Void) throws {
        let database = try QuestionComparison.open(tables)
        for index in questions.indices {
            let question = questions[index]
            let documents = try question.documents(store)
            let answer = try database.ask(question.twin, of: question.aggregation, question.arguments)
            let columns = question.aggregation.columns
            guard answer.columns == columns.map(\.name) else {
                throw AtelierError(
                    .badValue,
                    "the statement's columns are \(answer.columns.joined(separator: ", ")) instead of "
                        + columns.map(\.name).joined(separator: ", "), at: question.twin.path)
            }
            questions[index].rows = documents.count
            questions[index].differences = RowDifference.all(columns, documents: documents, tables: answer.rows)
            progress(index + 1)
        }
    }

    /// The questions whose answers differ, with where.
    public var unequal: [(name: String, differences: [RowDifference])] {
        questions.filter { !$0.differences.isEmpty }.map { ($0.aggregation.name, $0.differences) }
    }

    /// A connection as the questions are asked over it: like the store, it may keep all it reads in memory.
    static func open(_ path: String) throws -> SQLiteDatabase {
        let database = try SQLiteDatabase(path)
        try database.execute("PRAGMA query_only = ON; PRAGMA cache_size = -262144; PRAGMA mmap_size = 2147418112")
        return database
    }
}

extension QuestionComparison.Question {
    func documents(_ store: Store) throws -> [Document] {
        try aggregation.run(arguments, on: store.database).rows.all()
    }

    /// The pipeline as it is sent, and how often it looks into another collection.
    var pipeline: (bytes: Int, joins: Int) {
        let stages = aggregation.stages(arguments)
        let bytes = stages.reduce(1) { $0 + $1.extendedJSON().utf8.count + 1 }
        return (bytes, stages.reduce(0) { $0 + QuestionComparison.joins(.document($1)) })
    }
}

extension QuestionComparison {
    fileprivate static func joins(_ value: BSONValue) -> Int {
        switch value {
        case .document(let document):
            document.elements.reduce(0) { sum, element in
                sum + (["$lookup", "$graphLookup", "$unionWith"].contains(element.key) ? 1 : 0) + joins(element.value)
            }
        case .array(let array): array.reduce(0) { $0 + joins($1) }
        default: 0
        }
    }
}
