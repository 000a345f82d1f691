import BSON

/// Who asks for a projection: the rules and error codes differ.
public enum ProjectionPolicy: Sendable {
    /// `$project`.
    case project
    /// `$addFields` and `$set`.
    case addFields
    /// The projection of `find` and `findAndModify`: `$slice`, `$elemMatch` and positional `$` too.
    case find
}

extension Compiler {
    /// Reads a projection such as `{name: 1, "address.city": 1, total: {$sum: "$items.price"}}` over the current row.
    ///
    /// - Throws: `31249`/`31250` (`$addFields`: `40176`) for paths that collide, `31253`/`31254` for inclusion mixed with
    ///   exclusion, `51270` (`$addFields`: `40180`) for an empty embedded specification, `51272` (`40177`) for an empty
    ///   one, the errors of paths and of expressions.
    public func projectionTree(_ spec: DocumentView, _ policy: ProjectionPolicy) throws -> ProjectionTree {
        var parser = ProjectionParser(compiler: self, policy: policy)
        try parser.document(spec, below: [])
        return try parser.finish()
    }

    /// The tree that takes these dotted paths away: `$unset`.
    public func exclusionTree(_ paths: [String]) throws -> ProjectionTree {
        var parser = ProjectionParser(compiler: self, policy: .project)
        for path in paths { try parser.add(.exclude, at: FieldPath.split(path)) }
        return try parser.finish()
    }
}

/// Builds a `ProjectionTree` from a specification.
///
/// Source: MongoDB manual, "$project", "$addFields", "Project Fields to Return from Query".
struct ProjectionParser {
    let compiler: Compiler
    let policy: ProjectionPolicy
    private let root = Node()
    private var mode: ProjectionTree.Mode?
    private var idIncluded: Bool?
    /// `$elemMatch` alone makes an inclusion, `$slice` alone an exclusion.
    var hasElementMatch = false
    /// The path of a positional projection, without its `$`.
    var positional: [String]?

    /// A node while it is not yet known whether it includes or excludes.
    private final class Node {
        var children: [(name: String, leaf: ProjectionTree.Entry?, node: Node?)] = []
    }

    init(compiler: Compiler, policy: ProjectionPolicy) {
        self.compiler = compiler
        self.policy = policy
        if policy == .addFields { mode = .addFields }
    }

    // MARK: Reading

    mutating func document(_ spec: DocumentView, below path: [String]) throws {
        var cursor = spec.elements()
        var count = 0
        while cursor.next() {
            count += 1
            try reading(cursor) { try element(cursor, below: path) }
        }
        guard count == 0 else { return }
        if !path.isEmpty {
            throw AtelierError(
                policy == .addFields ? 40180 : 51270,
                "An empty sub-projection is not a valid value. Found empty object at path '\(path.joined(separator: "."))'"
            )
        }
        if policy != .find {
            throw AtelierError(
                policy == .addFields ? 40177 : 51272,
                "Invalid projection: the specification must have at least one field")
        }
    }

    private mutating func element(_ cursor: ElementCursor, below path: [String]) throws {
        let name = cursor.keyString
        if policy == .addFields && !path.isEmpty && name.contains(".") {
            throw AtelierError(40183, "cannot use dotted field name '\(name)' in a sub object")
        }
        if policy == .addFields && !path.isEmpty && name.hasPrefix("$") {
            throw AtelierError(
                40182, "expected no operators beside the fields of \(path.joined(separator: ".")), found \(name)")
        }
        if policy == .find, try positional(name, cursor.value, below: path) { return }
        try field(path + split(name), cursor.value)
    }

    /// The components of a name, which may hold dots; a DBRef's names may start with `$`.
    private func split(_ name: String) throws -> [String] {
        var checked = name
        for field in ["$ref", "$id", "$db"]
        where name == field || name.hasSuffix("." + field) || name.contains("." + field + ".") {
            checked = checked.split(separator: ".", omittingEmptySubsequences: false)
                .map { $0 == field ? $0.dropFirst() : $0 }.joined(separator: ".")
        }
        _ = try FieldPath.split(checked)
        return MatchPath.components(name)
    }

