import BSON

/// JSON laid out for reading: what fits a line stays on one.
enum ReadableJSON {
    private static let width = 64

    /// A pipeline as it is sent.
    static func text(pipeline: [Document], of collection: String) -> String {
        let command: Document = [
            "aggregate": .string(collection), "pipeline": .array(BSONArray(documents: pipeline)),
        ]
        return text(.document(command), indentation: 0, taken: 0)
    }

    /// - Parameter taken: how much of the line is taken already.
    private static func text(_ value: BSONValue, indentation: Int, taken: Int) -> String {
        let short = line(value)
        let parts: [(key: String?, value: BSONValue)]
        let ends: (String, String)
        switch value {
        case .document(let document):
            parts = document.elements.map { ($0.key, $0.value) }
            ends = ("{", "}")
        case .array(let array):
            parts = array.map { (nil, $0) }
            ends = ("[", "]")
        default: return short
        }
        guard indentation + taken + short.utf8.count > width, !parts.isEmpty else { return short }
        let blanks = String(repeating: " ", count: indentation + 2)
        let lines = parts.map { part -> String in
            let key = part.key.map { "\(line(.string($0))): " } ?? ""
            return blanks + key + text(part.value, indentation: indentation + 2, taken: key.utf8.count)
        }
        return "\(ends.0)\n\(lines.joined(separator: ",\n"))\n\(String(repeating: " ", count: indentation))\(ends.1)"
    }

    /// All on one line, with blanks where people expect them.
    private static func line(_ value: BSONValue) -> String {
        switch value {
        case .document(let document):
            let parts = document.elements.map { "\(line(.string($0.key))): \(line($0.value))" }
            return parts.isEmpty ? "{}" : "{ \(parts.joined(separator: ", ")) }"
        case .array(let array): return "[\(array.map(line).joined(separator: ", "))]"
        default: return value.withValue { $0.extendedJSON() }
        }
    }
}
