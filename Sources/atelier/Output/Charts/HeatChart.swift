import Reports

/// A grid of shaded cells: the darker, the more.
struct HeatChart {
    private var figure: Figure
    private let style: ChartStyle
    private let nameWidth: Int
    private let cellWidth: Int
    private let left: (columns: Int, rows: Int)

    private static let maximumRows = 40

    init(_ figure: Figure, _ style: ChartStyle, _ width: Int) {
        self.figure = figure
        self.style = style
        nameWidth = min(max(6, width / 4), figure.series.map { DisplayWidth.of($0.name) }.max() ?? 0)
        let room = width - nameWidth - 1
        cellWidth = max(2, min(6, room / max(1, figure.labels.count)))
        left = (self.figure.limit(labels: max(1, room / cellWidth)), self.figure.limit(series: HeatChart.maximumRows))
    }

    func lines() -> [String] {
        guard let range = figure.range, let series = figure.series.first else { return [] }
        var lines = [heading]
        lines += figure.series.map { series in
            let cells = series.values.map { value in
                value.map { String(repeating: shade($0, range), count: cellWidth) }
                    ?? String(repeating: " ", count: cellWidth)
            }
            return (style.fitted(series.name, nameWidth) + " " + style.coloured(cells.joined(), 0)).trimmedAtEnd
        }
        let shades = shades.map { String(repeating: $0, count: 2) }.joined()
        lines.append(
            "\(series.text(range.lowerBound)) \(style.coloured(shades, 0)) \(series.text(range.upperBound))  "
                + series.column.title)
        if left.columns > 0 || left.rows > 0 {
            lines.append("Not drawn, for lack of room: \(left.columns) columns, \(left.rows) rows")
        }
        return lines
    }

    /// The labels above their cells, as many as there is room for.
    private var heading: String {
        var line = style.fitted("", nameWidth + 1)
        for (place, label) in figure.labels.enumerated() {
            let start = nameWidth + 1 + place * cellWidth
            let used = DisplayWidth.of(line)
            let isLast = place == figure.labels.count - 1
            guard used < start || place == 0 || used == start && line.last == " " else { continue }
            if isLast && DisplayWidth.of(label) > cellWidth && used > start { continue }
            line +=
                String(repeating: " ", count: max(0, start - used))
                + style.fitted(label, min(12, DisplayWidth.of(label)))
            line += " "
        }
        return line.trimmedAtEnd
    }

    private var shades: [Character] { style.isUnicode ? Array("░▒▓█") : Array(".:+#") }

    private func shade(_ value: Double, _ range: ClosedRange<Double>) -> Character {
        let span = range.upperBound - range.lowerBound
        guard span > 0 else { return shades[1] }
        let part = (value - range.lowerBound) / span
        return shades[max(0, min(shades.count - 1, Int(part * Double(shades.count))))]
    }
}