    private mutating func field(_ path: [String], _ value: ValueView) throws {
        if policy != .addFields && (value.isNumber || value.type == .bool) {
            return try add(value.isTruthy ? .include : .exclude, at: path)
        }
        if value.type == .document {
            var cursor = value.asDocument.elements()
            guard cursor.next(), cursor.key.first == UInt8(ascii: "$") else {
                return try document(value.asDocument, below: path)
            }
            if policy == .find, try findOperator(cursor.keyString, cursor.value, value.asDocument, at: path) { return }
            if policy == .addFields && value.asDocument.count != 1 {
                throw AtelierError(
                    40181,
                    "an expression specification must contain exactly one field, the name of the expression, at \(path.joined(separator: "."))"
                )
            }
        }
        try add(.computed(try compiler.expression(value)), at: path)
    }

    // MARK: Building

    /// Adds a leaf, having checked that the projection's mode allows it.
    mutating func add(_ entry: ProjectionTree.Entry, at path: [String]) throws {
        try settle(entry, path)
        try insert(entry, at: path)
    }

    private mutating func settle(_ entry: ProjectionTree.Entry, _ path: [String]) throws {
        let text = path.joined(separator: ".")
        switch entry {
        case .include:
            if path == ["_id"] {
                idIncluded = true
            } else if mode == .exclusion {
                throw AtelierError(31253, "Cannot do inclusion on field \(text) in exclusion projection")
            } else {
                mode = .inclusion
            }
        case .exclude:
            if path == ["_id"] {
                idIncluded = false
            } else if mode == .inclusion {
                throw AtelierError(31254, "Cannot do exclusion on field \(text) in inclusion projection")
            } else {
                mode = .exclusion
            }
        case .computed:
            if mode == .exclusion {
                throw AtelierError(31252, "Cannot use an expression for field \(text) in an exclusion projection")
            }
            if mode == nil { mode = .inclusion }
        case .slice, .nested: break
        }
    }

    func insert(_ entry: ProjectionTree.Entry, at path: [String]) throws {
        var node = root
        for (depth, name) in path.enumerated() {
            let known = node.children.firstIndex { $0.name == name }
            if depth == path.count - 1 {
                if known != nil { throw collision(path, 31250, "Path collision at \(path.joined(separator: "."))") }
                node.children.append((name, entry, nil))
            } else if let known {
                guard let inner = node.children[known].node else {
                    let met = path[...depth].joined(separator: ".")
                    let rest = path[(depth + 1)...].joined(separator: ".")
                    throw collision(path, 31249, "Path collision at \(met) remaining portion \(rest)")
                }
                node = inner
            } else {
                let inner = Node()
                node.children.append((name, nil, inner))
                node = inner
            }
        }
    }

    private func collision(_ path: [String], _ code: ErrorCode, _ message: String) -> AtelierError {
        AtelierError(policy == .addFields ? 40176 : code, "Invalid projection: \(message)")
    }

    /// The tree, in the mode that the specification turned out to have.
    func finish() throws -> ProjectionTree {
        let mode = self.mode ?? (idIncluded == true || hasElementMatch ? .inclusion : .exclusion)
        var entries = build(root, mode)
        if idIncluded == (mode == .exclusion) { entries.removeAll { $0.name.text == "_id" } }
        // An inclusion keeps `_id` unless told otherwise.
        if mode == .inclusion && idIncluded == nil && !entries.contains(where: { $0.name.text == "_id" }) {
            entries.insert((FieldName("_id"), .include), at: 0)
        }
        return ProjectionTree(mode: mode, entries)
    }

    private func build(_ node: Node, _ mode: ProjectionTree.Mode) -> [(name: FieldName, entry: ProjectionTree.Entry)] {
        node.children.map { child in
            (FieldName(child.name), child.leaf ?? .nested(ProjectionTree(mode: mode, build(child.node!, mode))))
        }
    }
}
