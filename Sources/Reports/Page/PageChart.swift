import BSON

/// A chart of a page: a canvas that the page's script draws on, with its numbers and what they say in words.
public struct PageChart {
    public enum Shape: String, Sendable {
        case line, scatter, pie
        /// Bars that lie, one below the other, with their labels before them.
        case bars
        /// Bars that stand.
        case columns
        /// As `bars`, with a mark in place of each bar, so that many series share a line.
        case dots
    }

    /// Numbers, one for each label; of a scatter plot, points.
    public struct Series {
        let name: String
        let title: String
        let unit: String
        let xUnit: String
        let values: [BSONValue]
        let texts: [String]

        /// - Parameters:
        ///   - title: what the numbers are, for the axis.
        ///   - unit: `ratio` for shares, `currency`, or nothing.
        ///   - values: nil where there is none.
        ///   - texts: the numbers as people read them.
        public init(name: String, title: String, unit: String = "", values: [Double?], texts: [String]) {
            self.name = name
            self.title = title
            self.unit = unit
            xUnit = ""
            self.values = values.map { $0.map(PageChart.number) ?? .null }
            self.texts = texts
        }

        /// A cloud of points.
        public init(
            name: String, title: String, unit: String = "", xUnit: String = "", points: [(x: Double, y: Double)]
        ) {
            self.name = name
            self.title = title
            self.unit = unit
            self.xUnit = xUnit
            values = points.map { .array([PageChart.number($0.x), PageChart.number($0.y)]) }
            texts = []
        }
    }

    private let shape: Shape
    private let x: String
    private let labels: [String]
    private let series: [Series]
    private let base: Double?
    private let isLogarithmic: Bool
    private let isConnected: Bool

    /// - Parameters:
    ///   - x: what the labels are.
    ///   - isLogarithmic: whether equal steps along the numbers' axis (of a scatter plot, both axes) are equal factors.
    ///   - base: where bars begin; otherwise at zero.
    ///   - isConnected: whether lines connect a cloud's points.
    public init(
        _ shape: Shape, x: String = "", labels: [String] = [], series: [Series], isLogarithmic: Bool = false,
        base: Double? = nil, isConnected: Bool = false
    ) {
        self.shape = shape
        self.x = x
        self.labels = labels
        self.series = series
        self.isLogarithmic = isLogarithmic
        self.base = base
        self.isConnected = isConnected
    }

    /// - Parameters:
    ///   - summary: the chart in a sentence or two, for those who do not see it.
    ///   - table: the id of the table with the numbers.
    public func markup(summary: String, table: String, note: String? = nil) -> Markup {
        let rows = labels.count * (shape == .bars ? max(1, series.count) : 1)
        let caption: Markup = note.map { "<figcaption>\($0)</figcaption>" } ?? ""
        return """
            <figure class="chart" data-shape="\(shape.rawValue)" style="--rows:\(rows)">
            <div class="canvas"><canvas role="img" aria-label="\(summary)" aria-describedby="\(table)"></canvas></div>
            <script type="application/json">\(Markup(trusted: json))</script>
            \(caption)
            </figure>
            """
    }

    /// JSON that can stand within a script element.
    private var json: String {
        var elements: [(String, BSONValue)] = [
            ("shape", .string(shape.rawValue)), ("x", .string(x)),
            ("labels", .array(BSONArray(labels.map { .string($0) }))),
            ("series", .array(BSONArray(documents: series.map(PageChart.document)))),
        ]
        if isLogarithmic { elements.append(("scale", "logarithmic")) }
        if isConnected { elements.append(("connected", true)) }
        if let base { elements.append(("base", PageChart.number(base))) }
        var result = ""
        for scalar in Document(elements).extendedJSON().unicodeScalars {
            switch scalar {
            case "<": result += "\\u003c"
            case ">": result += "\\u003e"
            case "&": result += "\\u0026"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func document(_ series: Series) -> Document {
        var elements: [(String, BSONValue)] = [
            ("name", .string(series.name)), ("title", .string(series.title)), ("unit", .string(series.unit)),
        ]
        if series.texts.isEmpty { elements.append(("xUnit", .string(series.xUnit))) }
        elements.append(("values", .array(BSONArray(series.values))))
        if !series.texts.isEmpty {
            elements.append(("texts", .array(BSONArray(series.texts.map { .string($0) }))))
        }
        return Document(elements)
    }

    /// Whole numbers without a point, to save bytes.
    fileprivate static func number(_ value: Double) -> BSONValue {
        if let whole = Int32(exactly: value) { return .int32(whole) }
        return .double(value)
    }
}
