import BSON

/// A node of an update's tree: what happens to the value at one path and below.
///
/// An update runs as one pass over the document: every node makes the new value from the old one, so the old bytes are
/// read once and nothing is changed in place.
class UpdateNode {
    /// For messages.
    let path: String
    init(path: String) { self.path = path }

    /// The new value; missing for none. `value` is missing where the document has none.
    func apply(_ value: ValueView, _ context: UpdateContext) throws -> ValueView {
        preconditionFailure("every node says what it does")
    }

    /// The node cannot be reached, because `parent` is neither a document nor an array with such a position: most updates
    /// fail then.
    func refuse(below parent: ValueView, _ context: UpdateContext) throws {
        preconditionFailure("every node says what it needs")
    }
}

/// What an update runs on.
struct UpdateContext {
    let scope: Scope
    /// The document before the update.
    let original: DocumentView
    /// Whether the document is being made by an upsert.
    let inserting: Bool
    /// What `$` stands for.
    let position: Int?

    var arena: Arena { scope.arena }
}

/// The end of a path: an operator.
final class UpdateLeaf: UpdateNode {
    let action: UpdateAction

    init(path: String, _ action: UpdateAction) {
        self.action = action
        super.init(path: path)
    }

    override func apply(_ value: ValueView, _ context: UpdateContext) throws -> ValueView {
        try action.isIdle(context) ? value : action.apply(value, path, context)
    }

    override func refuse(below parent: ValueView, _ context: UpdateContext) throws {
        if try action.toleratesUnviablePaths || action.isIdle(context) { return }
        try action.checkTarget(path, context)
        let name = path.split(separator: ".").last ?? ""
        throw AtelierError(.pathNotViable, "Cannot create field '\(name)' in \(parent.described) (path '\(path)')")
    }
}

/// Updates of fields of a document, or of an array's elements by position.
final class UpdateFields: UpdateNode {
    struct Child {
        let name: FieldName
        /// The array position that the name stands for, or -1.
        let position: Int
        let node: UpdateNode

        init(_ name: String, _ node: UpdateNode) {
            self.name = FieldName(name)
            position = MatchPath.arrayPosition(name) ?? -1
            self.node = node
        }

        /// Numbers by value, other names by their bytes: the order in which updates add fields.
        func precedes(_ other: Child) -> Bool {
            position >= 0 && other.position >= 0
                ? position < other.position : compareBytes(name.bytes, other.name.bytes) < 0
        }
    }

    /// In the order of `precedes`.
    private(set) var children: [Child] = []
    /// What happens at `$`.
    var positional: UpdateNode?

    private var byName: [String: UpdateNode] = [:]

    func child(_ name: String) -> UpdateNode? { byName[name] }

    func set(_ name: String, _ node: UpdateNode) {
        let child = Child(name, node)
        let index = children.firstIndex { !$0.precedes(child) } ?? children.count
        if byName.updateValue(node, forKey: name) != nil {
            children[index] = child
        } else {
            children.insert(child, at: index)
        }
    }

    override func apply(_ value: ValueView, _ context: UpdateContext) throws -> ValueView {
        let children = try resolvedChildren(context)
        switch value.type {
        case .document: return try applyFields(value.asDocument, children, context)
        case .array: return try applyElements(value, children, context)
        case .missing: return try create(children, context)
        default:
            for child in children { try child.node.refuse(below: value, context) }
            return value
        }
    }

    override func refuse(below parent: ValueView, _ context: UpdateContext) throws {
        for child in children { try child.node.refuse(below: parent, context) }
        try positional?.refuse(below: parent, context)
    }

    /// The children, with that at `$` under the position the query matched.
    private func resolvedChildren(_ context: UpdateContext) throws -> [Child] {
        guard let positional else { return children }
        guard let position = context.position else {
            throw AtelierError(
                .badValue, "The positional operator did not find the match needed from the query.",
                advice: "The query must have a condition on the array that '\(path).$' addresses.")
        }
        let resolved = UpdateFields(path: path)
        for child in children { resolved.set(child.name.text, child.node) }
        let name = String(position)
        resolved.set(name, try child(name).map { try UpdateNode.merge($0, positional) } ?? positional)
        return resolved.children
    }

    private func applyFields(_ document: DocumentView, _ children: [Child], _ context: UpdateContext) throws
        -> ValueView
    {
        try withUnsafeTemporaryAllocation(of: Bool.self, capacity: children.count) { seen in
            seen.initialize(repeating: false)
            return try context.arena.document { writer in
                var cursor = document.elements()
                while cursor.next() {
                    if let index = children.firstIndex(where: { cursor.keyEquals($0.name) }), !seen[index] {
                        seen[index] = true
                        writer.append(cursor.key, try children[index].node.apply(cursor.value, context))
                    } else {
                        writer.append(element: cursor.elementBytes)
                    }
                }
                for (index, child) in children.enumerated() where !seen[index] {
                    writer.append(child.name, try child.node.apply(.missing, context))
                }
            }
        }
    }

