import Analytics
import BSON

/// Rows under headings, in columns that fit the line.
///
/// Rows past the limit are counted, columns that do not fit are named: nothing is left out in silence.
final class TableWriter: RowWriter {
    private let output: Output
    private let description: RowDescription
    private let isQuiet: Bool
    private var shown = RowBuffer()
    private var rowCount = 0

    init(_ output: Output, _ rows: RowDescription, isQuiet: Bool) {
        self.output = output
        description = rows
        self.isQuiet = isQuiet
    }

    func write(_ row: DocumentView) throws {
        rowCount += 1
        if rowCount <= description.maximumTableRows { shown.append(row) }
    }

    func finish() throws {
        let columns = description.columns ?? shown.columns()
        if let heading = description.heading, !isQuiet { try output.write(heading + "\n\n") }
        var notes: [String] = []
        if !columns.isEmpty {
            var layout = TableLayout(
                columns.map { column in
                    TableColumn(
                        column,
                        cells: shown.rows.map { $0.withView { CellText.readable($0.find(column.name), column) } })
                })
            notes = layout.fit(output.width)
            for line in layout.lines() { try output.write(line + "\n") }
        }
        notes.insert(countNote, at: 0)
        if !isQuiet { notes += description.footnotes }
        // What is missing is said even to those who asked for quiet.
        if !isQuiet || notes.count > 1 || rowCount > shown.rows.count {
            try output.write((isQuiet ? "" : "\n") + notes.joined(separator: "\n") + "\n")
        }
        let appendix = description.appendix?(output.width) ?? []
        if !appendix.isEmpty { try output.write("\n" + appendix.joined(separator: "\n") + "\n") }
    }

    private var countNote: String {
        let count = rowCount == 1 ? "1 row" : "\(Progress.grouped(rowCount)) rows"
        guard rowCount > shown.rows.count else { return count }
        let first = "first \(Progress.grouped(shown.rows.count))"
        if let how = description.howToSeeMore { return "The \(first) rows; \(how)" }
        return "\(count), of which the \(first) are shown; --format csv or json prints all"
    }
}

/// A column of a table: its heading and its cells as text.
struct TableColumn {
    let title: String
    let isNumeric: Bool
    var cells: [String]
    var width: Int

    init(_ column: Column, cells: [String]) {
        title = CellText.visible(column.heading)
        isNumeric = column.type.isNumeric
        self.cells = isNumeric ? TableColumn.aligned(cells) : cells
        width = max(DisplayWidth.of(title), self.cells.map(DisplayWidth.of).max() ?? 0)
    }

    /// Numbers with their points below each other: shorter fractions get blanks behind them.
    private static func aligned(_ cells: [String]) -> [String] {
        let fractions = cells.map { cell in cell.firstIndex(of: ".").map { cell[$0...].count } ?? 0 }
        let longest = fractions.max() ?? 0
        return zip(cells, fractions).map { cell, fraction in
            // A percent sign stands where the fraction ends.
            let missing = cell.isEmpty ? 0 : longest - fraction - (fraction == 0 && cell.hasSuffix("%") ? 1 : 0)
            return cell + String(repeating: " ", count: max(0, missing))
        }
    }
}

/// Where columns stand on a line.
struct TableLayout {
    private var columns: [TableColumn]
    private static let gap = "  "

    init(_ columns: [TableColumn]) { self.columns = columns }

    /// Narrows texts, and leaves out the last columns where that is not enough.
    ///
    /// - Parameter width: nil where nothing limits the line; cells are then cut at 80 columns.
    /// - Returns: what was cut, in words.
    mutating func fit(_ width: Int?) -> [String] {
        var notes: [String] = []
        var wasCut = false
        if let width {
            let narrowest = 12
            while total > width, let widest = widestText(over: narrowest) {
                columns[widest].width = max(narrowest, columns[widest].width - (total - width))
                wasCut = true
            }
            var left: [String] = []
            while total > width && columns.count > 1 { left.insert(columns.removeLast().title, at: 0) }
            if !left.isEmpty { notes.append("Not shown, for lack of room: \(left.joined(separator: ", "))") }
            if columns.count == 1 { columns[0].width = min(columns[0].width, max(1, width)) }
        } else {
            for index in columns.indices where columns[index].width > 80 {
                columns[index].width = 80
                wasCut = true
            }
        }
        if wasCut { notes.append("Long values are cut; --format json prints them whole") }
        return notes
    }

    private var total: Int { columns.reduce(0) { $0 + $1.width } + TableLayout.gap.count * max(0, columns.count - 1) }

    /// The widest column of texts that may still be narrowed.
    private func widestText(over narrowest: Int) -> Int? {
        columns.indices.filter { !columns[$0].isNumeric && columns[$0].width > narrowest }
            .max { columns[$0].width < columns[$1].width }
    }

    /// Headings, a rule, and the rows.
    func lines() -> [String] {
        let rule = columns.map { String(repeating: "─", count: $0.width) }.joined(separator: TableLayout.gap)
        let rowCount = columns.first?.cells.count ?? 0
        return [line(columns.map(\.title)), rule] + (0..<rowCount).map { row in line(columns.map { $0.cells[row] }) }
    }

    private func line(_ cells: [String]) -> String {
        var text = ""
        for (index, (cell, column)) in zip(cells, columns).enumerated() {
            let cut = DisplayWidth.cut(cell, to: column.width)
            let blanks = String(repeating: " ", count: max(0, column.width - DisplayWidth.of(cut)))
            if index > 0 { text += TableLayout.gap }
            text += column.isNumeric ? blanks + cut : cut + blanks
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}
