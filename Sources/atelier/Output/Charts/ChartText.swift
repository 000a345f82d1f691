import Reports

/// A figure drawn with characters, for below a table.
struct ChartText {
    private let figure: Figure
    private let style: ChartStyle
    private let width: Int

    /// A chart is no wider than this, however wide the terminal.
    private static let maximumWidth = 110
    /// The width where nothing says how much room there is.
    private static let standardWidth = 80

    /// - Parameter width: how many columns fit a line; nil where nothing limits it.
    init(_ figure: Figure, style: ChartStyle, width: Int?) {
        self.figure = figure
        self.style = style
        self.width = max(20, min(width ?? ChartText.standardWidth, ChartText.maximumWidth))
    }

    /// The chart's lines; none for a single number, which the table shows.
    func lines() -> [String] {
        switch figure.kind {
        case .number: []
        case .line where figure.series.count == 1: LineChart(figure, style, width).lines()
        case .line: SparklineChart(figure, style, width).lines()
        case .bar: BarChart(figure, style, width, showsShares: false).lines()
        case .pie: BarChart(figure, style, width, showsShares: figure.isWhole).lines()
        case .heatmap: HeatChart(figure, style, width).lines()
        case .scatter: ScatterChart(figure, style, width).lines()
        }
    }
}