    /// A document of what the children make from nothing; missing where that is nothing.
    private func create(_ children: [Child], _ context: UpdateContext) throws -> ValueView {
        let created = try context.arena.document { writer in
            for child in children { writer.append(child.name, try child.node.apply(.missing, context)) }
        }
        return created.asDocument.isEmpty ? .missing : created
    }

    private func applyElements(_ array: ValueView, _ children: [Child], _ context: UpdateContext) throws -> ValueView {
        for child in children where child.position < 0 { try child.node.refuse(below: array, context) }
        var remaining = children.filter { $0.position >= 0 }[...]
        return try context.arena.array { writer in
            var position = 0
            var cursor = array.asDocument.elements()
            while cursor.next() {
                if let child = remaining.first, child.position == position {
                    // What is taken out of an array leaves null.
                    writer.appendElement(try child.node.apply(cursor.value, context))
                    remaining = remaining.dropFirst()
                } else {
                    writer.appendElement(cursor.value)
                }
                position += 1
            }
            for child in remaining {
                let value = try child.node.apply(.missing, context)
                if value.isMissing { continue }
                if child.position - position > UpdateFields.longestPadding {
                    throw AtelierError(
                        .badValue, "can't backfill more than \(UpdateFields.longestPadding) elements of '\(path)'")
                }
                while position < child.position {
                    writer.appendElement(ValueView.null)
                    position += 1
                }
                writer.appendElement(value)
                position += 1
            }
        }
    }

    /// How many nulls a position past an array's end may put before itself.
    private static let longestPadding = 1_500_000
}

/// Updates of an array's elements: all (`$[]`), or those that an array filter selects (`$[identifier]`).
final class UpdateElements: UpdateNode {
    /// Identifier (empty for `$[]`), its filter, and what happens to the elements.
    var children: [(identifier: String, filter: ArrayFilter?, node: UpdateNode)] = []

    override func apply(_ value: ValueView, _ context: UpdateContext) throws -> ValueView {
        if value.isMissing {
            throw AtelierError(
                .badValue, "The path '\(path)' must exist in the document in order to apply array updates.")
        }
        guard value.type == .array else {
            throw AtelierError(
                .badValue, "Cannot apply array updates to non-array element '\(path)': \(value.described)")
        }
        return try context.arena.array { writer in
            var cursor = value.asDocument.elements()
            while cursor.next() {
                var selected: UpdateNode?
                for child in children {
                    if let filter = child.filter, try !filter.matches(cursor.value, context.scope) { continue }
                    selected = try selected.map { try UpdateNode.merge($0, child.node) } ?? child.node
                }
                writer.appendElement(try selected?.apply(cursor.value, context) ?? cursor.value)
            }
        }
    }

    override func refuse(below parent: ValueView, _ context: UpdateContext) throws {
        throw AtelierError(.badValue, "The path '\(path)' must exist in the document in order to apply array updates.")
    }
}

extension UpdateNode {
    /// Both nodes' updates of the same value.
    ///
    /// - Throws: `ConflictingUpdateOperators` where both change the same path.
    static func merge(_ a: UpdateNode, _ b: UpdateNode) throws -> UpdateNode {
        switch (a, b) {
        case (let a as UpdateFields, let b as UpdateFields):
            let merged = UpdateFields(path: a.path)
            for child in a.children { merged.set(child.name.text, child.node) }
            for child in b.children {
                let name = child.name.text
                merged.set(name, try merged.child(name).map { try merge($0, child.node) } ?? child.node)
            }
            merged.positional =
                if let x = a.positional, let y = b.positional { try merge(x, y) } else { a.positional ?? b.positional }
            return merged
        case (let a as UpdateElements, let b as UpdateElements):
            let merged = UpdateElements(path: a.path)
            merged.children = a.children
            for child in b.children {
                if let index = merged.children.firstIndex(where: { $0.identifier == child.identifier }) {
                    merged.children[index].node = try merge(merged.children[index].node, child.node)
                } else {
                    merged.children.append(child)
                }
            }
            return merged
        default: throw conflict(b.path, a.path)
        }
    }

    static func conflict(_ path: String, _ other: String) -> AtelierError {
        AtelierError(.conflictingUpdateOperators, "Updating the path '\(path)' would create a conflict at '\(other)'")
    }
}
