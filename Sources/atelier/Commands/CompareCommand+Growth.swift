import Analytics
import BSON
import Comparison

extension Option {
    static let sizes = Option(
        "orders", value: "N", isRepeatable: true,
        "Compare a generated shop of N orders instead of the store, up to 10000000; repeated, shows how times grow")
}

extension Invocation {
    /// The numbers of orders to generate, the least first; none for the store.
    func comparedSizes() throws -> [Int] {
        let sizes = try values(.sizes).map { text in
            guard let number = Int(text), 1...10_000_000 ~= number else {
                throw UsageError("--orders: expected an integer from 1 to 10000000, found \"\(text)\"")
            }
            return number
        }
        guard let first = sizes.first else { return [] }
        if isSet(.store) {
            throw UsageError("--orders generates a shop of its own, and --store names one", advice: "Give one of them.")
        }
        if let file = values(.sql).first(where: { $0.hasPrefix("sqlite=") }) {
            throw UsageError(
                "--orders puts tables into temporary files, and --sql \(file) names a place",
                advice: "Generate a store with `atelier generate --orders \(first)` and compare that.")
        }
        if Set(sizes).count < sizes.count { throw UsageError("--orders: the same number is given twice") }
        return sizes.sorted()
    }

    /// Prints what was found: of several sizes how it grows and, where rows are JSON, also each size.
    func print(_ results: [ComparisonResult], _ growth: [Growth], _ run: ComparisonRun, isNested: Bool) throws {
        var tables: [PrintedRows] = []
        if growth.isEmpty || isNested {
            if run.parts.hasQuestions { tables.append(Command.questions(results, run, isNested: isNested)) }
            if run.parts.hasWorkloads { tables.append(.workloads(results, isNested: isNested)) }
        }
        if !growth.isEmpty { tables.append(.growth(growth, run, isNested: isNested)) }
        try printTables(tables, isNested: isNested)
    }
}

extension PrintedRows {
    static func growth(_ growth: [Growth], _ run: ComparisonRun, isNested: Bool) -> PrintedRows {
        let sizes = growth.first?.points.map(\.orders) ?? []
        var columns = [
            Column(
                name: run.parts.hasQuestions ? "question" : "workload", type: .string,
                title: !run.parts.hasWorkloads
                    ? "Question" : run.parts.hasQuestions ? "Question or workload" : "Workload"),
            Column(name: "database", type: .string, title: "Database"),
            Column(name: "model", type: .string, title: "Model"),
        ]
        columns += sizes.map { Column(name: "ms\($0)", type: .number, title: Progress.grouped($0)) }
        columns.append(Column(name: "factorPerTenfold", type: .number, title: "Tenfold takes"))
        return PrintedRows(
            RowDescription(
                columns: isNested ? nil : columns,
                footnotes: [
                    "Medians in ms by the number of orders, generated from seed \(run.seed); the last column says how many times as "
                        + "long ten times the orders take."
                ]), growth.map { $0.row(isNested: isNested, name: columns[0].name) })
    }
}

extension Growth {
    /// - Parameter name: the column of the question's or workload's name, where rows are flat.
    fileprivate func row(isNested: Bool, name column: String) -> Document {
        func rounded(_ value: Double?) -> BSONValue { value.map { .double(($0 * 10_000).rounded() / 10_000) } ?? .null }
        let first = isNested ? (isWorkload ? "workload" : "question") : column
        var elements: [(String, BSONValue)] = [
            (first, .string(name)), ("database", .string(database)), ("model", .string(model.rawValue)),
        ]
        if isNested {
            elements.append(
                (
                    "growth",
                    .array(
                        BSONArray(
                            documents: points.map {
                                ["orders": .integer($0.orders), "medianMs": rounded($0.medianMs)]
                            }))
                ))
            elements.append(("exponent", rounded(exponent)))
        } else {
            elements += points.map { ("ms\($0.orders)", rounded($0.medianMs)) }
        }
        return Document(elements + [("factorPerTenfold", rounded(factorPerTenfold))])
    }
}
