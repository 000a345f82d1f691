import Reports

/// A comparison as one HTML file (`HTMLPage`): what comes out first, then how it was measured, then every question.
///
/// Where documents lose comes before where they gain. The same report and library give the same bytes.
public struct ComparisonPage {
    let report: ComparisonReport
    private let chartLibrary: String

    /// - Parameter chartLibrary: the text of Chart.js 3 or 4 as one script that defines `Chart`.
    public init(_ report: ComparisonReport, chartLibrary: String) {
        self.report = report
        self.chartLibrary = chartLibrary
    }

    /// The file's text.
    public var html: String {
        let sections = self.sections
        let facts = report.facts.map { fact -> Markup in "<div><dt>\(fact.name)</dt><dd>\(fact.value)</dd></div>" }
        return HTMLPage(
            title: report.title, style: String(decoding: PackageResources.comparison_css, as: UTF8.self),
            facts: "<div><dt>Measured</dt><dd>\(HTMLPage.time(report.computedAt))</dd></div>\(facts)",
            contents: sections.map { HTMLPage.Entry(id: $0.id, title: $0.title, entries: $0.entries) },
            main: "\(sections.map(markup))",
            footer: """
                <p>Made by Atelier. Times are of whole answers, in milliseconds (ms). A comma separates thousands, a point decimals; \
                a megabyte (MB) is a million bytes.</p>
                """,
            chartLibrary: chartLibrary
        ).html
    }

    /// A part of the page, and its lines in the contents.
    struct Section {
        let id: String
        let title: String
        var lead: Markup = ""
        let content: Markup
        var entries: [HTMLPage.Entry] = []
    }

    private var sections: [Section] {
        let questions = Section(
            id: "questions", title: "Question by question",
            lead: """
                <p class="lead">In the order of what they cost documents, the most first. Every answer was held against the others row \
                for row before anything was timed.</p>
                """,
            content: "\(report.questions.map(article))",
            entries: report.questions.map { HTMLPage.Entry(id: $0.name, title: $0.title) })
        return [
            summary, ratios, workloads, growth, measured, report.questions.isEmpty ? nil : overview,
            report.questions.isEmpty ? nil : questions,
        ]
        .compactMap(\.self)
    }

    private func markup(_ section: Section) -> Markup {
        """
        <section class="topic" aria-labelledby="\(section.id)">
        <h2 id="\(section.id)">\(section.title)</h2>
        \(section.lead)
        \(section.content)
        </section>

        """
    }

    // MARK: Tables

    struct Heading {
        let text: String
        var isNumber = true
    }

    /// A table of texts, the first column of which names the rows.
    static func table(
        id: String, caption: String, _ headings: [Heading], rows: [[Markup]], isCard: Bool = true
    ) -> Markup {
        let head = headings.map { heading -> Markup in
            heading.isNumber
                ? "<th scope=\"col\" class=\"n\">\(heading.text)</th>" : "<th scope=\"col\">\(heading.text)</th>"
        }
        let body = rows.map { row -> Markup in
            let cells = zip(headings, row).enumerated().map { place, cell -> Markup in
                if place == 0 { return "<th scope=\"row\">\(cell.1)</th>" }
                return cell.0.isNumber ? "<td class=\"n\">\(cell.1)</td>" : "<td>\(cell.1)</td>"
            }
            return "<tr>\(cells)</tr>\n"
        }
        return """
            <div class="table\(isCard ? " card" : "")" role="region" aria-labelledby="\(id)-caption" tabindex="0">
            <table id="\(id)">
            <caption id="\(id)-caption">\(caption)</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(body)</tbody>
            </table>
            </div>

            """
    }
}
