import Reports

/// Bars that lie, one below the other, each with its label and number; those below zero go to the left.
struct BarChart {
    private var figure: Figure
    private let style: ChartStyle
    private let width: Int
    private let showsShares: Bool
    private let left: Int

    private static let maximumBars = 25

    init(_ figure: Figure, _ style: ChartStyle, _ width: Int, showsShares: Bool) {
        self.figure = figure
        self.style = style
        self.width = width
        self.showsShares = showsShares
        if showsShares { self.figure.foldRest(after: BarChart.maximumBars - 1) }
        left = self.figure.limit(labels: max(1, BarChart.maximumBars / max(1, figure.series.count)))
    }

    func lines() -> [String] {
        let texts = figure.series.map { series in series.values.map { $0.map { text($0, series) } ?? "" } }
        let names = figure.series.count == 1 ? figure.labels : figure.series.map { "  " + $0.name }
        let labelWidth = min(
            max(8, width / 3), (names + (figure.series.count == 1 ? [] : figure.labels)).map(DisplayWidth.of).max() ?? 0
        )
        let textWidth = texts.joined().map(DisplayWidth.of).max() ?? 0
        let room = max(4, width - labelWidth - textWidth - 2)
        var lines: [String] = []
        for (place, label) in figure.labels.enumerated() {
            if figure.series.count > 1 { lines.append(style.fitted(label, labelWidth).trimmedAtEnd) }
            for (index, series) in figure.series.enumerated() {
                let name = figure.series.count > 1 ? "  " + series.name : label
                let bar = series.values[place].map { self.bar($0, scale(of: series), room) } ?? ""
                let line =
                    style.fitted(name, labelWidth) + " " + style.coloured(bar, index)
                    + String(repeating: " ", count: room - DisplayWidth.of(bar) + 1)
                    + style.fitted(texts[index][place], textWidth, toTheRight: true)
                lines.append(line.trimmedAtEnd)
            }
        }
        if left > 0 { lines.append("and \(left) more, not drawn") }
        return lines
    }

    private func text(_ value: Double, _ series: Figure.Series) -> String {
        guard showsShares else { return series.text(value) }
        let total = series.values.reduce(0) { $0 + ($1 ?? 0) }
        let tenths = Int((value / total * 1000).rounded())
        let share = style.fitted("\(tenths / 10).\(tenths % 10)%", 6, toTheRight: true)
        return "\(series.text(value)) \(share)"
    }

    /// Series that count the same share a scale.
    private func scale(of series: Figure.Series) -> ClosedRange<Double> {
        let values = figure.series.filter { $0.column.unit == series.column.unit }
            .flatMap { $0.values.compactMap(\.self) }
        return min(0, values.min() ?? 0)...max(0, values.max() ?? 0)
    }

    private func bar(_ value: Double, _ scale: ClosedRange<Double>, _ room: Int) -> String {
        let span = scale.upperBound - scale.lowerBound
        guard span > 0 else { return "" }
        let zero = Int((-scale.lowerBound / span * Double(room)).rounded())
        if value < 0 {
            let length = max(1, Int((-value / span * Double(room)).rounded()))
            return String(repeating: " ", count: max(0, zero - length)) + block(min(length, zero))
        }
        let eighths = Int((value / span * Double(room) * 8).rounded())
        let whole = min(eighths / 8, room - zero)
        var bar = String(repeating: " ", count: zero) + block(whole)
        let rest = whole == eighths / 8 ? eighths % 8 : 0
        if style.isUnicode, rest > 0, zero + whole < room {
            bar.append(Array("▏▎▍▌▋▊▉")[rest - 1])
        } else if value > 0, whole == 0 {
            bar += style.isUnicode ? "▏" : "|"
        }
        return bar
    }

    private func block(_ count: Int) -> String { String(repeating: style.isUnicode ? "█" : "#", count: count) }
}

extension String {
    /// Without blanks at the end.
    var trimmedAtEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
