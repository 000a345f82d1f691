import BSON

/// A dotted path into a document, split and checked.
public struct FieldPath: Sendable {
    public let components: [FieldName]

    public var text: String { components.map(\.text).joined(separator: ".") }

    /// - Throws: `Location40353` for a path that ends with a dot, `15998` for an empty component, `16410` for one that starts with `$`.
    public init(_ text: some StringProtocol) throws {
        components = try FieldPath.split(text).map { FieldName($0) }
    }

    public init(components: [FieldName]) { self.components = components }

    public static func split(_ text: some StringProtocol) throws -> [String] {
        if text.isEmpty { throw AtelierError(40352, "FieldPath cannot be constructed with empty string") }
        if text.last == "." { throw AtelierError(40353, "FieldPath must not end with a '.'.") }
        let parts = String(text).split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        for part in parts {
            if part.isEmpty { throw AtelierError(15998, "FieldPath field names may not be empty strings.") }
            if part.first == "$" {
                throw AtelierError(
                    16410, "FieldPath field names may not start with '$'. Consider using $getField or $setField.")
            }
            if part.utf8.contains(0) { throw AtelierError(16411, "FieldPath field names may not contain '\\0'.") }
        }
        if parts.count > 200 { throw AtelierError(.overflow, "FieldPath is too long") }
        return parts
    }

    // MARK: Reading as expressions do

    /// What `$a.b.c` yields when this value stands for the path's start and `components` are still to go.
    ///
    /// An array on the way yields the array of what its documents yield; arrays inside arrays are passed over.
    static func read(_ value: ValueView, _ components: ArraySlice<FieldName>, arena: Arena) -> ValueView {
        var value = value
        var rest = components
        while let name = rest.first {
            switch value.type {
            case .document: value = value.asDocument.find(name)
            case .array: return readArray(value.asDocument, rest, arena: arena)
            default: return .missing
            }
            rest = rest.dropFirst()
        }
        return value
    }

    private static func readArray(_ array: DocumentView, _ rest: ArraySlice<FieldName>, arena: Arena) -> ValueView {
        arena.array { writer in
            var cursor = array.elements()
            while cursor.next() {
                guard cursor.type == .document else { continue }
                let value = read(cursor.value, rest, arena: arena)
                if !value.isMissing { writer.appendElement(value) }
            }
        }
    }

    /// The values of one field over an array's documents, as an array.
    static func values(of name: FieldName, inArray array: DocumentView, arena: Arena) -> ValueView {
        arena.array { writer in
            var cursor = array.elements()
            while cursor.next() {
                guard cursor.type == .document else { continue }
                let value = cursor.value.asDocument.find(name)
                if !value.isMissing { writer.appendElement(value) }
            }
        }
    }
}
