import Reports

/// One small line of blocks a series, over the same labels and, where they count the same, on the same scale.
struct SparklineChart {
    private var figure: Figure
    private let style: ChartStyle
    private let width: Int
    private let left: Int

    private static let maximumSeries = 15

    init(_ figure: Figure, _ style: ChartStyle, _ width: Int) {
        self.figure = figure
        self.style = style
        self.width = width
        left = self.figure.limit(series: SparklineChart.maximumSeries)
    }

    func lines() -> [String] {
        let nameWidth = min(max(8, width / 4), figure.series.map { DisplayWidth.of($0.name) }.max() ?? 0)
        let ends = figure.series.map(ends)
        let endWidth = ends.map(DisplayWidth.of).max() ?? 0
        let room = max(8, width - nameWidth - endWidth - 4)
        let columns = SparklineChart.columns(of: figure.labels.count, in: room)
        var lines = figure.series.enumerated().map { index, series -> String in
            let line = SparklineChart.spark(series.values, scale(of: series), columns, style)
            return
                (style.fitted(series.name, nameWidth) + "  " + style.coloured(line, index)
                + String(repeating: " ", count: max(0, columns.count - DisplayWidth.of(line))) + "  " + ends[index])
                .trimmedAtEnd
        }
        if let first = figure.labels.first, let last = figure.labels.last, figure.labels.count > 1 {
            let separator = style.isUnicode ? " – " : " - "
            lines.append(style.fitted("", nameWidth + 2) + first + separator + last)
        }
        if left > 0 { lines.append("and \(left) more, not drawn") }
        return lines
    }

    private func ends(_ series: Figure.Series) -> String {
        let known = series.values.compactMap(\.self)
        guard let least = known.min(), let greatest = known.max() else { return "" }
        return "\(series.text(least)) to \(series.text(greatest))"
    }

    private func scale(of series: Figure.Series) -> ClosedRange<Double> {
        let values = figure.series.filter {
            $0.column.unit == series.column.unit && $0.column.type == series.column.type
        }
        .flatMap { $0.values.compactMap(\.self) }
        guard let least = values.min(), let greatest = values.max() else { return 0...0 }
        return least...greatest
    }

    /// Which values each column of the line shows: some where there are more values than columns, one in several columns
    /// where there is room.
    static func columns(of count: Int, in room: Int) -> [Range<Int>] {
        guard count > 0 else { return [] }
        if count <= room {
            let times = max(1, min(4, room / count))
            return (0..<count).flatMap { Array(repeating: $0..<($0 + 1), count: times) }
        }
        return (0..<room).map { (count * $0 / room)..<(count * ($0 + 1) / room) }
    }

    /// A character for each column: the mean of its values, a blank where there is none.
    static func spark(
        _ values: [Double?], _ scale: ClosedRange<Double>, _ columns: [Range<Int>], _ style: ChartStyle
    ) -> String {
        let levels = Array(style.isUnicode ? "▁▂▃▄▅▆▇█" : "_.-=+*%#")
        let span = scale.upperBound - scale.lowerBound
        return String(
            columns.map { range in
                let known = values[range].compactMap(\.self)
                guard !known.isEmpty else { return " " }
                let mean = known.reduce(0, +) / Double(known.count)
                let part = span > 0 ? (mean - scale.lowerBound) / span : 0.5
                return levels[max(0, min(levels.count - 1, Int(part * Double(levels.count))))]
            })
    }
}
