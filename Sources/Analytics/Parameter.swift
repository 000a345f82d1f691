import BSON

/// A value that whoever runs a saved aggregation may give, and what is accepted for it.
public struct Parameter: Sendable {
    public let name: String
    public let type: ParameterType
    public let description: String
    public let isRequired: Bool
    /// Taken where none is given; nil where there is none.
    public let defaultValue: BSONValue?
    /// The only strings accepted; empty where any is.
    public let values: [String]
    /// Bounds of a number, both included.
    public let minimum: Double?
    public let maximum: Double?

    public init(
        name: String, type: ParameterType, description: String, isRequired: Bool = false,
        defaultValue: BSONValue? = nil,
        values: [String] = [], minimum: Double? = nil, maximum: Double? = nil
    ) {
        self.name = name
        self.type = type
        self.description = description
        self.isRequired = isRequired
        self.defaultValue = defaultValue
        self.values = values
        self.minimum = minimum
        self.maximum = maximum
    }
}

public enum ParameterType: String, Sendable, CaseIterable {
    case string, integer, number, decimal, date, boolean
}

// MARK: - Checking values

extension Parameter {
    /// The value that a text on the command line stands for.
    /// - Throws: `typeMismatch` or `badValue`, with what is expected.
    public func value(parsing text: String) throws -> BSONValue {
        let parsed: BSONValue? =
            switch type {
            case .string: .string(text)
            case .integer: Int64(text).map { .integer($0) }
            case .number: Double(text).map { .double($0) }
            case .decimal: Decimal128(text).map { .decimal($0) }
            case .date: Parameter.date(text).map { .date($0) }
            case .boolean: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
            }
        guard let parsed else { throw mismatch(found: "\"\(text)\"") }
        return try inBounds(parsed)
    }

    /// The value as the pipeline takes it, from a JSON or BSON value: dates may be ISO 8601 texts, decimals texts or numbers.
    /// - Throws: `typeMismatch` or `badValue`, with what is expected.
    public func value(checking value: BSONValue) throws -> BSONValue {
        let checked: BSONValue? =
            switch (type, value) {
            case (.string, .string), (.date, .date), (.boolean, .bool), (.decimal, .decimal): value
            case (.integer, _): value.integerValue.map { .integer($0) }
            case (.number, _): value.doubleValue.map { .double($0) }
            case (.decimal, .string(let text)): Decimal128(text).map { .decimal($0) }
            case (.decimal, .double(let number)): Decimal128("\(number)").map { .decimal($0) }
            case (.decimal, _): value.integerValue.map { .decimal(Decimal128($0)) }
            case (.date, .string(let text)): Parameter.date(text).map { .date($0) }
            default: nil
            }
        guard let checked else { throw mismatch(found: "a value of type \(value.type.name)") }
        return try inBounds(checked)
    }

    /// Milliseconds of `2010`, `2010-03`, `2010-03-15` or a full ISO 8601 moment; UTC where the text names no zone.
    static func date(_ text: String) -> Int64? {
        switch text.utf8.count {
        case 4: UTCDate.milliseconds(iso8601: text + "-01-01")
        case 7: UTCDate.milliseconds(iso8601: text + "-01")
        default: UTCDate.milliseconds(iso8601: text) ?? UTCDate.milliseconds(iso8601: text + "Z")
        }
    }

    private func inBounds(_ value: BSONValue) throws -> BSONValue {
        if case .string(let text) = value, !values.isEmpty, !values.contains(text) {
            let nearest = nearestName(to: text, among: values).map { "Did you mean \($0)? " } ?? ""
            throw AtelierError(
                .badValue, "\"\(text)\" is not one of the values of \(name)", at: "parameter \(name)",
                advice: nearest + "Give one of \(values.joined(separator: ", ")).")
        }
        if let number = value.doubleValue {
            guard number.isFinite, number >= minimum ?? number, number <= maximum ?? number else {
                throw AtelierError(
                    .badValue, "the number is out of range", at: "parameter \(name)", advice: "Give \(expected).")
            }
        }
        return value
    }

    private func mismatch(found: String) -> AtelierError {
        AtelierError(
            .typeMismatch, "expected \(expected), found \(found)", at: "parameter \(name)",
            advice: "For example: \(name)=\(example)")
    }

    /// What is accepted, as a noun phrase.
    public var expected: String {
        let noun =
            switch type {
            case .string: values.isEmpty ? "a text" : "one of \(values.joined(separator: ", "))"
            case .integer: "an integer"
            case .number: "a number"
            case .decimal: "a decimal number"
            case .date: "a date such as 2010-03-15"
            case .boolean: "true or false"
            }
        switch (minimum, maximum) {
        case (let low?, let high?): return "\(noun) from \(plain(low)) to \(plain(high))"
        case (let low?, nil): return "\(noun), at least \(plain(low))"
        case (nil, let high?): return "\(noun), at most \(plain(high))"
        case (nil, nil): return noun
        }
    }

    /// A value that would be accepted, for messages and help.
    public var example: String {
        switch type {
        case .string: values.first ?? "text"
        case .integer: plain(minimum.map { max($0, 10) } ?? 10)
        case .number, .decimal: plain(minimum ?? 1.5)
        case .date: "2010-01-01"
        case .boolean: "true"
        }
    }

    private func plain(_ number: Double) -> String { Int64(exactly: number).map { "\($0)" } ?? "\(number)" }
}
