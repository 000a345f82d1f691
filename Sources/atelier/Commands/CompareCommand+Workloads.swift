import Analytics
import BSON
import Comparison
import DocumentStore
import Retail

extension Option {
    static let compared = Option(
        "of", value: "WHAT",
        "What is compared: questions, workloads (loading, reads and writes by key …) or all; questions")
}

/// What a comparison is of.
struct ComparisonParts {
    let hasQuestions: Bool
    let hasWorkloads: Bool

    init(_ invocation: Invocation) throws {
        let text = invocation.value(.compared) ?? "questions"
        guard ["questions", "workloads", "all"].contains(text) else {
            throw UsageError("--of: there is no \(text) to compare", advice: "Give questions, workloads or all.")
        }
        hasQuestions = text != "workloads"
        hasWorkloads = text != "questions"
        if !hasQuestions, let name = invocation.operands.first {
            throw UsageError("\(name) is a question, and --of workloads asks none", advice: "Give --of all.")
        }
    }

    /// Questions and workloads have other columns.
    func check(_ format: RowFormat) throws {
        guard hasQuestions && hasWorkloads, format == .csv || format == .parquet else { return }
        throw UsageError(
            "--of all makes two tables, and a \(format.rawValue) file holds one",
            advice: "Give --of questions or --of workloads, or --format json.")
    }
}

/// A table of a command that prints several.
struct PrintedRows {
    let description: RowDescription
    let rows: [Document]

    init(_ description: RowDescription, _ rows: [Document]) {
        self.description = description
        self.rows = rows
    }

    static func workloads(_ results: [ComparisonResult], isNested: Bool) -> PrintedRows {
        var durability: [String] = []
        for measurement in results.flatMap({ $0.size.workloads.joined() }) {
            let text =
                "\(measurement.title): \(measurement.durability.prefix(1).lowercased() + measurement.durability.dropFirst())."
            if !durability.contains(text) { durability.append(text) }
        }
        let columns = [
            Column(name: "workload", type: .string, title: "Workload"),
            Column(name: "database", type: .string, title: "Database"),
            Column(name: "model", type: .string, title: "Model"),
            Column(name: "operations", type: .integer, title: "Operations"),
            Column(name: "unitsEach", type: .integer, title: "Of each"),
            Column(name: "equal", type: .boolean, title: "Equal"),
            Column(name: "medianMs", type: .number, title: "Median"),
            Column(name: "p90Ms", type: .number, title: "90 %"),
            Column(name: "perSecond", type: .number, title: "A second"),
        ]
        return PrintedRows(
            RowDescription(columns: isNested ? nil : columns, footnotes: ["Times of an operation in ms."] + durability),
            results.flatMap { result in
                result.size.workloads.joined().map { $0.row(orders: result.orders, isNested: isNested) }
            })
    }
}

extension WorkloadMeasurement {
    fileprivate func row(orders: Int?, isNested: Bool) -> Document {
        func rounded(_ value: Double?) -> BSONValue { value.map { .double(($0 * 10_000).rounded() / 10_000) } ?? .null }
        var elements: [(String, BSONValue)] = [
            ("workload", .string(workload.rawValue)), ("database", .string(database)),
            ("model", .string(model.rawValue)), ("operations", .integer(operations)),
            ("unitsEach", .integer(unitsEach)),
            ("equal", isEqual.map { .bool($0) } ?? .null), ("medianMs", rounded(times?.median)),
            ("p90Ms", rounded(times?.p90)), ("perSecond", rounded(perSecond)),
        ]
        if isNested {
            elements += [("unit", .string(workload.unit)), ("durability", .string(durability))]
            if let orders { elements.append(("orders", .integer(orders))) }
        }
        return Document(elements)
    }

    /// Where databases read or had something else than the first.
    static func inequality(_ measurements: [[WorkloadMeasurement]]) -> AtelierError? {
        let unequal = measurements.joined().filter { !$0.differences.isEmpty }
        guard !unequal.isEmpty else { return nil }
        let places = unequal.map { "\($0.workload.rawValue), \($0.title): \($0.differences.joined(separator: "; "))" }
        return AtelierError(
            .illegalOperation,
            "\(unequal.count) workloads have other results than with documents\n  \(places.joined(separator: "\n  "))")
    }
}

extension Invocation {
    /// Prints several tables below one another, or all their rows as one list of JSON objects.
    func printTables(_ tables: [PrintedRows], isNested: Bool) throws {
        let format = try format()
        let output = try output()
        func print(_ description: RowDescription, _ rows: [Document]) throws {
            let writer = format.writer(to: output, description, isQuiet: isQuiet)
            for row in rows { try row.withView { try writer.write($0) } }
            try writer.finish()
        }
        if isNested {
            try print(RowDescription(columns: nil, footnotes: []), tables.flatMap(\.rows))
        } else {
            for (index, table) in tables.enumerated() {
                if index > 0 { try output.write("\n") }
                try print(table.description, table.rows)
            }
        }
        try output.finish()
    }
}
