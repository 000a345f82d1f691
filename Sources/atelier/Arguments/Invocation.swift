import BSON
import Definitions
import Glibc

/// A command line that fits its command: operands by place, values by option.
struct Invocation: Sendable {
    let command: Command
    let operands: [String]
    private let values: [String: [String]]

    init(command: Command, operands: [String], values: [String: [String]]) {
        self.command = command
        self.operands = operands
        self.values = values
    }

    /// The operand at this place; nil where an optional one was left out.
    func operand(_ index: Int) -> String? { index < operands.count ? operands[index] : nil }

    func isSet(_ option: Option) -> Bool { values[option.name] != nil }
    func value(_ option: Option) -> String? { values[option.name]?.last }
    func values(_ option: Option) -> [String] { values[option.name] ?? [] }

    /// The option's value as an integer within the range.
    func integer(_ option: Option, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = value(option) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let bounds =
                range.upperBound == .max
                ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw UsageError("--\(option.name): expected an integer \(bounds), found \"\(text)\"")
        }
        return number
    }

    /// The option's value as a JSON document.
    func document(_ option: Option) throws -> Document? {
        guard let text = value(option) else { return nil }
        let value = try Invocation.json(text, of: "--\(option.name)")
        guard case .document(let document) = value else {
            throw UsageError("--\(option.name): expected a JSON object, such as {\"country\": \"France\"}")
        }
        return document
    }

    /// Reads JSON given as an argument: the text itself, `@FILE`, or `@-` for standard input.
    static func json(_ argument: String, of name: String) throws -> BSONValue {
        guard argument.hasPrefix("@") else { return try parse(argument, at: name) }
        let path = String(argument.dropFirst())
        let bytes =
            path == "-" ? try Files.contents(of: STDIN_FILENO, named: "standard input") : try Files.contents(of: path)
        return try parse(String(decoding: bytes, as: UTF8.self), at: path == "-" ? "standard input" : path)
    }

    private static func parse(_ text: String, at place: String) throws -> BSONValue {
        do {
            return try BSONValue(json: text)
        } catch let error as AtelierError {
            let place = error.location.map { "\(place): \($0)" } ?? place
            throw UsageError(
                "\(place): \(error.message)",
                advice: error.advice
                    ?? (error.message.contains("expected") ? "JSON wants double quotes around names and texts." : nil))
        }
    }
}
