import Analytics
import BSON

/// A saved aggregation's part of the page: its question, chart, table and definition.
struct AnswerSection {
    private let answer: Report.Answer
    private var aggregation: SavedAggregation { answer.aggregation }
    private var id: String { aggregation.name }

    /// A table of more rows stands behind its chart, closed.
    private static let maximumOpenRows = 12

    init(_ answer: Report.Answer) { self.answer = answer }

    var markup: Markup {
        let figure = Figure(aggregation, rows: answer.rows)
        return """
            <article id="\(id)" aria-labelledby="\(id)-title">
            <h3 id="\(id)-title">\(aggregation.title)</h3>
            <p class="question">\(aggregation.question)</p>
            \(figure.map(chart) ?? "")
            \(table(isBehindChart: figure.map { $0.kind != .number && $0.kind != .heatmap } ?? false, figure))
            \(definition)
            </article>

            """
    }

    // MARK: Chart

    private func chart(_ figure: Figure) -> Markup {
        switch figure.kind {
        case .number: numbers(figure)
        case .heatmap: HeatTable(figure, id: id, title: aggregation.title).markup
        default: ChartCanvas(figure, id: id, title: aggregation.title).markup
        }
    }

    private func numbers(_ figure: Figure) -> Markup {
        let items = figure.series.map { series -> Markup in
            let text = series.values[0].map(series.text) ?? "–"
            return "<div><dt>\(series.name)</dt><dd>\(text)</dd></div>"
        }
        return "<dl class=\"numbers\">\(items)</dl>"
    }

    // MARK: Table

    private func table(isBehindChart: Bool, _ figure: Figure?) -> Markup {
        let table = DataTable(answer, id: "\(id)-table")
        // The heat map is a table already, with all its numbers.
        guard figure?.kind == .heatmap || isBehindChart && answer.rows.count > AnswerSection.maximumOpenRows else {
            return table.markup
        }
        return """
            <details class="data">
            <summary>Table: \(table.countText)</summary>
            \(table.markup)
            </details>
            """
    }

    // MARK: Definition

    private var definition: Markup {
        let notes = aggregation.notes.map { note -> Markup in "<li>\(note)</li>" }
        let values = aggregation.parameters.compactMap { parameter -> Markup? in
            guard let value = answer.arguments.values[parameter.name] else { return nil }
            return """
                <div><dt><code>\(parameter.name)</code> \(parameter.description)</dt>\
                <dd>\(value.withValue(CellText.plain))</dd></div>
                """
        }
        let absent = aggregation.parameters.map(\.name).filter { answer.arguments.values[$0] == nil }
        let notesList: Markup = notes.isEmpty ? "" : "<ul>\(notes)</ul>"
        let parameterList: Markup =
            values.isEmpty ? "" : "<h4>Parameters</h4>\n<dl class=\"parameters\">\(values)</dl>"
        let absentLine: Markup = absent.isEmpty ? "" : "<p>Not limited by: \(absent.joined(separator: ", ")).</p>"
        return """
            <details class="definition">
            <summary>Definition<span class="hidden"> of \(aggregation.title)</span></summary>
            \(notesList)
            \(parameterList)
            \(absentLine)
            <p>Asked of the collection <code>\(aggregation.collection)</code>. The same in a terminal: \
            <code>\(command)</code></p>
            </details>
            """
    }

    private var command: String {
        let given = aggregation.parameters.compactMap { parameter -> String? in
            guard let value = answer.arguments.values[parameter.name], value != parameter.defaultValue else {
                return nil
            }
            return " --param " + AnswerSection.quoted("\(parameter.name)=\(value.withValue(CellText.plain))")
        }
        return "atelier run \(aggregation.name)" + given.joined()
    }

    /// A word of the shell's language.
    static func quoted(_ text: String) -> String {
        let plain: (UInt8) -> Bool = {
            65...90 ~= $0 || 97...122 ~= $0 || 48...57 ~= $0 || "=-_.:,/+".utf8.contains($0)
        }
        if text.utf8.allSatisfy(plain) { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
