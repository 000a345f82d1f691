import BSON

/// A dotted path of an update, for example `grades.$[high].mean`.
struct UpdatePath {
    enum Component: Equatable {
        case field(String)
        /// `$`: the array position that the query matched.
        case positional
        /// `$[]` (nil) or `$[identifier]`.
        case elements(String?)
    }

    let text: String
    let components: [Component]

    /// - Throws: `EmptyFieldName` for an empty component, `BadValue` for `$` at the start or more than once.
    init(_ text: String) throws {
        self.text = text
        if text.isEmpty { throw AtelierError(.emptyFieldName, "An empty update path is not valid.") }
        components = try MatchPath.components(text).map { part in
            if part.isEmpty {
                throw AtelierError(
                    .emptyFieldName, "The update path '\(text)' contains an empty field name, which is not allowed.")
            }
            if part == "$" { return .positional }
            if part.hasPrefix("$["), part.hasSuffix("]") {
                let identifier = String(part.dropFirst(2).dropLast())
                return .elements(identifier.isEmpty ? nil : identifier)
            }
            return .field(part)
        }
        switch components[0] {
        case .positional:
            throw AtelierError(
                .badValue, "Cannot have positional (i.e. '$') element in the first position in path '\(text)'")
        case .elements:
            throw AtelierError(
                .badValue,
                "Cannot have array filter identifier (i.e. '$[<id>]') element in the first position in path '\(text)'")
        case .field: break
        }
        if components.filter({ $0 == .positional }).count > 1 {
            throw AtelierError(.badValue, "Too many positional (i.e. '$') elements found in path '\(text)'")
        }
    }

    /// The components, where all are field names.
    var fieldNames: [String]? {
        var names: [String] = []
        for component in components {
            guard case .field(let name) = component else { return nil }
            names.append(name)
        }
        return names
    }

    /// Whether one path is the other or leads through it.
    func overlaps(_ other: UpdatePath) -> Bool {
        zip(components, other.components).allSatisfy { $0 == $1 }
    }
}

extension ValueView {
    /// How error messages show a value they must not quote: its type.
    var described: String { "an element of type \(type.name)" }
}
