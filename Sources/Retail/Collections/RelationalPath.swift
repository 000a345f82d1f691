import BSON
import Definitions

/// A path of the relational mapping: fields, `[]` (each element), `{}` (each field of an object), and at its end
/// `[#]` (the element's position) or `{key}` (the field's name).
public struct RelationalPath: Sendable, Equatable {
    public enum Step: Sendable, Equatable {
        case field(String)
        /// Each element of the array reached so far.
        case elements
        /// Each field of the object reached so far.
        case entries

        var isField: Bool { if case .field = self { true } else { false } }
        var name: String { if case .field(let name) = self { name } else { "" } }
    }

    /// What is taken where the steps have led.
    public enum End: Sendable, Equatable {
        case value
        /// The element's position in its array, from 1.
        case position
        /// The field's name in its object.
        case key
    }

    public let text: String
    public let steps: [Step]
    public let end: End

    init(_ text: String, _ reader: DefinitionReader, _ field: String) throws {
        self.text = text
        var steps: [Step] = []
        var end = End.value
        for part in text.isEmpty ? [] : text.split(separator: ".", omittingEmptySubsequences: false) {
            let name = part.prefix { $0 != "[" && $0 != "{" }
            let mark = part.dropFirst(name.count)
            guard !name.isEmpty, end == .value else { throw reader.wrong(field, "is \(text), which is no path") }
            steps.append(.field(String(name)))
            switch mark {
            case "": break
            case "[]": steps.append(.elements)
            case "{}": steps.append(.entries)
            case "[#]": (steps, end) = (steps + [.elements], .position)
            case "{key}": (steps, end) = (steps + [.entries], .key)
            default: throw reader.wrong(field, "is \(text); after a name only [], {}, [#] and {key} may stand")
            }
        }
        self.steps = steps
        self.end = end
    }
}
