import Reports

extension ComparisonPage {
    /// The questions that both the first side and another have times for, with the ratio, the greatest first.
    private func ranked(_ side: Int) -> [(question: ComparisonReport.Question, ratio: Double)] {
        report.questions.compactMap { question in question.ratio(to: side).map { (question, $0) } }
            .sorted { $0.1 > $1.1 }
    }

    private var others: Range<Int> { report.sides.isEmpty ? 0..<0 : 1..<max(1, report.sides.count) }

    // MARK: What comes out

    var summary: Section {
        let equal = report.questions.count(where: \.isEqual)
        let own = report.sides.first?.name ?? ""
        let verdict: Markup =
            report.questions.isEmpty
            ? ""
            : equal == report.questions.count
                ? "<p>All \(report.questions.count) questions have equal answers everywhere, row for row.</p>"
                : """
                <p class="unequal"><strong>\(report.questions.count - equal) of \(report.questions.count) questions have unequal answers.</strong> \
                They have no times; where they differ is said below.</p>
                """
        let rows = others.map { side -> [Markup] in
            let ranked = ranked(side)
            let ratios = ranked.map(\.ratio).sorted()
            let median = ratios.isEmpty ? "–" : Readable.factor(Times.quantile(ratios, 0.5))
            return [
                "\(report.sides[side].name)", "\(ranked.count)", "\(ratios.count { $0 > 1 })",
                "\(ratios.count { $0 < 1 })",
                "\(median)", "\(ratios.last.map(Readable.factor) ?? "–")",
                "\(ratios.first.map(Readable.factor) ?? "–")",
            ]
        }
        let table = ComparisonPage.table(
            id: "summary-table",
            caption: "How long the questions take \(own), against each other side (medians of warm runs)",
            [
                Heading(text: "Against", isNumber: false), Heading(text: "Questions timed"), Heading(text: "Slower in"),
                Heading(text: "Faster in"), Heading(text: "Takes, median"), Heading(text: "At worst"),
                Heading(text: "At best"),
            ], rows: rows)
        return Section(
            id: "summary", title: "What comes out",
            content: """
                <div class="verdict">\(verdict)\(workloadVerdict)</div>
                \(report.questions.isEmpty ? "" : table)
                <div class="pair">
                \(extremes(losing: true))
                \(extremes(losing: false))
                </div>
                \(report.questions.isEmpty ? "" : lengths)
                """)
    }

    private func extremes(losing: Bool) -> Markup {
        let lines = (report.questions.isEmpty ? 0..<0 : others).map { side -> Markup in
            let all = ranked(side)
            let chosen =
                losing ? all.filter { $0.ratio > 1 }.prefix(5) : all.reversed().filter { $0.ratio < 1 }.prefix(5)
            let name = report.sides[side].name
            guard !chosen.isEmpty else {
                return "<h4>Against \(name)</h4>\n<p>In none of the questions.</p>\n"
            }
            let items = chosen.map { entry -> Markup in
                let times = entry.question.answers
                let own = Readable.milliseconds(times[0]?.warm?.median)
                let other = Readable.milliseconds(times[side]?.warm?.median)
                let words =
                    losing
                    ? "\(Readable.factor(entry.ratio)) as long" : "\(Readable.factor(1 / entry.ratio)) as fast"
                return """
                    <li><a href="#\(entry.question.name)">\(entry.question.title)</a>: \(words) (\(own) ms, not \(other))</li>

                    """
            }
            return "<h4>Against \(name)</h4>\n<ol>\n\(items)</ol>\n"
        }
        let title = losing ? "Where documents lose the most" : "Where documents gain the most"
        return "<article>\n<h3>\(title)</h3>\n\(lines)\(workloadExtremes(losing: losing))</article>\n"
    }

    /// How long and how tangled the questions are to write.
    private var lengths: Markup {
        let rows = report.sides.indices.map { side -> [Markup] in
            let answers = report.questions.compactMap { $0.answers[side] }
            let bytes = answers.reduce(0) { $0 + $1.queryBytes }
            let joins = answers.reduce(0) { $0 + $1.joins }
            return [
                "\(report.sides[side].name)", "\(answers.isEmpty ? "–" : Readable.count(bytes / answers.count))",
                "\(Readable.count(joins))", "\(Readable.count(answers.count { $0.joins == 0 }))",
                "\(Readable.bytes(report.sides[side].bytesOnDisk))",
                "\(report.sides[side].memoryBytes.map(Readable.bytes) ?? "–")",
            ]
        }
        return ComparisonPage.table(
            id: "lengths", caption: "What it takes to ask, and to keep",
            [
                Heading(text: "Side", isNumber: false), Heading(text: "Bytes a question, mean"),
                Heading(text: "Joins, all questions"),
                Heading(text: "Questions without a join"), Heading(text: "On disk"), Heading(text: "Memory, at most"),
            ], rows: rows)
    }

