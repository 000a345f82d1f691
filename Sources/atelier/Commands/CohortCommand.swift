import Analytics
import BSON
import Glibc

extension Option {
    fileprivate static let counts = Option("counts", "Numbers of customers instead of shares")
}

extension Command {
    static let cohort = Command(
        name: "cohort", summary: "Show how many customers of each month come back, month by month",
        options: [.parameter, .counts, .store, .aggregations] + Option.output,
        details: [
            "A row for the customers of each month of first purchase, a column for each month since then, shaded by the share who "
                + "bought in it. `atelier describe cohort-retention` says what counts and lists the parameters.",
            "A table and markdown show the matrix; csv, json and ndjson hold a row for each cohort and age.",
        ],
        examples: ["atelier cohort", "atelier cohort --param from=2025-01-01 --counts", "atelier cohort --format csv"]
    ) { invocation in
        let aggregation = try UsageError.rethrowing {
            try invocation.aggregationCatalog().aggregation(named: "cohort-retention")
        }
        let arguments = try invocation.arguments(of: aggregation)
        let format = try invocation.format()
        let isMatrix = format == .table || format == .markdown
        if invocation.isSet(.counts) && !isMatrix {
            throw UsageError("--counts is for tables and markdown; csv, json and ndjson hold both")
        }
        try invocation.withStore { store in
            let progress = Progress("Following cohorts", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let rows = try aggregation.run(arguments, on: store.database).rows.all()
            progress.finish()
            guard isMatrix else {
                try invocation.printRows(RowDescription(columns: aggregation.columns)) { write in
                    for row in rows { try row.withView(write) }
                }
                return
            }
            let matrix = CohortMatrix(rows, showsCounts: invocation.isSet(.counts))
            if format == .markdown {
                try invocation.printRows(RowDescription(columns: matrix.columns)) { write in
                    for row in matrix.documents { try row.withView(write) }
                }
            } else {
                let output = try invocation.output()
                let style = ChartStyle.standard(invocation.value(.out) == nil ? STDOUT_FILENO : -1)
                for line in matrix.lines(style, width: output.width, isQuiet: invocation.isQuiet) {
                    try output.write(line + "\n")
                }
                try output.finish()
            }
        }
    }
}

/// Cohorts below each other, months since the first purchase side by side.
struct CohortMatrix {
    private struct Cell {
        let customers: Int
        let rate: Double
        let isComplete: Bool
    }

    private struct Cohort {
        let name: String
        let size: Int
        var cells: [Int: Cell] = [:]
    }

    private var cohorts: [Cohort] = []
    private let showsCounts: Bool

    /// - Parameter rows: of the saved aggregation `cohort-retention`, in its order.
    init(_ rows: [Document], showsCounts: Bool) {
        self.showsCounts = showsCounts
        for row in rows {
            let name = row["cohort"]?.stringValue ?? ""
            if cohorts.last?.name != name {
                cohorts.append(Cohort(name: name, size: Int(row["size"]?.integerValue ?? 0)))
            }
            guard let age = row["age"]?.integerValue else { continue }
            cohorts[cohorts.count - 1].cells[Int(age)] = Cell(
                customers: Int(row["customers"]?.integerValue ?? 0), rate: row["rate"]?.doubleValue ?? 0,
                isComplete: row["complete"]?.boolValue ?? true)
        }
    }

    private var ages: [Int] { Array(0...(cohorts.flatMap(\.cells.keys).max() ?? 0)) }

    private func text(_ cell: Cell) -> String {
        number(cell) + (cell.isComplete ? "" : "*")
    }

    private func number(_ cell: Cell) -> String {
        showsCounts ? Progress.grouped(cell.customers) : rounded(cell.rate * 100, 0) + "%"
    }

    /// The share over all cohorts that have a complete month of this age.
    private func mean(_ age: Int) -> Double? {
        let cells = cohorts.compactMap { cohort in cohort.cells[age].map { (cohort.size, $0) } }.filter(\.1.isComplete)
        let size = cells.reduce(0) { $0 + $1.0 }
        return size > 0 ? Double(cells.reduce(0) { $0 + $1.1.customers }) / Double(size) : nil
    }

    // MARK: Markdown

    var columns: [Column] {
        [Column(name: "cohort", type: .string, title: "Cohort"), Column(name: "size", type: .integer, title: "Size")]
            + ages.map { Column(name: "age\($0)", type: .string, title: "\($0)") }
    }

