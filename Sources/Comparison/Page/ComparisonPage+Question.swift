import Reports

extension ComparisonPage {
    /// A question: what it took everywhere, how it is asked, and what the databases do to answer it.
    func article(_ question: ComparisonReport.Question) -> Markup {
        let id = question.name
        let asked = report.sides.indices.compactMap { index in question.answers[index].map { (report.sides[index], $0) }
        }
        let remarks = asked.flatMap { side, answer in answer.remarks.map { (side, $0) } }.map { side, text -> Markup in
            "<li>\(side.name): \(text)</li>\n"
        }
        let remarkList: Markup = remarks.isEmpty ? "" : "<ul class=\"unequal\">\n\(remarks)</ul>\n"
        return """
            <article id="\(id)" aria-labelledby="\(id)-title">
            <h3 id="\(id)-title">\(question.title)</h3>
            <p class="question">\(question.question)</p>
            \(remarkList)
            \(times(question, asked))
            \(summaries(asked))
            <details class="data">
            <summary>How it is asked<span class="hidden">: \(question.title)</span></summary>
            <div class="sides">
            \(distinct(asked).map(queryPart))
            </div>
            </details>
            <details class="data">
            <summary>What each does to answer<span class="hidden">: \(question.title)</span></summary>
            <div class="sides">
            \(asked.compactMap { side, answer in answer.plan.map { plan(side, $0) } })
            </div>
            </details>
            </article>

            """
    }

    private func times(
        _ question: ComparisonReport.Question, _ asked: [(ComparisonReport.Side, ComparisonReport.Answer)]
    ) -> Markup {
        let rows = asked.map { side, answer -> [Markup] in
            let range = answer.warm.map { "\(Readable.number($0.least)) to \(Readable.number($0.greatest))" } ?? "–"
            return [
                "\(side.name)",
                answer.isEqual == nil ? "–" : answer.isEqual == true ? "yes" : "<strong class=\"unequal\">no</strong>",
                "\(Readable.milliseconds(answer.coldMs))", "\(Readable.milliseconds(answer.warm?.median))",
                "\(Readable.milliseconds(answer.warm?.p90))", "\(range)", "\(Readable.count(answer.queryBytes))",
                "\(answer.joins)",
            ]
        }
        return ComparisonPage.table(
            id: "\(question.name)-times",
            caption:
                "\(question.title): \(question.rows == 1 ? "1 row" : "\(Readable.count(question.rows)) rows"); times in ms",
            [
                Heading(text: "Side", isNumber: false), Heading(text: "Equal", isNumber: false), Heading(text: "Cold"),
                Heading(text: "Warm, median"), Heading(text: "Warm, 90 %"), Heading(text: "Warm, from and to"),
                Heading(text: "Query, bytes"), Heading(text: "Joins"),
            ], rows: rows, isCard: false)
    }

    /// What each does, in a sentence.
    private func summaries(_ asked: [(ComparisonReport.Side, ComparisonReport.Answer)]) -> Markup {
        let lines = asked.compactMap { side, answer -> Markup? in
            answer.plan.map { "<div><dt>\(side.name)</dt><dd>\($0.summary)</dd></div>\n" }
        }
        return lines.isEmpty ? "" : "<dl class=\"does\">\n\(lines)</dl>"
    }

    /// Sides that are asked with the same text share it.
    private func distinct(
        _ asked: [(ComparisonReport.Side, ComparisonReport.Answer)]
    ) -> [(names: [String], query: String)] {
        var found: [(names: [String], query: String)] = []
        for (side, answer) in asked {
            if let index = found.firstIndex(where: { $0.query == answer.query }) {
                found[index].names.append(side.name)
            } else {
                found.append(([side.name], answer.query))
            }
        }
        return found
    }

    private func queryPart(_ part: (names: [String], query: String)) -> Markup {
        let name = part.names.joined(separator: "; ")
        return """
            <div>
            <h4>\(name)</h4>
            <pre tabindex="0" role="region" aria-label="Query: \(name)"><code>\(part.query)</code></pre>
            </div>

            """
    }

    private func plan(_ side: ComparisonReport.Side, _ plan: PlanInWords) -> Markup {
        let steps = plan.steps.map { step -> Markup in
            "<li style=\"--depth:\(step.depth)\">\(step.text)</li>\n"
        }
        return """
            <div>
            <h4>\(side.name)</h4>
            <ol class="plan">
            \(steps)</ol>
            <details class="screen">
            <summary>As \(side.title) says it<span class="hidden"> (\(side.model))</span></summary>
            <pre tabindex="0" role="region" aria-label="Plan: \(side.name)"><code>\(plan.original)</code></pre>
            </details>
            </div>

            """
    }
}
