import Reports

/// One series as a line over its labels, with the ends of both axes.
struct LineChart {
    private let figure: Figure
    private let style: ChartStyle
    private let width: Int

    private static let rows = 8

    init(_ figure: Figure, _ style: ChartStyle, _ width: Int) {
        self.figure = figure
        self.style = style
        self.width = width
    }

    func lines() -> [String] {
        guard let series = figure.series.first, let range = figure.range, figure.labels.count > 1 else {
            return BarChart(figure, style, width, showsShares: false).lines()
        }
        // From zero where the numbers are not far from it: a line's height is then its amount.
        let isNearZero = range.lowerBound >= 0 && range.lowerBound < range.upperBound / 2
        let least = isNearZero ? 0 : range.lowerBound
        let span = range.upperBound > least ? range.upperBound - least : 1
        let (top, bottom) = (series.text(range.upperBound), series.text(least))
        let labels = PlotFrame.labelWidth([top, bottom], in: width)
        let columns = min(max(8, width - labels - 2), max(40, figure.labels.count * 3))
        var canvas = DotCanvas(style, columns: columns, rows: LineChart.rows)
        var before: (x: Int, y: Int)?
        for (place, value) in series.values.enumerated() {
            guard let value else {
                before = nil
                continue
            }
            let x = place * (canvas.width - 1) / (figure.labels.count - 1)
            let y = Int(((value - least) / span * Double(canvas.height - 1)).rounded())
            canvas.line(from: before ?? (x, y), to: (x, y), series: 0)
            before = (x, y)
        }
        let name = series.name + (figure.x.map { " by \($0.title.lowercased())" } ?? "")
        return [name]
            + PlotFrame(
                style: style, canvas: canvas, top: top, bottom: bottom, left: figure.labels.first ?? "",
                right: figure.labels.last ?? ""
            ).lines()
    }
}
