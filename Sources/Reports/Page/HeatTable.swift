/// A heat map as a table whose cells are shaded: it needs no script, and screen readers and printers have its numbers.
struct HeatTable {
    private var figure: Figure
    private let id: String
    private let title: String
    private let left: (labels: Int, series: Int)

    /// Shades a cell may have, from none to the darkest.
    private static let shades = 10

    init(_ figure: Figure, id: String, title: String) {
        self.figure = figure
        self.id = id
        self.title = title
        left = (self.figure.limit(labels: 60), self.figure.limit(series: 100))
    }

    var markup: Markup {
        let headings = figure.labels.map { label -> Markup in "<th scope=\"col\" class=\"n\">\(label)</th>" }
        let rows = figure.series.map { series -> Markup in
            let cells = series.values.map { value -> Markup in
                guard let value else { return "<td></td>" }
                return "<td class=\"n h\(shade(value))\">\(series.text(value))</td>"
            }
            return "<tr><th scope=\"row\">\(series.name)</th>\(cells)</tr>\n"
        }
        let axis = [figure.seriesColumn?.title, figure.x?.title].compactMap(\.self).joined(separator: " by ")
        return """
            <div class="table heat" role="region" aria-labelledby="\(id)-heat" tabindex="0">
            <table>
            <caption id="\(id)-heat">\(title): \(figure.series.first?.column.title ?? ""), \(axis.lowercasedFirst)\(scale)</caption>
            <thead><tr><th scope="col">\(figure.seriesColumn?.title ?? "")</th>\(headings)</tr></thead>
            <tbody>
            \(rows)</tbody>
            </table>
            </div>
            \(note)
            """
    }

    private var scale: String {
        guard let range = figure.range, let series = figure.series.first else { return "" }
        return "; the darker, the more: from \(series.text(range.lowerBound)) to \(series.text(range.upperBound))"
    }

    private var note: Markup {
        guard left.labels > 0 || left.series > 0 else { return "" }
        return "<p class=\"note\">Not shown, for lack of room: \(left.labels) columns, \(left.series) rows.</p>"
    }

    private func shade(_ value: Double) -> Int {
        guard let range = figure.range, range.upperBound > range.lowerBound else { return HeatTable.shades / 2 }
        let part = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        return min(HeatTable.shades - 1, Int(part * Double(HeatTable.shades)))
    }
}