    var documents: [Document] {
        cohorts.map { cohort in
            Document(
                [("cohort", .string(cohort.name)), ("size", .integer(cohort.size))]
                    + cohort.cells.sorted { $0.key < $1.key }.map { ("age\($0.key)", .string(text($0.value))) })
        }
    }

    // MARK: Table

    /// The matrix as lines of text; ages that do not fit are named.
    func lines(_ style: ChartStyle, width: Int?, isQuiet: Bool) -> [String] {
        guard !cohorts.isEmpty else { return ["0 rows"] }
        let names = ["Cohort", "All"] + cohorts.map(\.name)
        let nameWidth = names.map { DisplayWidth.of($0) }.max() ?? 0
        let sizeWidth = max(4, Progress.grouped(cohorts.reduce(0) { $0 + $1.size }).count)
        // A blank, the number, a mark, and a star.
        let cellWidth = (cohorts.flatMap { $0.cells.values.map { number($0).count } }.max() ?? 4) + 3
        let left = nameWidth + 2 + sizeWidth + 1
        var shown = ages
        if let width { shown = Array(shown.prefix(max(1, (width - left) / cellWidth))) }
        func line(_ name: String, _ size: String, _ cells: [String]) -> String {
            let start = style.fitted(name, nameWidth) + "  " + style.fitted(size, sizeWidth, toTheRight: true) + " "
            var text = start + cells.joined()
            while text.last == " " { text.removeLast() }
            return text
        }
        func plain(_ text: String) -> String { style.fitted(text + "  ", cellWidth, toTheRight: true) }
        var lines: [String] = []
        if !isQuiet {
            lines += [
                showsCounts
                    ? "Customers who bought again, by months since the first purchase"
                    : "Share of customers who bought again, by months since the first purchase", "",
            ]
        }
        lines.append(line("Cohort", "Size", shown.map { plain("\($0)") }))
        let rule = style.isUnicode ? "─" : "-"
        lines.append(String(repeating: rule, count: left + cellWidth * shown.count - 1))
        for cohort in cohorts {
            let cells = shown.map { age in
                cohort.cells[age].map { shaded($0, age, cellWidth, style) } ?? plain("")
            }
            lines.append(line(cohort.name, Progress.grouped(cohort.size), cells))
        }
        if !showsCounts {
            let all = cohorts.reduce(0) { $0 + $1.size }
            lines.append(
                line(
                    "All", Progress.grouped(all),
                    shown.map { plain(mean($0).map { rounded($0 * 100, 0) + "%" } ?? "") }))
        }
        var notes: [String] = []
        if shown.count < ages.count {
            notes.append(
                "Not shown, for lack of room: months \(shown.count) to \(ages.count - 1); --format csv has all")
        }
        if !isQuiet {
            let isPartial = cohorts.contains { $0.cells.values.contains { !$0.isComplete } }
            if isPartial { notes.append("* The data end within that month; All leaves it out.") }
            notes.append("The first cohort also holds customers who bought before the data begin.")
        }
        return lines + (notes.isEmpty ? [] : [""] + notes)
    }

    /// The cell with a mark, or on a background, that grows with the share; the first month is always all.
    private func shaded(_ cell: Cell, _ age: Int, _ width: Int, _ style: ChartStyle) -> String {
        let star = cell.isComplete ? " " : "*"
        func fitted(_ mark: String) -> String { style.fitted(number(cell) + mark + star, width, toTheRight: true) }
        guard age > 0 else { return fitted(" ") }
        let others = cohorts.flatMap { $0.cells.filter { $0.key > 0 && $0.value.isComplete }.values }
        let highest = max(others.map(\.rate).max() ?? 0, 1e-9)
        let step = max(0, min(4, Int(cell.rate / highest * 5)))
        if style.isColoured {
            // Blues of the 256-colour palette, with a foreground that can be read on each.
            let (background, foreground) = [(195, 16), (153, 16), (110, 16), (67, 231), (24, 231)][step]
            return "\u{1B}[48;5;\(background);38;5;\(foreground)m\(fitted(" "))\u{1B}[0m"
        }
        let mark = style.isUnicode ? [" ", "░", "▒", "▓", "█"][step] : [" ", ".", ":", "+", "#"][step]
        return fitted(mark)
    }
}
