/// A chart that the page's script draws; for screen readers a summary, and a reference to the table with the numbers.
struct ChartCanvas {
    private let data: ChartData
    private let id: String
    private let title: String

    /// - Parameter id: the table's id is this and `-table`.
    init(_ figure: Figure, id: String, title: String) {
        data = ChartData(figure)
        self.id = id
        self.title = title
    }

    var markup: Markup { data.chart.markup(summary: data.summary(title), table: "\(id)-table", note: data.note) }
}
