import Analytics
import BSON

/// What a saved aggregation's chart draws: its rows as labels and series of numbers, for a page or a terminal.
public struct Figure: Sendable {
    /// A line, a group of bars, a row of a heat map: one number for each label, nil where there is none.
    public struct Series: Sendable {
        public let name: String
        /// The column the numbers come from, which says how they are read.
        public let column: Column
        public var values: [Double?]

        public init(name: String, column: Column, values: [Double?]) {
            self.name = name
            self.column = column
            self.values = values
        }

        /// A number of this series as people read it.
        public func text(_ value: Double) -> String {
            if column.type != .number, let whole = Int64(exactly: value) {
                return CellText.readable(.int64(whole), Column(name: "", type: .integer, unit: column.unit))
            }
            return CellText.readable(.double(value), column)
        }
    }

    /// A group of points of a scatter plot.
    public struct Cloud: Sendable {
        public let name: String
        /// The column of the heights.
        public let y: Column
        public fileprivate(set) var points: [(x: Double, y: Double)]
    }

    public let kind: Chart.Kind
    /// The column along the axis; nil for a single number.
    public let x: Column?
    /// Along the axis, in order; empty for numbers and scatter plots.
    public private(set) var labels: [String]
    public private(set) var series: [Series]
    /// Of a scatter plot only.
    public let clouds: [Cloud]
    /// The column whose values name the series; nil where the series are columns.
    public let seriesColumn: Column?

    /// The figure of an aggregation's rows; nil where it has no chart or the rows hold no number for it.
    public init?(_ aggregation: SavedAggregation, rows: [Document]) {
        guard let chart = aggregation.chart else { return nil }
        self.init(chart, columns: aggregation.columns, rows: rows)
    }

    /// The figure of rows with these columns; nil where they hold no number for it.
    public init?(_ chart: Chart, columns: [Column], rows: [Document]) {
        let column = { (name: String?) in columns.first { $0.name == name } }
        let ys = chart.y.compactMap(column)
        kind = chart.kind
        x = column(chart.x)
        seriesColumn = column(chart.series)
        clouds = chart.kind == .scatter ? Figure.clouds(rows, x: x, ys: ys, series: seriesColumn) : []
        labels = []
        series = []
        switch chart.kind {
        case .scatter: guard !clouds.isEmpty else { return nil }
        case .number:
            guard let row = rows.first else { return nil }
            series = ys.map { Series(name: $0.title, column: $0, values: [row.number($0)]) }
        case .heatmap: grid(rows, ys: Array(ys.prefix(1)))
        case .line, .bar, .pie:
            if seriesColumn == nil { columnSeries(rows, ys) } else { grid(rows, ys: ys) }
        }
        guard !clouds.isEmpty || series.contains(where: { $0.values.contains { $0 != nil } }) else { return nil }
    }

    /// One series a column, one label a row.
    private mutating func columnSeries(_ rows: [Document], _ ys: [Column]) {
        labels = rows.map { row in x.map { row.label($0) } ?? "" }
        series = ys.map { column in
            Series(name: column.title, column: column, values: rows.map { $0.number(column) })
        }
    }

    /// One series for each value of the series column (and each `y`), one label for each value along the axis.
    private mutating func grid(_ rows: [Document], ys: [Column]) {
        guard let x, let seriesColumn else { return columnSeries(rows, ys) }
        let order = AxisOrder(rows, x)
        let groups = AxisOrder(rows, seriesColumn)
        labels = order.labels
        for group in groups.labels {
            for y in ys {
                let name = ys.count == 1 ? group : "\(group), \(y.title)"
                series.append(Series(name: name, column: y, values: Array(repeating: nil, count: labels.count)))
            }
        }
        for row in rows {
            guard let place = order.position(row), let group = groups.position(row) else { continue }
            for (index, y) in ys.enumerated() {
                series[group * ys.count + index].values[place] = row.number(y)
            }
        }
    }

    private static func clouds(_ rows: [Document], x: Column?, ys: [Column], series: Column?) -> [Cloud] {
        guard let x else { return [] }
        var clouds: [Cloud] = []
        var places: [String: Int] = [:]
        for row in rows {
            guard let horizontal = row.number(x) else { continue }
            for y in ys {
                guard let vertical = row.number(y) else { continue }
                let name = series.map { row.label($0) } ?? y.title
                if places[name] == nil {
                    places[name] = clouds.count
                    clouds.append(Cloud(name: name, y: y, points: []))
                }
                clouds[places[name]!].points.append((horizontal, vertical))
            }
        }
        return clouds
    }
}

extension Figure {
    /// The first labels only; how many were left out.
    public mutating func limit(labels count: Int) -> Int {
        let left = labels.count - count
        guard left > 0 else { return 0 }
        labels.removeLast(left)
        for index in series.indices { series[index].values.removeLast(left) }
        return left
    }

    /// The first series only; how many were left out.
    public mutating func limit(series count: Int) -> Int {
        let left = series.count - count
        guard left > 0 else { return 0 }
        series.removeLast(left)
        return left
    }

    /// Puts the labels past a count together into one, whose numbers are their sums.
    public mutating func foldRest(after count: Int) {
        let rest = labels.count - count
        guard rest > 1 else { return }
        labels = labels.prefix(count) + ["\(rest) others"]
        for index in series.indices {
            let others = series[index].values.dropFirst(count).compactMap(\.self)
            series[index].values = series[index].values.prefix(count) + [others.reduce(0, +)]
        }
    }

    /// The least and the greatest number drawn; nil where there is none.
    public var range: ClosedRange<Double>? {
        let numbers = series.flatMap { $0.values.compactMap(\.self) }
        guard let least = numbers.min(), let greatest = numbers.max() else { return nil }
        return least...greatest
    }
}

/// The different values of a column, in the order an axis has them: numbers, dates and texts that begin with a digit
/// ascend, other texts stay as they first occur.
private struct AxisOrder {
    private(set) var labels: [String]
    private let column: Column
    private var positions: [String: Int] = [:]

    init(_ rows: [Document], _ column: Column) {
        self.column = column
        labels = []
        var values: [(label: String, value: BSONValue)] = []
        var seen: Set<String> = []
        for row in rows {
            let label = row.label(column)
            if seen.insert(label).inserted { values.append((label, row[column.name] ?? .null)) }
        }
        let ascends = values.allSatisfy { entry in
            switch entry.value {
            case .string(let text): text.utf8.first.map { 48...57 ~= $0 } ?? false
            case .date, .int32, .int64, .double, .decimal: true
            default: false
            }
        }
        if ascends { values.sort { a, b in a.value.withValue { x in b.value.withValue { x.compare($0) < 0 } } } }
        labels = values.map(\.label)
        for (index, label) in labels.enumerated() { positions[label] = index }
    }

    func position(_ row: Document) -> Int? { positions[row.label(column)] }
}

extension Document {
    /// A column's number; nil where it has none, or one that cannot be drawn.
    fileprivate func number(_ column: Column) -> Double? {
        withView { view in view.find(column.name).numberAsDouble.flatMap { $0.isFinite ? $0 : nil } }
    }

    /// A column's value as a label: a date without a time that says nothing, a number without separators (it may be a year).
    fileprivate func label(_ column: Column) -> String {
        withView { view in
            let value = view.find(column.name)
            if value.isNullish { return "(none)" }
            if value.type == .date, case let text = CellText.plain(value), text.hasSuffix("T00:00:00Z") {
                return String(text.prefix { $0 != "T" })
            }
            return value.isNumber && column.unit == nil ? CellText.plain(value) : CellText.readable(value, column)
        }
    }
}
