import BSON
import Retail

extension QuestionComparison {
    /// What a page says of the comparison.
    ///
    /// - Parameters:
    ///   - measurements: of `time`, with plans.
    ///   - version: of this program, which the embedded engine is a part of.
    ///   - computedAt: in milliseconds since the epoch.
    ///   - facts: what the data are and how they were asked.
    public func report(
        _ measurements: [[Measurement]], title: String, version: String, computedAt: Int64,
        facts: [(name: String, value: String)]
    ) throws -> ComparisonReport {
        let byName = Dictionary(uniqueKeysWithValues: questions.map { ($0.aggregation.name, $0) })
        let descriptions = try descriptions()
        let reported = try sides.indices.map { index in
            try reportedSide(index, descriptions[index], measurements, version: version)
        }
        let answered = try measurements.compactMap { row in
            try row.first.flatMap { byName[$0.question] }.map { try reportedQuestion($0, row) }
        }
        return ComparisonReport(
            title: title, computedAt: computedAt, facts: facts, method: method, sides: reported, questions: answered)
    }

    /// Whether the embedded engine was built for debugging, which makes it many times slower; databases of SQL never are.
    public var isUnoptimised: Bool {
        #if DEBUG
        true
        #else
        false
        #endif
    }

    private var method: [String] {
        var sentences = [
            "Both sides hold the same data: the documents were put into normalised tables with keys, foreign keys, indexes like "
                + "the collections', and statistics. A field that no column holds would have been an error.",
            "Each question is asked with its default parameters: as a pipeline of documents, as an SQL statement of tables. "
                + "Integers, texts, dates and booleans have to be the same; doubles may differ by a billionth part, money "
                + "in databases without decimals by a millionth.",
            "A time is of a whole answer, from the question to the last row in memory. Cold is the first run after the database "
                + "was opened and its file dropped from the system's cache, warm are the runs after one that is not counted. "
                + "Every round asks in another order.",
            "One connection each, nothing else is asked meanwhile, and nothing is written.",
        ]
        if isUnoptimised {
            sentences.insert(
                "This program was built without optimisation: its own times, those of Atelier, say little. Build it with "
                    + "`make build` to measure.", at: 0)
        }
        if let timeLimit {
            sentences.append("A question that takes longer than \(Readable.number(timeLimit)) s is given up.")
        }
        return sentences
    }

    private func reportedSide(
        _ index: Int, _ description: SideDescription, _ measurements: [[Measurement]], version: String
    ) throws -> ComparisonReport.Side {
        let side = sides[index]
        let own = measurements.map { $0[index] }
        return ComparisonReport.Side(
            database: side.database, title: description.title,
            model: side.model == .json ? "JSON" : side.model.rawValue,
            version: description.version.isEmpty ? version : description.version,
            durability: side.durability, settings: description.settings, indexes: indexes(of: side),
            bytesOnDisk: own.first?.bytesOnDisk ?? 0, memoryBytes: own.compactMap(\.peakMemory).max())
    }

    /// Keys and indexes, as `orders (customerId, orderedAt)`.
    private func indexes(of side: Side) -> [String] {
        func named(_ name: String, _ fields: [String]) -> String { "\(name) (\(fields.joined(separator: ", ")))" }
        switch side.model {
        case .documents:
            return schema.sources.map(\.collection).flatMap { collection in
                [named(collection.name, ["_id"]) + ", its key"]
                    + collection.indexes.map { index in
                        named(collection.name, index.key.elements.map { $0.key })
                    }
            }
        case .tables:
            return schema.tables.flatMap { table in
                [named(table.name, table.primaryKey) + ", its key"]
                    + table.indexes.map { named(table.name, $0.columns) }
            }
        case .json: return JSONSchema.indexes(schema)
        }
    }

    private func reportedQuestion(_ question: Question, _ row: [Measurement]) throws -> ComparisonReport.Question {
        let stages = question.aggregation.stages(question.arguments)
        let answers = try sides.indices.map { index -> ComparisonReport.Answer? in
            let measurement = row[index]
            var query = ReadableJSON.text(pipeline: stages, of: question.aggregation.collection)
            var plan: PlanInWords?
            if case .sql(let target) = sides[index].place {
                query = question.twins[target.dialect]?.text ?? ""
                plan = measurement.plan.isEmpty ? nil : PlanInWords(measurement.plan, in: target.dialect)
            } else if !measurement.plan.isEmpty {
                plan = PlanInWords(
                    explanation: try Document(json: measurement.plan.joined(separator: "\n")),
                    collection: question.aggregation.collection, pipeline: stages)
            }
            let outcome = question.outcomes[index]
            var remarks = outcome.differences.prefix(5).map(\.description)
            if outcome.differences.count > 5 { remarks.append("and \(outcome.differences.count - 5) more") }
            if measurement.isOverTime { remarks.append("no answer within the time limit") }
            return ComparisonReport.Answer(
                isEqual: measurement.isEqual, coldMs: measurement.coldMs, warm: measurement.warmMs, query: query,
                queryBytes: measurement.queryBytes, joins: measurement.joins, plan: plan, remarks: remarks)
        }
        return ComparisonReport.Question(
            name: question.aggregation.name, title: question.aggregation.title, question: question.aggregation.question,
            rows: row.compactMap(\.rows).first ?? 0, answers: answers)
    }
}

extension Side {
    /// What a commit promises where nothing else was asked for.
    var durability: String {
        switch database {
        case "atelier": "A write is on disk when it is acknowledged"
        case "mongodb": "A write is acknowledged by the majority, as the deployment has it"
        default: "A commit is on disk when it returns"
        }
    }
}
