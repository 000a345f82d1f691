import BSON

extension Compiler {
    /// Compiles the projection of `find` or `findAndModify`: yields the document to return for the row at hand.
    ///
    /// - Parameter filter: the query, which a positional projection (`"items.$": 1`) asks again for the position of the
    ///   element that matched.
    /// - Throws: what `projectionTree` throws, and MongoDB's errors for `$slice`, `$elemMatch` and positional projections.
    public func findProjection(_ spec: DocumentView, filter: DocumentView?) throws -> Expression {
        var parser = ProjectionParser(compiler: self, policy: .find)
        try parser.document(spec, below: [])
        let tree = try parser.finish()
        let row = rowDocument()
        if tree.entries.isEmpty && tree.mode == .exclusion { return row }
        let projection = ProjectedRow(row, tree)
        guard let path = parser.positional else { return projection }
        if tree.mode == .exclusion { throw AtelierError(31395, "positional projection cannot be used with exclusion") }
        return PositionalProjection(projection, try filter.map { try self.filter($0) } ?? ConstantPredicate(true), path)
    }
}

/// A document's projection.
final class ProjectedRow: Expression {
    let row: Expression
    let tree: ProjectionTree

    init(_ row: Expression, _ tree: ProjectionTree) {
        self.row = row
        self.tree = tree
    }

    override func evaluate(_ scope: Scope) throws -> ValueView { try tree.apply(row.evaluate(scope), scope) }
}

/// `"a.b.$": 1`: of the first array on the path, the element that the query matched.
final class PositionalProjection: Expression {
    let projected: Expression
    let filter: Predicate
    let path: [FieldName]

    init(_ projected: Expression, _ filter: Predicate, _ path: [String]) {
        self.projected = projected
        self.filter = filter
        self.path = path.map { FieldName($0) }
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        scope.matchedPosition = nil
        _ = try filter.matches(scope)
        let position = scope.matchedPosition
        return try narrow(projected.evaluate(scope), path[...], to: position, scope.arena)
    }

    private func narrow(
        _ value: ValueView, _ path: ArraySlice<FieldName>, to position: Int?, _ arena: Arena
    ) throws -> ValueView {
        if value.type == .array {
            guard let position else {
                throw AtelierError(
                    51246, "positional operator '.$' couldn't find a matching element in the array",
                    advice: "The query must have a condition on the array.")
            }
            let element = value.asDocument.element(at: position)
            if element.isMissing { throw AtelierError(51247, "positional operator '.$' element mismatch") }
            return arena.array { $0.appendElement(element) }
        }
        guard value.type == .document, let name = path.first else { return value }
        return try arena.document { writer in
            var cursor = value.asDocument.elements()
            while cursor.next() {
                if cursor.keyEquals(name) {
                    writer.append(cursor.key, try narrow(cursor.value, path.dropFirst(), to: position, arena))
                } else {
                    writer.append(element: cursor.elementBytes)
                }
            }
        }
    }
}

/// `{a: {$elemMatch: …}}`: an array of the first element that matches; nothing where the field holds no array, or none
/// matches.
final class ElementProjection: Expression {
    let index: Int
    let test: ValueTest

    init(_ slot: Slot, _ test: ValueTest) {
        index = slot.index
        self.test = test
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = scope.slots[index]
        scope.matchedPosition = nil
        guard try test.test(value, scope), let position = scope.matchedPosition else { return .missing }
        return scope.arena.array { $0.appendElement(value.asDocument.element(at: position)) }
    }
}

// MARK: - Operators of find's projection

extension ProjectionParser {
    /// Takes in `"a.b.$": 1`; false for a name that is not positional.
    mutating func positional(_ name: String, _ value: ValueView, below path: [String]) throws -> Bool {
        let components = path + MatchPath.components(name)
        guard components.contains("$"), components.count > 1 else { return false }
        guard components.last == "$", components.filter({ $0 == "$" }).count == 1 else {
            throw AtelierError(
                31394,
                "As of 4.4, it's illegal to specify positional operator in the middle of a path. Positional projection may only be used at the end, for example: a.b.$."
            )
        }
        let array = Array(components.dropLast())
        _ = try FieldPath.split(array.joined(separator: "."))
        if positional != nil {
            throw AtelierError(31276, "Cannot specify more than one positional projection per query.")
        }
        if hasElementMatch { throw AtelierError(31256, "Cannot specify positional operator and $elemMatch.") }
        guard value.isNumber || value.type == .bool else {
            throw AtelierError(31271, "positional projection cannot be used with a literal or expression")
        }
        guard value.isTruthy else { throw AtelierError(31395, "positional projection cannot be used with exclusion") }
        positional = array
        try add(.include, at: array)
        return true
    }

    /// Takes in `$slice` and `$elemMatch`; false for an operator that is an expression.
    mutating func findOperator(
        _ name: String, _ argument: ValueView, _ spec: DocumentView, at path: [String]
    ) throws -> Bool {
        switch name {
        case "$slice":
            guard spec.count == 1, let range = try ProjectionParser.range(argument) else { return false }
            try add(.slice(range), at: path)
            return true
        case "$elemMatch":
            if positional != nil { throw AtelierError(31255, "Cannot specify positional operator and $elemMatch.") }
            guard argument.type == .document else {
                throw AtelierError(31274, "elemMatch: Invalid argument, object required, but got \(argument.type.name)")
            }
            guard path.count == 1 else {
                throw AtelierError(31275, "Cannot use $elemMatch projection on a nested field")
            }
            hasElementMatch = true
            let condition = try compiler.valueTest(.document(spec))
            try insert(.computed(ElementProjection(compiler.field(path[0]), condition)), at: path)
            return true
        default: return false
        }
    }

    /// The range of `$slice: count` or `$slice: [skip, limit]`; nil where the argument is that of the expression.
    private static func range(_ argument: ValueView) throws -> ArrayRange? {
        if argument.isNumber { return ArrayRange(count: clamped(argument)) }
        guard argument.type == .array else {
            throw AtelierError(31273, "$slice only supports numbers and [skip, limit] arrays")
        }
        let parts = argument.asDocument
        let (skip, limit) = (parts.element(at: 0), parts.element(at: 1))
        if parts.count == 2 && skip.isNumber && limit.isNumber {
            let limit = clamped(limit)
            if limit <= 0 { throw AtelierError(28724, "$slice limit must be positive") }
            return ArrayRange(skip: clamped(skip), limit: limit)
        }
        if parts.count < 2 {
            throw AtelierError(28667, "Invalid $slice syntax: the array argument should be of form [skip, limit]")
        }
        return nil
    }

    /// A count as an Int32, its fraction cut and its size bounded.
    private static func clamped(_ value: ValueView) -> Int {
        if let whole = value.truncatedInt64 { return Int(Int32(clamping: whole)) }
        let number = value.numberAsDouble!
        return number.isNaN ? 0 : Int(number < 0 ? Int32.min : Int32.max)
    }
}