    // MARK: Ratios

    var ratios: Section? {
        guard let own = report.sides.first, others.contains(where: { !ranked($0).isEmpty }) else { return nil }
        let questions = report.questions.filter { question in others.contains { question.ratio(to: $0) != nil } }
        let series = others.map { side -> PageChart.Series in
            let values = questions.map { $0.ratio(to: side) }
            return PageChart.Series(
                name: report.sides[side].name, title: "Time of \(own.name), divided by the other's", values: values,
                texts: values.map { $0.map(Readable.factor) ?? "" })
        }
        let chart = PageChart(
            series.count == 1 ? .bars : .dots, labels: questions.map(\.title), series: series, isLogarithmic: true,
            base: 1)
        let slower = others.map { side -> String in
            let all = ranked(side)
            return "Against \(report.sides[side].name), slower in \(all.count { $0.ratio > 1 }) of \(all.count)."
        }
        let sizes = PageChart(
            .bars, labels: report.sides.map(\.name),
            series: [
                PageChart.Series(
                    name: "On disk", title: "Bytes on disk, with indexes",
                    values: report.sides.map { Double($0.bytesOnDisk) },
                    texts: report.sides.map { Readable.bytes($0.bytesOnDisk) })
            ])
        return Section(
            id: "ratios", title: "Times and sizes",
            content: """
                <article>
                <h3>How many times as long documents take</h3>
                <p class="question">Above 1 the tables are faster, below 1 the documents. Every step to the right is a factor.</p>
                \(chart.markup(
                    summary: "Bar chart: the time of each question with \(own.name), divided by that of each other side. "
                        + slower.joined(separator: " ") + " The table holds the numbers.",
                    table: "all-questions"))
                </article>
                <article>
                <h3>Bytes on disk</h3>
                \(sizes.markup(
                    summary: "Bar chart: bytes on disk. "
                        + report.sides.map { "\($0.name): \(Readable.bytes($0.bytesOnDisk))." }.joined(separator: " "),
                    table: "lengths"))
                </article>
                """)
    }

    // MARK: How it was measured

    var measured: Section {
        let method = report.method.map { sentence -> Markup in "<li>\(sentence)</li>\n" }
        let rows = report.sides.map { side -> [Markup] in
            [
                "\(side.name)", "\(side.version)", "\(side.durability)",
                "\(ComparisonPage.codes(side.settings))",
                """
                <details><summary>\(Readable.count(side.indexes.count)) indexes<span class="hidden"> of \(side.name)</span></summary>\
                \(ComparisonPage.codes(side.indexes))</details>
                """,
            ]
        }
        let table = ComparisonPage.table(
            id: "sides", caption: "The databases and their settings",
            ["Side", "Version", "Durability", "Settings", "Indexes"].map { Heading(text: $0, isNumber: false) },
            rows: rows)
        return Section(
            id: "method", title: "How it was measured",
            content: "<ul class=\"method\">\n\(method)</ul>\n\(table)")
    }

    private static func codes(_ texts: [String]) -> Markup {
        let items = texts.map { text -> Markup in "<li><code>\(text)</code></li>" }
        return texts.isEmpty ? "" : "<ul class=\"codes\">\(items)</ul>"
    }

    // MARK: All questions

    var overview: Section {
        var headings = [
            Heading(text: "Question", isNumber: false), Heading(text: "Rows"), Heading(text: "Equal", isNumber: false),
        ]
        headings += report.sides.map { Heading(text: "\($0.name), ms") }
        headings += others.map {
            Heading(text: report.sides.count == 2 ? "Takes" : "Takes, against \(report.sides[$0].title)")
        }
        let rows = report.questions.map { question -> [Markup] in
            var cells: [Markup] = [
                "<a href=\"#\(question.name)\">\(question.title)</a>", "\(Readable.count(question.rows))",
                question.isEqual ? "yes" : "<strong class=\"unequal\">no</strong>",
            ]
            cells += question.answers.map { "\(Readable.milliseconds($0?.warm?.median))" }
            cells += others.map { side in "\(question.ratio(to: side).map(Readable.factor) ?? "–")" }
            return cells
        }
        return Section(
            id: "all", title: "All questions",
            content: ComparisonPage.table(
                id: "all-questions",
                caption: "\(Readable.count(report.questions.count)) questions: medians of warm runs", headings,
                rows: rows))
    }
}
