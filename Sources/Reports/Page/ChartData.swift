import Analytics

/// What the page's script draws: labels and numbers, with the texts that people read for them.
struct ChartData {
    private var figure: Figure
    private let left: Int
    private let leftSeries: Int

    /// Limits of what can be told apart.
    private static let maximumBars = 30
    private static let maximumSlices = 8
    private static let maximumPoints = 1000
    private static let maximumSeries = 12

    init(_ figure: Figure) {
        self.figure = figure
        switch figure.kind {
        case .bar: left = self.figure.limit(labels: ChartData.maximumBars)
        case .pie where figure.isWhole:
            self.figure.foldRest(after: ChartData.maximumSlices - 1)
            left = 0
        default: left = self.figure.limit(labels: ChartData.maximumPoints)
        }
        leftSeries = self.figure.limit(series: ChartData.maximumSeries)
    }

    /// How the numbers are drawn.
    private var shape: PageChart.Shape {
        switch figure.kind {
        case .scatter: return .scatter
        case .line: return .line
        case .pie where figure.isWhole: return .pie
        default:
            let longest = figure.labels.map(\.count).max() ?? 0
            return longest > 8 || figure.labels.count * longest > 110 ? .bars : .columns
        }
    }

    /// What is not drawn, in words.
    var note: String? {
        var parts: [String] = []
        if left > 0 { parts.append("the first \(figure.labels.count) of \(figure.labels.count + left) rows") }
        if leftSeries > 0 {
            parts.append("the first \(figure.series.count) of \(figure.series.count + leftSeries) series")
        }
        return parts.isEmpty ? nil : "Drawn: \(parts.joined(separator: ", "))."
    }

    /// The chart in a sentence or two.
    func summary(_ title: String) -> String {
        let kind = [.line: "Line chart", .scatter: "Scatter plot", .pie: "Pie chart"][shape] ?? "Bar chart"
        if figure.kind == .scatter {
            let count = figure.clouds.reduce(0) { $0 + $1.points.count }
            return "\(kind): \(title). \(count) points. The table holds the numbers."
        }
        var sentences = ["\(kind): \(title)."]
        if let first = figure.labels.first, let last = figure.labels.last, figure.labels.count > 1, shape == .line {
            sentences.append("From \(first) to \(last).")
        }
        for series in figure.series.prefix(4) {
            let known = zip(figure.labels, series.values).compactMap { label, value in value.map { (label, $0) } }
            guard let least = known.min(by: { $0.1 < $1.1 }), let greatest = known.max(by: { $0.1 < $1.1 }) else {
                continue
            }
            sentences.append(
                "\(series.name): least \(series.text(least.1)) (\(least.0)), greatest \(series.text(greatest.1)) (\(greatest.0))."
            )
        }
        return (sentences + ["The table holds the numbers."]).joined(separator: " ")
    }

    /// What the script is given.
    var chart: PageChart {
        PageChart(
            shape, x: figure.x?.title ?? "", labels: figure.labels, series: figure.kind == .scatter ? clouds : series)
    }

    private var series: [PageChart.Series] {
        figure.series.map { series in
            PageChart.Series(
                name: series.name, title: series.column.heading, unit: series.column.unit?.rawValue ?? "",
                values: series.values, texts: series.values.map { $0.map(series.text) ?? "" })
        }
    }

    private var clouds: [PageChart.Series] {
        figure.clouds.prefix(ChartData.maximumSeries).map { cloud in
            PageChart.Series(
                name: cloud.name, title: cloud.y.heading, unit: cloud.y.unit?.rawValue ?? "",
                xUnit: figure.x?.unit?.rawValue ?? "", points: Array(cloud.points.prefix(ChartData.maximumPoints)))
        }
    }
}

extension Figure {
    /// Whether the numbers are parts of a whole: one series, none negative.
    public var isWhole: Bool {
        series.count == 1 && series[0].values.allSatisfy { ($0 ?? 0) >= 0 }
            && series[0].values.contains { ($0 ?? 0) > 0 }
    }
}
