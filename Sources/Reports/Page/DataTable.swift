import Analytics
import BSON

/// Rows as a table for people and for screen readers.
struct DataTable {
    private let columns: [Column]
    private let rows: [Document]
    private let rowCount: Int
    private let title: String
    /// What prints all rows.
    private let command: String
    private let id: String

    /// Rows on the page, and of those the ones on paper.
    static let maximumRows = 100
    static let maximumPrintedRows = 30

    init(_ answer: Report.Answer, id: String) {
        self.init(
            answer.aggregation.columns, answer.rows, of: answer.rowCount, title: answer.aggregation.title, id: id,
            command: "atelier run \(answer.aggregation.name) --format csv")
    }

    init(
        _ columns: [Column], _ rows: [Document], of rowCount: Int? = nil, title: String, id: String, command: String
    ) {
        self.columns = columns
        self.rows = rows
        self.rowCount = rowCount ?? rows.count
        self.title = title
        self.command = command
        self.id = id
    }

    /// `24 rows`, or how many of them are shown.
    var countText: String {
        let count = DataTable.count(rowCount)
        return rowCount > DataTable.maximumRows
            ? "the first \(DataTable.maximumRows) of \(count)" : count
    }

    var markup: Markup {
        let rows = Array(rows.prefix(DataTable.maximumRows))
        let cells = columns.map { DataTable.cells($0, rows) }
        let lines = rows.indices.map { row -> Markup in
            let parts = columns.indices.map { index -> Markup in
                let cell = cells[index][row]
                if index == 0 && !columns[index].type.isNumeric { return "<th scope=\"row\">\(cell)</th>" }
                return columns[index].type.isNumeric ? "<td class=\"n\">\(cell)</td>" : "<td>\(cell)</td>"
            }
            return row < DataTable.maximumPrintedRows ? "<tr>\(parts)</tr>\n" : "<tr class=\"beyond\">\(parts)</tr>\n"
        }
        let headings = columns.map { column -> Markup in
            column.type.isNumeric
                ? "<th scope=\"col\" class=\"n\">\(column.heading)</th>" : "<th scope=\"col\">\(column.heading)</th>"
        }
        return """
            <div class="table" role="region" aria-labelledby="\(id)-caption" tabindex="0">
            <table id="\(id)">
            <caption id="\(id)-caption">\(title): \(countText)</caption>
            <thead><tr>\(headings)</tr></thead>
            <tbody>
            \(lines)</tbody>
            </table>
            </div>
            \(note(rows.count))
            """
    }

    private func note(_ shown: Int) -> Markup {
        if rowCount > shown {
            return """
                <p class="note">\(DataTable.count(rowCount - shown)) more: \
                <code>\(command)</code> prints all.</p>
                """
        }
        if shown > DataTable.maximumPrintedRows {
            return "<p class=\"note printed\">On paper: the first \(DataTable.maximumPrintedRows) rows.</p>"
        }
        return ""
    }

    /// Texts of one column, numbers filled up so that their points stand below each other.
    private static func cells(_ column: Column, _ rows: [Document]) -> [Markup] {
        let texts = rows.map { row in row.withView { CellText.readable($0.find(column.name), column) } }
        guard column.type.isNumeric else { return texts.map { "\(shortened($0))" } }
        let fractions = texts.map { text in
            text.firstIndex(of: ".").map { point in text[point...].utf8.filter { 48...57 ~= $0 }.count } ?? 0
        }
        let longest = fractions.max() ?? 0
        return zip(texts, fractions).map { text, fraction in
            guard !text.isEmpty, fraction < longest else { return "\(text)" }
            // Blanks as wide as a point and as digits.
            let fill = (fraction == 0 ? "\u{2008}" : "") + String(repeating: "\u{2007}", count: longest - fraction)
            return "\(text)<span aria-hidden=\"true\">\(fill)</span>"
        }
    }

    private static func shortened(_ text: String) -> String {
        text.count <= 160 ? text : text.prefix(159) + "…"
    }

    static func count(_ rows: Int) -> String {
        rows == 1 ? "1 row" : CellText.readable(.int64(Int64(rows)), Column(name: "", type: .integer)) + " rows"
    }
}
