import Analytics
import BSON

/// A report as one HTML file that needs nothing else: style, script, chart library and data are in it.
///
/// The same report and library give the same bytes. Whatever comes from the store or from definitions is escaped
/// (`Markup`), and the page's own security policy forbids every request.
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
        let page: Markup = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
            script-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'">
            <meta name="color-scheme" content="light dark">
            <meta name="generator" content="Atelier">
            <title>\(report.title)</title>
            <style>\(Markup(trusted: PackageResources.style))</style>
            </head>
            <body>
            <a class="skip" href="#main">Skip to the content</a>
            \(header)
            <div class="columns">
            \(contents)
            <main id="main" tabindex="-1">
            \(keyFigures)
            \(report.topics.map(topic))
            \(omissions)
            </main>
            </div>
            \(footer)
            <script>\(Markup(trusted: ReportPage.harmless(chartLibrary)))</script>
            <script>\(Markup(trusted: PackageResources.script))</script>
            </body>
            </html>

            """
        return page.html
    }

    /// A script that cannot end its element: `</script` occurs within texts only, where the escape means the same.
    private static func harmless(_ script: String) -> String {
        script.split(separator: "</script", omittingEmptySubsequences: false).joined(separator: "<\\/script")
    }

    // MARK: Frame

    private var header: Markup {
        let until: Markup =
            if let moment = report.dataUntil {
                "<div><dt>Data until</dt><dd>\(ReportPage.time(moment))</dd></div>"
            } else {
                "<div><dt>Data until</dt><dd>there are no orders</dd></div>"
            }
        let amounts: Markup =
            report.currencies.isEmpty
            ? "" : "<div><dt>Amounts in</dt><dd>\(report.currencies.joined(separator: ", "))</dd></div>"
        return """
            <header class="page">
            <div>
            <h1>\(report.title)</h1>
            <dl class="facts">\(until)<div><dt>Computed</dt><dd>\(ReportPage.time(report.computedAt))</dd></div>\(amounts)</dl>
            </div>
            <button type="button" id="theme" hidden>Dark colours</button>
            </header>
            """
    }

    private var contents: Markup {
        let topics = report.topics.map { topic -> Markup in
            let answers = topic.answers.map { answer -> Markup in
                "<li><a href=\"#\(answer.aggregation.name)\">\(answer.aggregation.title)</a></li>\n"
            }
            return """
                <li><a href="#topic-\(ReportPage.anchor(topic.name))">\(topic.name.uppercasedFirst)</a>
                <ul>
                \(answers)</ul></li>

                """
        }
        let tiles: Markup = report.keyFigures.isEmpty ? "" : "<li><a href=\"#key-figures\">Key figures</a></li>\n"
        let left: Markup =
            report.omissions.isEmpty ? "" : "<li><a href=\"#not-answered\">Questions without an answer</a></li>\n"
        return """
            <nav aria-labelledby="contents">
            <details open>
            <summary><h2 id="contents">Contents</h2></summary>
            <ul>
            \(tiles)\(topics)\(left)</ul>
            </details>
            </nav>
            """
    }

    private var footer: Markup {
        """
        <footer>
        <p>Made by Atelier. Times are in UTC. A comma separates thousands, a point decimals. Where nothing else is said, \
        amounts are before discounts, freight and returns; each definition says what counts.</p>
        <noscript><p>Charts are drawn by a script, which this browser does not run; the tables hold the same numbers.</p></noscript>
        </footer>
        """
    }

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
        let id = "topic-" + ReportPage.anchor(topic.name)
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

    // MARK: Texts

    /// `2011-12-09 12:50 UTC`, for people and for programs.
    static func time(_ milliseconds: Int64) -> Markup {
        let text = CellText.plain(.date(milliseconds))
        let readable = text.split(separator: "T").map { $0.prefix { $0 != "Z" && $0 != "." } }
        let clock = readable.count > 1 ? readable[1].split(separator: ":").prefix(2).joined(separator: ":") : ""
        return "<time datetime=\"\(text)\">\(String(readable[0])) \(clock) UTC</time>"
    }

    /// A name as part of an id: what is not a letter or digit becomes a hyphen.
    static func anchor(_ name: String) -> String {
        String(decoding: name.utf8.map { 97...122 ~= $0 || 48...57 ~= $0 ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
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

extension PackageResources {
    static var style: String { String(decoding: report_css, as: UTF8.self) }
    static var script: String { String(decoding: report_js, as: UTF8.self) }
}
