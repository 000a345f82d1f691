import BSON
import Definitions

/// How a saved aggregation is kept as a gold collection. The rule is written in aggregations/README.md.
public enum RefreshRule: Sendable, Equatable {
    /// Not at all.
    case never
    /// Computed anew whenever anything it reads has changed.
    case full
    /// Computed anew for the periods whose documents have changed, and their neighbours.
    case byPeriod(PeriodRule)
}

/// What makes an aggregation one that can be refreshed period by period: its rows are those of periods, and the row of a
/// period depends on that period's documents and on a few neighbouring rows alone.
public struct PeriodRule: Sendable, Equatable {
    public let period: Period
    /// The date of a document that says which period it belongs to.
    public let field: String
    /// The column with the period's name.
    public let key: String
    /// The parameters that limit the dates: at or after, and before.
    public let from: String
    public let to: String
    /// How many rows before and after it a row may depend on.
    public let neighbours: Int
}

extension RefreshRule {
    /// The field `refresh` of a definition.
    init(_ reader: DefinitionReader, parameters: [Parameter], columns: [Column]) throws {
        guard let value = reader.document["refresh"] else {
            self = .full
            return
        }
        if let text = value.stringValue {
            guard ["never", "full"].contains(text) else {
                throw reader.wrong("refresh", "is \(text); it may be full, never, or an object with a period")
            }
            self = text == "never" ? .never : .full
            return
        }
        let rule = try reader.document("refresh")
        try rule.allow(["period", "of", "key", "from", "to", "neighbours"])
        let key = try rule.string("key")
        guard columns.contains(where: { $0.name == key && $0.type == .string }) else {
            throw rule.wrong("key", "names no column of strings")
        }
        func limit(_ name: String) throws -> String {
            let parameter = try rule.optionalString(name) ?? name
            guard parameters.contains(where: { $0.name == parameter && $0.type == .date }) else {
                throw rule.wrong(name, "names no parameter that is a date")
            }
            return parameter
        }
        let neighbours = try rule.optionalNumber("neighbours") ?? 0
        guard let count = Int(exactly: neighbours), 0...100 ~= count else {
            throw rule.wrong("neighbours", "is not an integer from 0 to 100")
        }
        self = .byPeriod(
            PeriodRule(
                period: try rule.choice("period", Period.self), field: try rule.string("of"), key: key,
                from: try limit("from"), to: try limit("to"), neighbours: count))
    }
}

extension SavedAggregation {
    /// The collection its rows are kept in: `gold_revenue_by_month` for revenue-by-month.
    public var goldName: String { SavedAggregation.goldName(of: name) }

    static func goldName(of name: String) -> String { "gold_" + String(name.map { $0 == "-" ? "_" : $0 }) }
}
