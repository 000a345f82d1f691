import BSON
import Definitions

/// Reads a question's parameters, and refuses what it does not know: an option that is accepted is honoured.
final class ParameterReader {
    private let document: Document
    /// Where the parameters stand in the question, such as `steps[1]`; empty for the whole.
    private let path: String
    private var known: Set<String> = []

    init(_ document: Document, at path: String = "") {
        self.document = document
        self.path = path
    }

    func error(_ name: String, _ message: String, advice: String? = nil) -> AtelierError {
        AtelierError(.badValue, message, at: path.isEmpty ? name : "\(path).\(name)", advice: advice)
    }

    func value(_ name: String) -> BSONValue? {
        known.insert(name)
        return document[name].flatMap { if case .null = $0 { nil } else { $0 } }
    }

    func string(_ name: String) throws -> String? {
        try value(name).map { value in
            guard let text = value.stringValue else { throw error(name, "expected a text") }
            return text
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        try value(name).map { value in
            guard let number = value.integerValue, range.contains(Int(number)) else {
                let bounds =
                    range.upperBound == .max
                    ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
                throw error(name, "expected an integer \(bounds)")
            }
            return Int(number)
        }
    }

    func number(_ name: String) throws -> Double? {
        try value(name).map { value in
            guard let number = value.doubleValue, number.isFinite else { throw error(name, "expected a number") }
            return number
        }
    }

    func bool(_ name: String) throws -> Bool? {
        try value(name).map { value in
            guard let bool = value.boolValue else { throw error(name, "expected true or false") }
            return bool
        }
    }

    func object(_ name: String) throws -> Document? {
        try value(name).map { value in
            guard let document = value.documentValue else { throw error(name, "expected an object") }
            return document
        }
    }

    /// A date, or the text of one.
    func date(_ name: String) throws -> Int64? {
        try value(name).map { value in
            if case .date(let time) = value { return time }
            guard let text = value.stringValue,
                let time = UTCDate.milliseconds(iso8601: text.utf8.count == 10 ? text + "T00:00:00Z" : text)
            else { throw error(name, "expected a date such as 2010-09-30") }
            return time
        }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, _: Choice.Type) throws -> Choice? {
        try string(name).map { text in
            if let choice = Choice(rawValue: text) { return choice }
            throw unknown(name, text, Choice.allCases.map(\.rawValue))
        }
    }

    /// The documents of an array.
    func objects(_ name: String) throws -> [Document] {
        guard let value = value(name) else { return [] }
        guard let elements = value.arrayValue else { throw error(name, "expected an array of objects") }
        return try elements.enumerated().map { index, element in
            guard let document = element.documentValue else { throw error("\(name)[\(index)]", "expected an object") }
            return document
        }
    }

    /// A text, or several.
    func strings(_ name: String) throws -> [String]? {
        try value(name).map { value in
            if let text = value.stringValue { return text.split(separator: ",").map(String.init) }
            guard let elements = value.arrayValue, elements.allSatisfy({ $0.stringValue != nil }) else {
                throw error(name, "expected a text or an array of texts")
            }
            return elements.compactMap(\.stringValue)
        }
    }

    /// Edge types, by name, each with a factor where the value is an object.
    ///
    /// - Parameter isWeighing: whether the task has a use for factors.
    func edgeTypes(_ name: String = "edges", isWeighing: Bool = false) throws -> [(type: EdgeType, factor: Double)]? {
        var names: [(String, Double)] = []
        if !isWeighing && value(name)?.documentValue != nil {
            throw error(name, "expected types of edges by name", advice: "Only rank multiplies weights by factors.")
        }
        if let weights = value(name)?.documentValue {
            for (key, value) in weights.elements {
                guard let factor = value.doubleValue, factor > 0, factor.isFinite else {
                    throw error("\(name).\(key)", "expected a factor above 0")
                }
                names.append((key, factor))
            }
        } else if let texts = try strings(name) {
            names = texts.map { ($0, 1) }
        } else {
            return nil
        }
        guard !names.isEmpty else { throw error(name, "expected at least one type of edges") }
        return try names.map { text, factor in
            guard let type = EdgeType(name: text) else { throw unknown(name, text, EdgeType.allCases.map(\.name)) }
            return (type, factor)
        }
    }

    /// The parameters that say which edges to follow.
    func edgeChoice() throws -> EdgeChoice {
        var choice = EdgeChoice()
        if let types = try edgeTypes() { choice.types = types.map(\.type) }
        if let direction = try self.choice("direction", Direction.self) { choice.direction = direction }
        choice.from = try date("from")
        choice.to = try date("to")
        if let from = choice.from, let to = choice.to, from >= to {
            throw error("to", "expected a time after that of the first edges")
        }
        choice.filter = try object("edgeFilter")
        choice.perNode = try integer("perNode", in: 1...Int.max)
        if let preference = try self.choice("prefer", EdgeChoice.Preference.self) { choice.preference = preference }
        return choice
    }

    static let edgeChoiceNames = ["edges", "direction", "from", "to", "edgeFilter", "perNode", "prefer"]

    private func unknown(_ name: String, _ text: String, _ names: [String]) -> AtelierError {
        let nearest = nearestName(to: text, among: names).map { "Did you mean \($0)? " } ?? ""
        return error(
            name, "there is no \(text)", advice: nearest + "There are \(names.joined(separator: ", ")).")
    }

    /// - Throws: `badValue` where there are parameters that nobody asked for.
    func finish() throws {
        for key in document.keys where !known.contains(key) {
            let names = known.sorted()
            let nearest = nearestName(to: key, among: names).map { "Did you mean \($0)? " } ?? ""
            throw error(
                key, "there is no such parameter", advice: nearest + "There are \(names.joined(separator: ", ")).")
        }
    }
}
