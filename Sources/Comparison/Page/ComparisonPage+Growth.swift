import Reports

extension ComparisonPage {
    /// How times grow with the number of orders; nil with one size only.
    var growth: Section? {
        guard let first = report.growth.first, first.points.count > 1 else { return nil }
        let sizes = first.points.map(\.orders)
        let questions = report.growth.filter { !$0.isWorkload }
        let workloads = report.growth.filter(\.isWorkload)
        var content: Markup = ""
        if !questions.isEmpty {
            content += """
                <article>
                <h3>All questions together</h3>
                <p class="question">The sum of the medians. Equal steps are equal factors, along both axes.</p>
                \(sumChart(questions, sizes))
                </article>

                """
            content += table(
                "growth-questions", "Questions: medians of warm runs in ms, by the number of orders", questions, sizes)
        }
        if !workloads.isEmpty {
            content += table(
                "growth-workloads", "Workloads: medians of an operation in ms, by the number of orders", workloads,
                sizes)
        }
        return Section(
            id: "growth", title: "How it grows",
            lead: """
                <p class="lead">Generated shops of \(sizes.map(Readable.count).joined(separator: ", ")) orders. The last column says \
                how many times as long ten times the orders take, from the line that fits best through the logarithms. The rest of \
                this page is of the largest.</p>
                """,
            content: content)
    }

    private func sumChart(_ growth: [Growth], _ sizes: [Int]) -> Markup {
        var names: [String] = []
        for one in growth where !names.contains(name(one)) { names.append(name(one)) }
        let series = names.map { side -> PageChart.Series in
            // What has no time at one of the sizes would break the line.
            let own = growth.filter { one in name(one) == side && one.points.allSatisfy { $0.medianMs != nil } }
            return PageChart.Series(
                name: side, title: "ms", xUnit: "",
                points: sizes.indices.map { place in
                    (Double(sizes[place]), own.reduce(0) { $0 + ($1.points[place].medianMs ?? 0) })
                })
        }
        return PageChart(.scatter, x: "Orders", series: series, isLogarithmic: true, isConnected: true).markup(
            summary:
                "Line chart: the sum of all questions' medians by the number of orders, a line for each of \(names.joined(separator: "; ")). "
                + "The table holds the numbers.",
            table: "growth-questions")
    }

    private func table(_ id: String, _ caption: String, _ growth: [Growth], _ sizes: [Int]) -> Markup {
        let rows = growth.map { one -> [Markup] in
            ["\(one.title)", "\(name(one))"] + one.points.map { "\(Readable.milliseconds($0.medianMs))" }
                + ["\(one.factorPerTenfold.map(Readable.factor) ?? "–")"]
        }
        return ComparisonPage.table(
            id: id, caption: caption,
            [
                Heading(text: growth[0].isWorkload ? "Workload" : "Question", isNumber: false),
                Heading(text: "Side", isNumber: false),
            ]
                + sizes.map { Heading(text: Readable.count($0)) } + [Heading(text: "Tenfold takes")],
            rows: rows)
    }

    private func name(_ growth: Growth) -> String {
        let title = report.sides.first { $0.database == growth.database }?.title ?? growth.database
        return "\(title), \(growth.model == .json ? "JSON" : growth.model.rawValue)"
    }
}
