import Analytics
import BSON
import DocumentStore
import Retail

/// The questions of saved aggregations, asked of documents and of the same data in databases of SQL.
///
/// Answers are held against those of the first side; only where they are equal a question is timed.
public struct QuestionComparison {
    /// A question, its arguments, and its twins.
    struct Question {
        let aggregation: SavedAggregation
        let arguments: Arguments
        let twins: [SQLDialect: SQLTwin]
        /// What each side answered, once it was asked.
        var outcomes: [Outcome] = []
    }

    /// What a side answered.
    struct Outcome {
        var rows = 0
        /// Where it differs from the first side's answer.
        var differences: [RowDifference] = []
        var isOverTime = false
    }

    /// The first is what the others are held against.
    public let sides: [Side]
    /// How long a side may take for a question, in seconds; nil for as long as it likes.
    public let timeLimit: Double?
    var questions: [Question]
    let schema: RelationalSchema
    private let catalog: CollectionCatalog

    /// - Parameters:
    ///   - aggregations: asked with their default arguments.
    ///   - sides: the first is what the others are held against.
    /// - Throws: `noSuchKey` for an aggregation without a twin, `badValue` for one that cannot be asked without arguments.
    public init(
        _ aggregations: [SavedAggregation], catalog: CollectionCatalog, sides: [Side], timeLimit: Double? = nil
    ) throws {
        let dialects = Set(
            sides.compactMap { side -> SQLDialect? in
                if case .sql(let target) = side.place { target.dialect } else { nil }
            })
        questions = try aggregations.map { aggregation in
            let twins = try dialects.map { ($0, try SQLTwin(of: aggregation, in: $0)) }
            return Question(
                aggregation: aggregation, arguments: try aggregation.arguments(),
                twins: Dictionary(uniqueKeysWithValues: twins))
        }
        schema = try RelationalSchema(catalog)
        self.catalog = catalog
        self.sides = sides
        self.timeLimit = timeLimit
    }

    /// Fills a side from the store.
    ///
    /// - Returns: how many rows it has.
    /// - Throws: as `RelationalLoader.load`.
    public func load(_ side: Side, from store: Store, replacing: Bool, progress: (Int) -> Void) throws -> Int {
        switch side.place {
        case .store(let location):
            let copy = try Store(location)
            defer { copy.close() }
            return try DocumentCopy(schema, catalog, into: copy.database)
                .load(from: store.database, replacing: replacing, progress: progress)
        case .sql(let target):
            let database = try target.connect(side.model)
            if side.model == .json {
                return try JSONLoader(schema, into: database)
                    .load(from: store.database, replacing: replacing, progress: progress)
                    .reduce(0) { $0 + $1.documents }
            }
            return try RelationalLoader(schema, into: database)
                .load(from: store.database, replacing: replacing, progress: progress)
                .reduce(0) { $0 + $1.rows }
        }
    }

    /// Asks every question of every side and remembers where the answers differ.
    public mutating func check(progress: (Int) -> Void) throws {
        let asked = try sides.map { try $0.open(timeLimit: timeLimit) }
        defer { for side in asked { side.close() } }
        for index in questions.indices {
            let question = questions[index]
            let answers = try asked.map { side in try withinTime { try side.rows(of: question) } }
            questions[index].outcomes = answers.map { answer in
                guard let answer else { return Outcome(isOverTime: true) }
                guard let first = answers[0] else { return Outcome(rows: answer.count) }
                return Outcome(
                    rows: answer.count,
                    differences: RowDifference.all(question.aggregation.columns, documents: first, tables: answer))
            }
            progress(index + 1)
        }
    }

    /// Nil where the time limit was reached.
    func withinTime<R>(_ work: () throws -> R) throws -> R? {
        do {
            return try work()
        } catch let error as AtelierError where error.code == .maxTimeMSExpired && timeLimit != nil {
            return nil
        }
    }

    /// The questions whose answers differ, with where.
    public var unequal: [(name: String, side: Side, differences: [RowDifference])] {
        questions.flatMap { question in
            zip(sides, question.outcomes).filter { !$1.differences.isEmpty }
                .map { (question.aggregation.name, $0, $1.differences) }
        }
    }
}

extension QuestionComparison.Question {
    /// The pipeline as it is sent, and how often it looks into another collection.
    var pipelineSize: (bytes: Int, joins: Int) {
        let stages = aggregation.stages(arguments)
        let bytes = stages.reduce(1) { $0 + $1.extendedJSON().utf8.count + 1 }
        return (bytes, stages.reduce(0) { $0 + QuestionComparison.joins(.document($1)) })
    }

    /// Whether the side's answer was there in time and equal to the first side's; nil where that cannot be said.
    func isEqual(_ side: Int) -> Bool? {
        guard !outcomes[0].isOverTime, !outcomes[side].isOverTime else { return nil }
        return outcomes[side].differences.isEmpty
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
