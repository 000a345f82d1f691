/// A small line of a key figure's history, as SVG; the last month has a dot.
enum Sparkline {
    private static let width = 160.0
    private static let height = 36.0
    private static let margin = 4.0

    static func svg(_ figure: KeyFigure) -> Markup {
        let known = figure.history.enumerated().compactMap { index, value in value.map { (index, $0) } }
        guard known.count > 1, let least = known.map(\.1).min(), let greatest = known.map(\.1).max() else { return "" }
        let points = known.map { index, value in
            (
                x: margin + (width - 2 * margin) * Double(index) / Double(figure.history.count - 1),
                y: greatest == least
                    ? height / 2 : height - margin - (height - 2 * margin) * (value - least) / (greatest - least)
            )
        }
        let path = points.map { "\(tenth($0.x)),\(tenth($0.y))" }.joined(separator: " ")
        return """
            <svg class="spark" viewBox="0 0 160 36" preserveAspectRatio="xMinYMid" role="img" aria-label="\(figure.historyText)">\
            <polyline points="\(path)"/><circle cx="\(tenth(points[points.count - 1].x))" \
            cy="\(tenth(points[points.count - 1].y))" r="3"/></svg>
            """
    }

    private static func tenth(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
