import Analytics
import BSON
import Reports

/// Points on a plane, each group in its colour or with its mark.
struct ScatterChart {
    private let figure: Figure
    private let style: ChartStyle
    private let width: Int

    private static let rows = 14

    init(_ figure: Figure, _ style: ChartStyle, _ width: Int) {
        self.figure = figure
        self.style = style
        self.width = width
    }

    func lines() -> [String] {
        let points = figure.clouds.flatMap(\.points)
        guard let cloud = figure.clouds.first, let x = figure.x,
            let west = points.map(\.x).min(), let east = points.map(\.x).max(),
            let south = points.map(\.y).min(), let north = points.map(\.y).max()
        else { return [] }
        let (top, bottom) = (text(north, cloud.y), text(south, cloud.y))
        let labels = PlotFrame.labelWidth([top, bottom], in: width)
        var canvas = DotCanvas(style, columns: max(8, min(70, width - labels - 2)), rows: ScatterChart.rows)
        let place = { (value: Double, from: Double, to: Double, dots: Int) in
            to > from ? Int(((value - from) / (to - from) * Double(dots - 1)).rounded()) : dots / 2
        }
        for (index, cloud) in figure.clouds.enumerated() {
            for point in cloud.points {
                canvas.set(
                    place(point.x, west, east, canvas.width), place(point.y, south, north, canvas.height), series: index
                )
            }
        }
        var lines = ["\(cloud.y.title) by \(x.title.lowercased())"]
        lines += PlotFrame(
            style: style, canvas: canvas, top: top, bottom: bottom, left: text(west, x), right: text(east, x)
        ).lines()
        if figure.clouds.count > 1 && (style.isColoured || !style.isUnicode) {
            let names = figure.clouds.enumerated().map { index, cloud in
                style.coloured(style.isUnicode ? "●" : String(DotCanvas.mark(index)), index) + " " + cloud.name
            }
            lines.append(names.joined(separator: "  "))
        }
        return lines
    }

    private func text(_ value: Double, _ column: Column) -> String {
        Figure.Series(name: "", column: column, values: []).text(value)
    }
}
