import BSON

/// Reads an update document such as `{$set: {"a.b": 1}, $inc: {n: 1}}` into the tree of what happens where.
///
/// Source: MongoDB manual, "Update Operators".
struct UpdateParser {
    let compiler: Compiler
    let root = UpdateFields(path: "")
    private var filters: [ArrayFilter] = []
    private var usedFilters: Set<String> = []
    /// Whether a path starts with a name that starts with `$`: such a field can be made by an upsert only.
    private(set) var dollarPrefixedPath: String?

    init(_ compiler: Compiler) { self.compiler = compiler }

    mutating func parse(_ spec: DocumentView, arrayFilters: [DocumentView]) throws {
        for filter in arrayFilters {
            let filter = try ArrayFilter(filter, compiler)
            if filters.contains(where: { $0.identifier == filter.identifier }) {
                throw AtelierError(
                    .failedToParse,
                    "Found multiple array filters with the same top-level field name \(filter.identifier)")
            }
            filters.append(filter)
        }
        var cursor = spec.elements()
        while cursor.next() { try reading(cursor) { try modifier(cursor.keyString, cursor.value) } }
        for filter in filters where !usedFilters.contains(filter.identifier) {
            throw AtelierError(
                .failedToParse,
                "The array filter for identifier '\(filter.identifier)' was not used in the update")
        }
    }

    private static let modifiers: Set<String> = [
        "$set", "$setOnInsert", "$unset", "$inc", "$mul", "$min", "$max", "$rename", "$currentDate", "$bit", "$push",
        "$addToSet", "$pull", "$pullAll", "$pop",
    ]

    private mutating func modifier(_ name: String, _ argument: ValueView) throws {
        guard UpdateParser.modifiers.contains(name) else {
            throw AtelierError(
                .failedToParse,
                "Unknown modifier: \(name). Expected a valid update modifier or pipeline-style update specified as an array",
                advice: Suggestion.name(name, among: UpdateParser.modifiers.sorted()))
        }
        guard argument.type == .document else {
            throw AtelierError(
                .failedToParse,
                "Modifiers operate on fields but we found type \(argument.type.name) instead. For example: {\(name): {<field>: ...}}"
            )
        }
        var cursor = argument.asDocument.elements()
        while cursor.next() {
            try reading(cursor) {
                let path = try UpdatePath(cursor.keyString)
                if name == "$rename" {
                    try rename(path, cursor.value)
                } else {
                    try add(try action(name, path, cursor.value), at: path)
                }
            }
        }
    }

    // MARK: Building the tree

    private mutating func add(_ action: UpdateAction, at path: UpdatePath) throws {
        if case .field(let name) = path.components[0], name.hasPrefix("$"), !FilterParser.isReferenceField(name) {
            dollarPrefixedPath = dollarPrefixedPath ?? path.text
        }
        var node: UpdateNode = root
        let parts = MatchPath.components(path.text)
        for (index, component) in path.components.enumerated() {
            let here = parts[...index].joined(separator: ".")
            let next: UpdateNode =
                if index + 1 == path.components.count {
                    UpdateLeaf(path: here, action)
                } else if case .elements = path.components[index + 1] {
                    UpdateElements(path: here)
                } else {
                    UpdateFields(path: here)
                }
            node = try descend(from: node, component, next, path)
        }
    }

    /// The node below `node` at a component: the one that is there, if it is of the kind of `next`, or else `next`.
    private mutating func descend(
        from node: UpdateNode, _ component: UpdatePath.Component, _ next: UpdateNode, _ path: UpdatePath
    ) throws -> UpdateNode {
        var known: UpdateNode?
        switch (component, node) {
        case (.field(let name), let fields as UpdateFields):
            known = fields.child(name)
            if known == nil { fields.set(name, next) }
        case (.positional, let fields as UpdateFields):
            known = fields.positional
            if known == nil { fields.positional = next }
        case (.elements(let identifier), let elements as UpdateElements):
            known = elements.children.first { $0.identifier == identifier ?? "" }?.node
            if known == nil {
                elements.children.append((identifier ?? "", try identifier.map { try filter($0, path) }, next))
            }
        default: throw UpdateNode.conflict(path.text, node.path)
        }
        guard let known else { return next }
        // A path through a leaf or ending at a node, or fields beside elements, conflict.
        guard type(of: known) == type(of: next), !(next is UpdateLeaf) else {
            throw UpdateNode.conflict(path.text, known.path)
        }
        return known
    }

    private mutating func filter(_ identifier: String, _ path: UpdatePath) throws -> ArrayFilter {
        guard let filter = filters.first(where: { $0.identifier == identifier }) else {
            throw AtelierError(.badValue, "No array filter found for identifier '\(identifier)' in path '\(path.text)'")
        }
        usedFilters.insert(identifier)
        return filter
    }

    private mutating func rename(_ source: UpdatePath, _ argument: ValueView) throws {
        guard argument.type == .string else {
            throw AtelierError(.badValue, "The 'to' field for $rename must be a string: \(source.text)")
        }
        let target = try UpdatePath(argument.asString)
        guard let from = source.fieldNames, let to = target.fieldNames else {
            throw AtelierError(
                .badValue, "The source and target field for $rename may not be dynamic: \(source.text), \(target.text)")
        }
        if source.overlaps(target) {
            throw AtelierError(
                .badValue,
                from == to
                    ? "The source and target field for $rename must differ: \(source.text)"
                    : "The source and target field for $rename must not be on the same path: \(source.text), \(target.text)"
            )
        }
        try add(UnsetAction(), at: source)
        try add(RenameAction(source: from, target: to), at: target)
    }
}
