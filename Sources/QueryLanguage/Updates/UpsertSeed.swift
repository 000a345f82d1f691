import BSON

/// What a query says about a document that does not exist yet: the fields it wants to equal a value.
///
/// Source: MongoDB manual, "Upsert with Operator Expressions": equalities, also in `$and` and in an `$or`, `$in` or `$all`
/// of one; nothing else.
struct UpsertSeed {
    private let arena = Arena(chunkSize: 1024)
    /// In the order of the paths.
    private var values: [(path: [String], value: ValueView)] = []

    /// - Parameter idOnly: a replacement takes over no more than `_id`.
    /// - Throws: `NotSingleValueField` where two values are given for a path, or a path leads through another's value.
    init(_ filter: DocumentView, idOnly: Bool) throws {
        try collect(try FilterParser(arena: arena).filter(filter), idOnly: idOnly)
        values.sort { compareText($0.path.joined(separator: "."), $1.path.joined(separator: ".")) < 0 }
    }

    private mutating func collect(_ node: FilterNode, idOnly: Bool) throws {
        switch node {
        case .all(let nodes): for node in nodes { try collect(node, idOnly: idOnly) }
        case .any(let nodes): if nodes.count == 1 { try collect(nodes[0], idOnly: idOnly) }
        case .field(let field): try collect(field.path, field.condition, idOnly: idOnly)
        case .none, .expression, .schema, .constant, .sample: break
        }
    }

    private mutating func collect(_ path: String, _ condition: FilterNode.Condition, idOnly: Bool) throws {
        switch condition {
        case .all(let conditions): for condition in conditions { try collect(path, condition, idOnly: idOnly) }
        case .compare(.equal, let value): try add(path, value, idOnly: idOnly)
        case .member(let values, let regexes):
            if values.count == 1 && regexes.isEmpty { try add(path, values[0], idOnly: idOnly) }
        default: break
        }
    }

    private mutating func add(_ path: String, _ value: ValueView, idOnly: Bool) throws {
        let components = MatchPath.components(path)
        if idOnly && components[0] != "_id" { return }
        for known in values where zip(known.path, components).allSatisfy({ $0 == $1 }) {
            let other = known.path.joined(separator: ".")
            throw AtelierError(
                54,
                other == path
                    ? "cannot infer query fields to set, path '\(path)' is matched twice"
                    : "cannot infer query fields to set, both paths '\(path)' and '\(other)' are matched")
        }
        values.append((components, value))
    }

    /// The document the equalities make.
    func document(_ arena: Arena) throws -> DocumentView {
        let root = UpdateFields(path: "")
        for (path, value) in values {
            var fields = root
            for (index, name) in path.enumerated() {
                let text = path[...index].joined(separator: ".")
                if name.isEmpty {
                    throw AtelierError(
                        .emptyFieldName, "The path '\(path.joined(separator: "."))' contains an empty field name")
                }
                if index == path.count - 1 {
                    fields.set(name, UpdateLeaf(path: text, SetAction(arena.copy(value))))
                } else if let inner = fields.child(name) as? UpdateFields {
                    fields = inner
                } else {
                    let inner = UpdateFields(path: text)
                    fields.set(name, inner)
                    fields = inner
                }
            }
        }
        let empty = arena.document { _ in }.asDocument
        let scope = Scope(slotCount: 1, now: 0, arena: arena)
        let context = UpdateContext(scope: scope, original: empty, inserting: true, position: nil)
        return try root.apply(.document(empty), context).asDocument
    }
}

private func compareText(_ a: String, _ b: String) -> Int {
    var (a, b) = (a, b)
    return a.withUTF8 { x in b.withUTF8 { y in compareBytes(UnsafeRawBufferPointer(x), UnsafeRawBufferPointer(y)) } }
}
