import Reports

extension ComparisonPage {
    /// A workload that two sides have times for, with how many times as long the first takes as the other.
    private struct WorkloadRatio {
        let workload: Workload
        let own: WorkloadMeasurement
        let other: WorkloadMeasurement
        let ratio: Double
    }

    private var workloadRatios: [WorkloadRatio] {
        report.workloads.flatMap { sides in
            sides.dropFirst().compactMap { other in
                guard let own = sides[0].times?.median, let time = other.times?.median else { return nil }
                return WorkloadRatio(
                    workload: other.workload, own: sides[0], other: other, ratio: own / max(time, 1e-6))
            }
        }
    }

    var workloadVerdict: Markup {
        guard !report.workloads.isEmpty else { return "" }
        let unequal = report.workloads.joined().filter { !$0.differences.isEmpty }
        guard unequal.isEmpty else {
            let items = unequal.map { measurement -> Markup in
                "<li>\(measurement.workload.title), \(measurement.title): \(measurement.differences.joined(separator: "; "))</li>\n"
            }
            return """
                <p class="unequal"><strong>Workloads have unequal results.</strong> They have no times.</p>
                <ul class="unequal">
                \(items)</ul>
                """
        }
        return "<p>What the \(report.workloads.count) workloads read and wrote is equal everywhere.</p>"
    }

    func workloadExtremes(losing: Bool) -> Markup {
        guard !report.workloads.isEmpty else { return "" }
        let sorted = workloadRatios.sorted { $0.ratio > $1.ratio }
        let chosen =
            losing ? sorted.filter { $0.ratio > 1 }.prefix(5) : sorted.reversed().filter { $0.ratio < 1 }.prefix(5)
        guard !chosen.isEmpty else { return "<h4>Workloads</h4>\n<p>In none of the workloads.</p>\n" }
        let items = chosen.map { entry -> Markup in
            let words =
                losing ? "\(Readable.factor(entry.ratio)) as long" : "\(Readable.factor(1 / entry.ratio)) as fast"
            let own = Readable.milliseconds(entry.own.times?.median)
            let other = Readable.milliseconds(entry.other.times?.median)
            return """
                <li><a href="#workloads">\(entry.workload.title)</a>: \(words) as \(entry.other.title) (\(own) ms, not \(other))</li>

                """
        }
        return "<h4>Workloads</h4>\n<ol>\n\(items)</ol>\n"
    }

    var workloads: Section? {
        guard let first = report.workloads.first else { return nil }
        let rows = report.workloads.flatMap { sides in
            sides.map { side -> [Markup] in
                let ratio = sides[0].times.flatMap { own in side.times.map { own.median / max($0.median, 1e-6) } }
                let equal: Markup =
                    side.isEqual.map { $0 ? "yes" : "<strong class=\"unequal\">no</strong>" } ?? "–"
                return [
                    "\(side.workload.title)", "\(side.title), \(side.model.rawValue)",
                    "\(Readable.count(side.operations))",
                    "\(Readable.count(side.unitsEach))", equal,
                    "\(Readable.milliseconds(side.times?.median))", "\(Readable.milliseconds(side.times?.p90))",
                    "\(side.perSecond.map { Readable.count(Int($0.rounded())) } ?? "–")",
                    side.title == sides[0].title ? "" : "\(ratio.map(Readable.factor) ?? "–")",
                ]
            }
        }
        let table = ComparisonPage.table(
            id: "workloads-table", caption: "Workloads: times of an operation in ms",
            [
                Heading(text: "Workload", isNumber: false), Heading(text: "Side", isNumber: false),
                Heading(text: "Operations"), Heading(text: "Units each"), Heading(text: "Equal", isNumber: false),
                Heading(text: "Median"), Heading(text: "90 %"), Heading(text: "Units a second"),
                Heading(text: "Documents take"),
            ], rows: rows)
        let explanations = report.workloads.compactMap(\.first?.workload).map { workload -> Markup in
            "<div><dt>\(workload.title)</dt><dd>\(workload.explanation)</dd></div>\n"
        }
        let durability = first.map { side -> Markup in
            "<li>\(side.title), \(side.model.rawValue): \(side.durability)</li>\n"
        }
        return Section(
            id: "workloads", title: "Loading, reading, writing",
            lead: """
                <p class="lead">On copies of the data, one operation at a time, sides taking turns. What was read and what was there \
                after writing was held against the other side's.</p>
                """,
            content: """
                <article>
                <h3>How many times as long documents take</h3>
                <p class="question">Above 1 the tables are faster, below 1 the documents. Every step to the right is a factor.</p>
                \(chart)
                </article>
                \(table)
                <article>
                <h3>What an acknowledgement promises</h3>
                <ul class="method">
                \(durability)</ul>
                </article>
                <details class="data">
                <summary>What each side does</summary>
                <dl class="does">
                \(explanations)</dl>
                </details>
                """)
    }

    private var chart: Markup {
        let entries = workloadRatios
        let workloads = report.workloads.compactMap(\.first?.workload)
        var names: [String] = []
        for entry in entries {
            let name = "\(entry.other.title), \(entry.other.model.rawValue)"
            if !names.contains(name) { names.append(name) }
        }
        let series = names.map { name -> PageChart.Series in
            let values = workloads.map { workload in
                entries.first { $0.workload == workload && "\($0.other.title), \($0.other.model.rawValue)" == name }?
                    .ratio
            }
            return PageChart.Series(
                name: name, title: "Time of documents, divided by the other's", values: values,
                texts: values.map { $0.map(Readable.factor) ?? "" })
        }
        let slower = entries.count { $0.ratio > 1 }
        return PageChart(
            series.count == 1 ? .bars : .dots, labels: workloads.map(\.title), series: series, isLogarithmic: true,
            base: 1
        ).markup(
            summary:
                "Bar chart: the time of each workload with documents, divided by that with the other side; documents are slower "
                + "in \(slower) of \(entries.count). The table holds the numbers.",
            table: "workloads-table")
    }
}
