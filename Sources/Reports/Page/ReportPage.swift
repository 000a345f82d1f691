import Analytics
import BSON

/// A report as one HTML file (`HTMLPage`).
///
/// The same report and library give the same bytes. Whatever comes from the store or from definitions is escaped
/// (`Markup`).
public struct ReportPage {
    private let report: Report
    private let chartLibrary: String

    /// - Parameter chartLibrary: the text of Chart.js 3 or 4 as one script that defines `Chart`.
    public init(_ report: Report, chartLibrary: String) {
        self.report = report
        self.chartLibrary = chartLibrary
    }

    /// The file's text.
    public var html: String {
        HTMLPage(
            title: report.title, facts: facts, contents: contents,
            main: """
                \(keyFigures)
                \(report.topics.map(topic))
                \(report.links.map { LinkSectionMarkup($0).markup })
                \(omissions)
                """,
            footer: """
                <p>Made by Atelier. Times are in UTC. A comma separates thousands, a point decimals. Where nothing else is said, \
                amounts are before discounts, freight and returns; each definition says what counts.</p>
                """,
            chartLibrary: chartLibrary
        ).html
    }

    // MARK: Frame

    private var facts: Markup {
        let until: Markup =
            if let moment = report.dataUntil {
                "<div><dt>Data until</dt><dd>\(HTMLPage.time(moment))</dd></div>"
            } else {
                "<div><dt>Data until</dt><dd>there are no orders</dd></div>"
            }
        let amounts: Markup =
            report.currencies.isEmpty
            ? "" : "<div><dt>Amounts in</dt><dd>\(report.currencies.joined(separator: ", "))</dd></div>"
        return "\(until)<div><dt>Computed</dt><dd>\(HTMLPage.time(report.computedAt))</dd></div>\(amounts)"
    }

    private var contents: [HTMLPage.Entry] {
        var entries = report.keyFigures.isEmpty ? [] : [HTMLPage.Entry(id: "key-figures", title: "Key figures")]
        entries += report.topics.map { topic in
            HTMLPage.Entry(
                id: ReportPage.id(topic), title: topic.name.uppercasedFirst,
                entries: topic.answers.map { HTMLPage.Entry(id: $0.aggregation.name, title: $0.aggregation.title) })
        }
        entries += report.links.map { section in
            HTMLPage.Entry(
                id: "links-\(section.topic)", title: section.title,
                entries: section.exhibits.map { HTMLPage.Entry(id: $0.id, title: $0.title) })
        }
        if !report.omissions.isEmpty {
            entries.append(HTMLPage.Entry(id: "not-answered", title: "Questions without an answer"))
        }
        return entries
    }

    private static func id(_ topic: Report.Topic) -> String { "topic-" + HTMLPage.anchor(topic.name) }

    // MARK: Sections

    private var keyFigures: Markup {
        guard !report.keyFigures.isEmpty else { return "" }
        let tiles = report.keyFigures.map { figure -> Markup in
            let change: Markup =
                if let change = figure.change {
                    """
                    <p class="change \(figure.direction.rawValue)"><span aria-hidden="true">\(figure.arrow)</span> \(change) \
                    <span class="against">against \(figure.monthBefore)</span></p>
                    """
                } else {
                    "<p class=\"change level\">No complete month before it to compare with</p>"
                }
            return """
                <li class="tile">
                <h3>\(figure.title)</h3>
                <p class="value">\(figure.value)</p>
                \(change)
                \(Sparkline.svg(figure))
                <p class="overall">All the data: \(figure.overall)</p>
                </li>

                """
        }
        return """
            <section aria-labelledby="key-figures">
            <h2 id="key-figures">Key figures of \(report.keyFigures[0].month)</h2>
            <p class="lead">The latest complete month. The repeat rate is that of all orders until the month's end.</p>
            <ul class="tiles">
            \(tiles)</ul>
            </section>
            """
    }

    private func topic(_ topic: Report.Topic) -> Markup {
        let id = ReportPage.id(topic)
        return """
            <section class="topic" aria-labelledby="\(id)">
            <h2 id="\(id)">\(topic.name.uppercasedFirst)</h2>
            \(topic.answers.map { AnswerSection($0).markup })
            </section>

            """
    }

    private var omissions: Markup {
        guard !report.omissions.isEmpty else { return "" }
        let rows = report.omissions.map { omission -> Markup in
            """
            <tr><th scope="row">\(omission.title) <code>\(omission.name)</code></th><td>\(omission.reason)</td></tr>

            """
        }
        return """
            <section class="topic" aria-labelledby="not-answered">
            <h2 id="not-answered">Questions without an answer</h2>
            <div class="table" role="region" aria-labelledby="not-answered" tabindex="0">
            <table class="omissions">
            <caption>\(report.omissions.count == 1 ? "One saved aggregation is" : "\(report.omissions.count) saved aggregations are") left out of this report</caption>
            <thead><tr><th scope="col">Question</th><th scope="col">Why it is left out</th></tr></thead>
            <tbody>
            \(rows)</tbody>
            </table>
            </div>
            </section>
            """
    }
}

extension KeyFigure {
    fileprivate var arrow: String {
        switch direction {
        case .up: "▲"
        case .down: "▼"
        case .level: "■"
        }
    }
}
