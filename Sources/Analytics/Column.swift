import BSON

/// One column of a saved aggregation's result: a field of its rows, and how to read it.
public struct Column: Sendable, Equatable {
    /// The field's name in the rows.
    public let name: String
    public let type: ColumnType
    /// What the numbers count; nil for plain numbers and for what is not a number.
    public let unit: Unit?
    /// The heading people read.
    public let title: String

    public init(name: String, type: ColumnType, unit: Unit? = nil, title: String? = nil) {
        self.name = name
        self.type = type
        self.unit = unit
        self.title = title ?? name
    }
}

extension Column {
    /// The title with the unit, where the numbers do not show it themselves and the title does not name it.
    public var heading: String {
        switch unit {
        case .days, .hours, .minutes, .months:
            let name = unit?.rawValue ?? ""
            return title.lowercased().contains(name.dropLast()) ? title : "\(title) (\(name))"
        default: return title
        }
    }
}

/// What a column's values are. Any of them may be null.
public enum ColumnType: String, Sendable, CaseIterable {
    case string, integer, number, decimal, date, boolean, array, document

    /// Whether the values are numbers.
    public var isNumeric: Bool { self == .integer || self == .number || self == .decimal }
}

/// What the numbers of a column count.
public enum Unit: String, Sendable, CaseIterable {
    /// An amount of money, in the currency of the orders.
    case currency
    /// A part of a whole or a rate of change: 0.25 is read as 25 %.
    case ratio
    case days
    case hours
    case minutes
    case months
    /// Points on a scale that the column's title or the notes name: 1 to 5, 0 to 100, −100 to 100.
    case score
}

/// How a result is drawn.
public struct Chart: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case line, bar, pie, number, heatmap, scatter
    }

    public let kind: Kind
    /// The column along the axis; nil for a single number.
    public let x: String?
    /// The column whose values make a line, a group of bars or a row of the heat map each; nil where there is one of each `y`.
    public let series: String?
    /// The columns that are drawn.
    public let y: [String]

    public init(kind: Kind, x: String?, series: String?, y: [String]) {
        self.kind = kind
        self.x = x
        self.series = series
        self.y = y
    }
}
