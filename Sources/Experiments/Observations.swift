import BSON

/// What was observed of visitors: which variant each saw, and numbers such as `converted` or `revenue`.
public struct Observations: Sendable {
    /// The numbers' names, in the order in which they first came.
    public private(set) var metrics: [String] = []
    private var metricIndexes: [String: Int] = [:]
    private var visitors: [String: Visitor] = [:]
    private var order: [String] = []

    private struct Visitor {
        let variant: String
        var values: [Double]
        var sawSeveral = false

        mutating func add(_ value: Double, at index: Int) {
            while values.count <= index { values.append(0) }
            values[index] += value
        }
    }

    public init() {}

    /// Adds a row. Rows of one visitor are added up, so that visitors stay the unit; `converted` counts once.
    ///
    /// - Parameter visitor: nil for a row that is a visitor of its own.
    /// - Throws: `badValue` for numbers that are not finite, or of 1e150 and more.
    public mutating func add(visitor: String?, variant: String, _ values: [(name: String, value: Double)]) throws {
        let visitor = visitor ?? "row \(order.count + 1)"
        if visitors[visitor] == nil {
            visitors[visitor] = Visitor(variant: variant, values: [])
            order.append(visitor)
        }
        for (name, value) in values {
            // Sums of squares have to stay finite.
            guard abs(value) < 1e150 else {
                throw AtelierError(
                    .badValue, "expected a number that can be calculated with in \(name), found \(value)")
            }
            let index = metricIndex(name)
            visitors[visitor]?.add(value, at: index)
        }
        if visitors[visitor]?.variant != variant { visitors[visitor]?.sawSeveral = true }
    }

    private mutating func metricIndex(_ name: String) -> Int {
        if let index = metricIndexes[name] { return index }
        metricIndexes[name] = metrics.count
        metrics.append(name)
        return metrics.count - 1
    }

    /// The samples of one variant each, in the order of their names; who saw several variants is in none.
    func samples() -> (samples: [Sample], excluded: Int) {
        var samples: [String: Sample] = [:]
        var excluded = 0
        for name in order {
            guard let visitor = visitors[name] else { continue }
            if visitor.sawSeveral {
                excluded += 1
                continue
            }
            var sample = samples.removeValue(forKey: visitor.variant) ?? Sample(visitor.variant, metrics.count)
            sample.count += 1
            for index in metrics.indices {
                let value = index < visitor.values.count ? visitor.values[index] : 0
                sample.columns[index].append(metrics[index] == "converted" ? min(value, 1) : value)
            }
            samples[visitor.variant] = sample
        }
        return (samples.values.sorted { $0.name < $1.name }, excluded)
    }

    /// The visitors of one variant.
    struct Sample: Sendable {
        let name: String
        var count = 0
        /// A value of each visitor, by metric.
        var columns: [[Double]]

        init(_ name: String, _ metrics: Int) {
            self.name = name
            columns = [[Double]](repeating: [], count: metrics)
        }
    }
}

extension Observations {
    /// Adds a row that a pipeline yields: `variant`, as needed `visitor` (otherwise each row is one), and numbers or
    /// booleans.
    /// - Throws: `badValue` where the variant is missing or another field is not a number.
    public mutating func add(_ row: DocumentView) throws {
        var visitor: String?
        var variant: String?
        var values: [(name: String, value: Double)] = []
        var cursor = row.elements()
        while cursor.next() {
            let name = cursor.keyString
            let value = cursor.value
            switch name {
            case "_id": continue
            case "visitor": visitor = Observations.text(value)
            case "variant": variant = Observations.text(value)
            default:
                if value.isNullish { continue }
                guard let number = value.type == .bool ? (value.asBool ? 1 : 0) : value.numberAsDouble else {
                    throw AtelierError(
                        .badValue, "expected a number in \(name), found a \(value.type)",
                        advice: "Let the pipeline end with a $project of variant, visitor and numbers.")
                }
                values.append((name, number))
            }
        }
        guard let variant else {
            throw AtelierError(
                .badValue, "a row has no field variant", advice: "Each row wants variant, and numbers such as revenue.")
        }
        try add(visitor: visitor, variant: variant, values)
    }

    private static func text(_ value: ValueView) -> String? {
        if value.isNullish { return nil }
        return value.type == .string ? value.asString : value.extendedJSON()
    }

    /// Adds the rows of a table with the columns `variant`, as needed `visitor`, and numbers; an empty one counts as 0.
    ///
    /// - Throws: `failedToParse` with the line.
    public mutating func add(names: [String], rows: [(line: Int, fields: [String])], named file: String) throws {
        let folded = names.map { $0.lowercased() }
        guard let variant = folded.firstIndex(of: "variant"), names.count > 1 else {
            throw AtelierError(
                .failedToParse,
                "expected the columns variant, visitor (optional) and numbers; found \(names.joined(separator: ", "))",
                at: "\(file):1")
        }
        let visitor = folded.firstIndex(of: "visitor")
        for row in rows {
            var values: [(name: String, value: Double)] = []
            for index in names.indices where index != variant && index != visitor {
                let text = row.fields[index]
                guard let value = Observations.number(text) else {
                    throw AtelierError(
                        .failedToParse, "expected a number in \(names[index]), found \"\(text)\"",
                        at: "\(file):\(row.line)")
                }
                values.append((folded[index] == "converted" ? "converted" : names[index], value))
            }
            guard !row.fields[variant].isEmpty, visitor.map({ !row.fields[$0].isEmpty }) ?? true else {
                throw AtelierError(.failedToParse, "the variant or visitor is empty", at: "\(file):\(row.line)")
            }
            try add(visitor: visitor.map { row.fields[$0] }, variant: row.fields[variant], values)
        }
    }

    private static func number(_ text: String) -> Double? {
        switch text.lowercased() {
        case "": return 0
        case "true": return 1
        case "false": return 0
        default:
            guard let number = Double(text), number.isFinite else { return nil }
            return number
        }
    }
}
