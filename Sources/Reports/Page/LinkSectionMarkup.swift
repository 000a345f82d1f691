import Analytics
import BSON

/// The graph's or the recommendations' part of the page.
struct LinkSectionMarkup {
    private let section: LinkSection

    /// A table of more rows stands behind its chart or drawing, closed.
    private static let maximumOpenRows = 12

    init(_ section: LinkSection) { self.section = section }

    var markup: Markup {
        let id = "links-\(section.topic)"
        return """
            <section class="topic links" aria-labelledby="\(id)">
            <h2 id="\(id)">\(section.title)</h2>
            <p class="lead">\(section.lead)</p>
            \(section.exhibits.map(article))
            </section>

            """
    }

    private func article(_ exhibit: Exhibit) -> Markup {
        let figures = exhibit.numbers.map { number -> Markup in
            "<div><dt>\(number.name)</dt><dd>\(number.text)</dd></div>"
        }
        let numbers: Markup = figures.isEmpty ? "" : "<dl class=\"numbers\">\(figures)</dl>"
        let lines = exhibit.list.map { line -> Markup in "<li>\(line)</li>\n" }
        let list: Markup = lines.isEmpty ? "" : "<ol class=\"recommended\">\n\(lines)</ol>"
        let notes = exhibit.notes.map { note -> Markup in "<p class=\"note\">\(note)</p>\n" }
        return """
            <article id="\(exhibit.id)" aria-labelledby="\(exhibit.id)-title">
            <h3 id="\(exhibit.id)-title">\(exhibit.title)</h3>
            <p class="question">\(exhibit.text)</p>
            \(numbers)
            \(drawing(of: exhibit))
            \(list)
            \(notes)
            \(exhibit.tables.enumerated().map { table($1, number: $0, of: exhibit) })
            \(definition(exhibit))
            </article>

            """
    }

    private func drawing(of exhibit: Exhibit) -> Markup {
        guard let drawing = exhibit.drawing, let svg = drawing.svg else { return "" }
        return """
            <figure class="drawing">
            <div role="img" tabindex="0" aria-label="\(drawing.summary)" aria-describedby="\(exhibit.id)-table">
            \(Markup(trusted: svg))
            </div>
            </figure>
            """
    }

    private func table(_ table: Exhibit.Table, number: Int, of exhibit: Exhibit) -> Markup {
        let id = number == 0 ? exhibit.id : "\(exhibit.id)-\(number + 1)"
        let data = DataTable(
            table.columns, table.rows, title: table.title, id: "\(id)-table", command: "\(exhibit.command) --format csv"
        )
        let chart = table.chart.flatMap { Figure($0, columns: table.columns, rows: table.rows) }
            .map { ChartCanvas($0, id: id, title: table.title).markup }
        let drawn: Markup = chart ?? ""
        let isBehind = chart != nil || exhibit.drawing?.svg != nil
        guard isBehind && table.rows.count > LinkSectionMarkup.maximumOpenRows else {
            return "\(drawn)\n\(data.markup)"
        }
        return """
            \(drawn)
            <details class="data">
            <summary>Table: \(data.countText)</summary>
            \(data.markup)
            </details>
            """
    }

    private func definition(_ exhibit: Exhibit) -> Markup {
        let notes = exhibit.definitions.map { note -> Markup in "<li>\(note)</li>" }
        let list: Markup = notes.isEmpty ? "" : "<ul>\(notes)</ul>"
        return """
            <details class="definition">
            <summary>Definition<span class="hidden"> of \(exhibit.title)</span></summary>
            \(list)
            <p>The same in a terminal, and more: <code>\(exhibit.command)</code></p>
            </details>
            """
    }
}
