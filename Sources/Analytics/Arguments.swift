import BSON

/// The values a saved aggregation runs with: checked, defaults filled in.
public struct Arguments: Sendable, Equatable {
    /// Values by parameter name; a parameter without an entry is absent.
    public let values: [String: BSONValue]

    subscript(_ name: String) -> BSONValue? { values[name] }

    /// The values in the order of their parameters, for reports and stored results.
    public func document(_ parameters: [Parameter]) -> Document {
        Document(parameters.compactMap { parameter in values[parameter.name].map { (parameter.name, $0) } })
    }
}

extension SavedAggregation {
    /// Checks `name=value` texts, as the command line has them.
    ///
    /// - Throws: `badValue` for an unknown, repeated or missing parameter, `typeMismatch` for a text of another type.
    public func arguments(parsing texts: [(name: String, text: String)]) throws -> Arguments {
        try arguments(texts.map { ($0.name, $0.text) }) { try $0.value(parsing: $1) }
    }

    /// Checks JSON or BSON values, as the worker receives them; null counts as absent.
    ///
    /// - Throws: `badValue` for an unknown, repeated or missing parameter, `typeMismatch` for a value of another type.
    public func arguments(_ document: Document = [:]) throws -> Arguments {
        try arguments(document.elements.filter { !$0.value.isNull }.map { ($0.key, $0.value) }) {
            try $0.value(checking: $1)
        }
    }

    private func arguments<Given>(
        _ given: [(name: String, value: Given)], check: (Parameter, Given) throws -> BSONValue
    ) throws -> Arguments {
        var values: [String: BSONValue] = [:]
        for (name, value) in given {
            guard let parameter = parameters.first(where: { $0.name == name }) else { throw unknownParameter(name) }
            guard values[name] == nil else {
                throw AtelierError(.badValue, "\(name) is given twice", at: "parameter \(name)")
            }
            values[name] = try check(parameter, value)
        }
        for parameter in parameters where values[parameter.name] == nil {
            if let value = parameter.defaultValue {
                values[parameter.name] = value
            } else if parameter.isRequired {
                throw AtelierError(
                    .badValue, "\(self.name) needs the parameter \(parameter.name): \(parameter.description)",
                    at: "parameter \(parameter.name)",
                    advice: "Give \(parameter.expected), for example \(parameter.name)=\(parameter.example).")
            }
        }
        try checkPeriod(values)
        return Arguments(values: values)
    }

    /// - Throws: `badValue` for a period in which nothing can lie, rather than an empty answer.
    private func checkPeriod(_ values: [String: BSONValue]) throws {
        guard case .date(let from)? = values["from"], case .date(let to)? = values["to"], from >= to else { return }
        let day = UTCDate(milliseconds: from).iso8601().prefix(10)
        throw AtelierError(
            .badValue, from == to ? "to is the moment that from is: nothing lies between them" : "to is before from",
            at: "parameter to",
            advice: "from belongs to the period, to does not: give a to after \(day), or exchange the two.")
    }

    private func unknownParameter(_ name: String) -> AtelierError {
        let names = parameters.map(\.name)
        let advice =
            if names.isEmpty {
                "It has no parameters."
            } else if let nearest = nearestName(to: name, among: names) {
                "Did you mean \(nearest)?"
            } else {
                "It has \(names.joined(separator: ", "))."
            }
        return AtelierError(.badValue, "\(self.name) has no parameter \(name)", at: "parameter \(name)", advice: advice)
    }
}
