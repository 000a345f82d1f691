import Analytics
import BSON

/// The frame of a page that is one HTML file and needs nothing else: style, scripts, chart library and data are in it.
///
/// The page's own security policy forbids every request. Its script lets readers choose light or dark colours, draws the
/// charts (`PageChart`), and opens what is folded before printing.
public struct HTMLPage {
    /// A line of the contents: where it leads, and what is below it.
    public struct Entry {
        public let id: String
        public let title: String
        public let entries: [Entry]

        public init(id: String, title: String, entries: [Entry] = []) {
            self.id = id
            self.title = title
            self.entries = entries
        }
    }

    private let title: String
    private let style: String
    private let facts: Markup
    private let contents: [Entry]
    private let main: Markup
    private let footer: Markup
    private let chartLibrary: String

    /// - Parameters:
    ///   - style: rules that this page needs besides those of every page.
    ///   - facts: below the heading: `<div><dt>…</dt><dd>…</dd></div>` for each.
    ///   - main: sections, each with an `h2`.
    ///   - chartLibrary: the text of Chart.js 3 or 4 as one script that defines `Chart`.
    public init(
        title: String, style: String = "", facts: Markup, contents: [Entry], main: Markup, footer: Markup,
        chartLibrary: String
    ) {
        self.title = title
        self.style = style
        self.facts = facts
        self.contents = contents
        self.main = main
        self.footer = footer
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
            <title>\(title)</title>
            <style>\(Markup(trusted: PackageResources.style + style))</style>
            </head>
            <body>
            <a class="skip" href="#main">Skip to the content</a>
            <header class="page">
            <div>
            <h1>\(title)</h1>
            <dl class="facts">\(facts)</dl>
            </div>
            <button type="button" id="theme" hidden>Dark colours</button>
            </header>
            <div class="columns">
            <nav aria-labelledby="contents">
            <details open>
            <summary><h2 id="contents">Contents</h2></summary>
            \(HTMLPage.list(contents))
            </details>
            </nav>
            <main id="main" tabindex="-1">
            \(main)
            </main>
            </div>
            <footer>
            \(footer)
            <noscript><p>Charts are drawn by a script, which this browser does not run; the tables hold the same numbers.</p></noscript>
            </footer>
            <script>\(Markup(trusted: HTMLPage.harmless(chartLibrary)))</script>
            <script>\(Markup(trusted: PackageResources.script))</script>
            </body>
            </html>

            """
        return page.html
    }

    private static func list(_ entries: [Entry]) -> Markup {
        let items = entries.map { entry -> Markup in
            let below: Markup = entry.entries.isEmpty ? "" : "\n\(list(entry.entries))"
            return "<li><a href=\"#\(entry.id)\">\(entry.title)</a>\(below)</li>\n"
        }
        return "<ul>\n\(items)</ul>"
    }

    /// A script that cannot end its element: `</script` occurs within texts only, where the escape means the same.
    private static func harmless(_ script: String) -> String {
        script.split(separator: "</script", omittingEmptySubsequences: false).joined(separator: "<\\/script")
    }

    // MARK: Texts

    /// `2011-12-09 12:50 UTC`, for people and for programs.
    ///
    /// - Parameter milliseconds: since 1970-01-01.
    public static func time(_ milliseconds: Int64) -> Markup {
        "<time datetime=\"\(CellText.plain(.date(milliseconds)))\">\(timeText(milliseconds))</time>"
    }

    /// `2011-12-09 12:50 UTC`.
    static func timeText(_ milliseconds: Int64) -> String {
        let parts = CellText.plain(.date(milliseconds)).split(separator: "T")
            .map { $0.prefix { $0 != "Z" && $0 != "." } }
        let clock = parts.count > 1 ? parts[1].split(separator: ":").prefix(2).joined(separator: ":") : ""
        return "\(parts[0]) \(clock) UTC"
    }

    /// A name as part of an id: what is not a letter or digit becomes a hyphen.
    public static func anchor(_ name: String) -> String {
        String(decoding: name.utf8.map { 97...122 ~= $0 || 48...57 ~= $0 ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
    }
}

extension PackageResources {
    static var style: String { String(decoding: report_css, as: UTF8.self) }
    static var script: String { String(decoding: report_js, as: UTF8.self) }
}
