import Analytics
import BSON
import DocumentStore

/// Asks a database every saved aggregation and gathers the answers.
public struct ReportBuilder {
    private let database: Database
    private let options: ReportOptions

    public init(database: Database, options: ReportOptions) {
        self.database = database
        self.options = options
    }

    /// The report over these aggregations, and of the store's graph and what is recommended from it.
    ///
    /// An aggregation that fails, has no rows or lacks an argument is left out, with the reason.
    /// - Parameter progress: hears the name of each question before it is answered.
    /// - Throws: `badValue` and `typeMismatch` for arguments that fit no aggregation; what the deployment throws where it
    ///   cannot be reached.
    public func build(_ aggregations: [SavedAggregation], progress: (String) -> Void = { _ in }) throws -> Report {
        let chosen = aggregations.filter { options.topic == nil || $0.topic == options.topic }
        try checkParameters(chosen)
        var answers: [String: [Report.Answer]] = [:]
        var omissions: [Report.Omission] = []
        for aggregation in chosen.sorted(by: { $0.name < $1.name }) {
            progress(aggregation.name)
            switch try answer(aggregation) {
            case .success(let answer): answers[aggregation.topic, default: []].append(answer)
            case .failure(let omission): omissions.append(omission.content)
            }
        }
        let wanted = LinkSection.topics.filter { options.topic == nil || $0 == options.topic }
        let links = try LinkSections(database: database).sections(wanted, progress: progress)
        progress("the key figures")
        return Report(
            title: options.title, computedAt: options.computedAt, dataUntil: try latestOrder(),
            currencies: try currencies(), keyFigures: try KeyFigures(database, options.parameters).figures(),
            topics: TopicOrder.sorted(Array(answers.keys)).map { Report.Topic(name: $0, answers: answers[$0] ?? []) },
            links: links, omissions: omissions)
    }

    private struct LeftOut: Error { let content: Report.Omission }

    private func answer(_ aggregation: SavedAggregation) throws -> Result<Report.Answer, LeftOut> {
        func leftOut(_ reason: String) -> Result<Report.Answer, LeftOut> {
            .failure(LeftOut(content: .init(name: aggregation.name, title: aggregation.title, reason: reason)))
        }
        let given = options.parameters.filter { given in aggregation.parameters.contains { $0.name == given.name } }
        let missing = aggregation.parameters.filter { parameter in
            parameter.isRequired && !given.contains { $0.name == parameter.name }
        }
        if let parameter = missing.first {
            return leftOut("It asks for \(parameter.name): \(parameter.description.lowercasedFirst).")
        }
        let arguments = try aggregation.arguments(parsing: given)
        do {
            var rows: [Document] = []
            var count = 0
            try aggregation.run(arguments, on: database).rows.forEachDocument { row in
                count += 1
                if count <= Report.Answer.maximumRows { rows.append(Document(copying: row)) }
            }
            if count == 0 { return leftOut("It has no rows: the store holds nothing it asks about.") }
            return .success(.init(aggregation: aggregation, arguments: arguments, rows: rows, rowCount: count))
        } catch let error as AtelierError where ReportBuilder.isOfTheQuestion(error) {
            return leftOut("It failed: \(error.message).")
        }
    }

    /// Whether an error is one aggregation's, and not that of a deployment which cannot be reached.
    static func isOfTheQuestion(_ error: AtelierError) -> Bool {
        let codes: [ErrorCode] = [.hostUnreachable, 7, 89, 9001, .unauthorized, 18]
        return !codes.contains(error.code)
    }

    private func checkParameters(_ aggregations: [SavedAggregation]) throws {
        let known = Set(aggregations.flatMap { $0.parameters.map(\.name) }).sorted()
        for (name, _) in options.parameters where !known.contains(name) {
            let nearest = nearestName(to: name, among: known).map { "Did you mean \($0)?" }
            throw AtelierError(
                .badValue, "no aggregation of the report has a parameter \(name)", at: "parameter \(name)",
                advice: nearest ?? "There are \(known.joined(separator: ", ")).")
        }
    }

    private func latestOrder() throws -> Int64? {
        try database.collection("orders").findOne(sort: ["orderedAt": -1], projection: ["orderedAt": 1])?["orderedAt"]?
            .dateValue
    }

    private func currencies() throws -> [String] {
        let reply = try database.run(["distinct": "products", "key": "currency"])
        return (reply["values"]?.arrayValue ?? []).compactMap(\.stringValue).sorted()
    }
}

/// The order in which topics come: those of the shipped aggregations first, others by name, what has none last.
public enum TopicOrder {
    private static let known = [
        "sales", "customers", "products", "stock", "delivery", "reviews", "design", "marketing",
    ]

    public static func sorted(_ topics: [String]) -> [String] {
        topics.sorted { (place(of: $0), $0) < (place(of: $1), $1) }
    }

    private static func place(of topic: String) -> Int {
        known.firstIndex(of: topic) ?? (topic == SavedAggregation.defaultTopic ? known.count + 1 : known.count)
    }
}

extension String {
    var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
    var uppercasedFirst: String { prefix(1).uppercased() + dropFirst() }
}
