import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$project".
    static let project = StageOperator("$project") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(15969, "$project specification must be an object")
        }
        builder.apply(try builder.compiler.projectionTree(specification.asDocument, .project))
    }

    /// Source: MongoDB manual, "$addFields".
    static let addFields = StageOperator("$addFields") { try addFields($0, $1, "$addFields") }

    /// Source: MongoDB manual, "$set (aggregation)". Another name for `$addFields`.
    static let set = StageOperator("$set") { try addFields($0, $1, "$set") }

    private static func addFields(_ specification: ValueView, _ builder: PipelineBuilder, _ name: String) throws {
        guard specification.type == .document else {
            throw AtelierError(40272, "\(name) specification stage must be an object, got \(specification.type.name)")
        }
        builder.apply(try builder.compiler.projectionTree(specification.asDocument, .addFields))
    }

    /// Source: MongoDB manual, "$unset (aggregation)".
    static let unset = StageOperator("$unset") { specification, builder in
        var paths: [String] = []
        switch specification.type {
        case .string: paths = [specification.asString]
        case .array:
            var cursor = specification.asDocument.elements()
            while cursor.next() {
                guard cursor.type == .string else {
                    throw AtelierError(
                        31120, "$unset specification must be a string or an array containing only string values")
                }
                paths.append(cursor.value.asString)
            }
            if paths.isEmpty {
                throw AtelierError(31119, "$unset specification must be a string or an array with at least one field")
            }
        default: throw AtelierError(31002, "$unset specification must be a string or an array")
        }
        builder.apply(try builder.compiler.exclusionTree(paths))
    }
}

extension PipelineBuilder {
    /// Appends a projection: the row's shape changes, and only what is computed or lies deeper is worked out per row.
    func apply(_ tree: ProjectionTree) {
        let old = compiler.shape
        var shape = old
        if tree.mode == .inclusion {
            shape.overlays = old.overlays.filter { isKept(tree.entry($0.name)) }
            let named = tree.entries.filter { isKept($0.entry) && old.keeps($0.name.text) }
            shape.kept = .only(Set(named.map(\.name.text)))
        }
        var assignments: [Compute.Assignment] = []
        for (name, entry) in tree.entries {
            let name = name.text
            switch entry {
            case .include: break
            case .exclude:
                shape.overlays.removeAll { $0.name == name && !old.keeps(name) }
                if old.keeps(name) { shape.overlay(name, compiler.missingSlot) }
            case .computed(let expression):
                let slot = compiler.newSlot()
                compiler.share(expression, in: slot)
                assignments.append(.init(slot: slot, value: expression))
                shape.overlay(name, slot)
            case .nested(let inner):
                let (from, slot) = (compiler.field(name), compiler.newSlot())
                assignments.append(.init(slot: slot, value: ProjectedValue(from, inner)))
                shape.overlay(name, slot)
            case .slice: preconditionFailure("$slice as a projection belongs to find")
            }
        }
        if !assignments.isEmpty { stage = Compute(stage, assignments) }
        compiler.shape = shape
    }

    private func isKept(_ entry: ProjectionTree.Entry?) -> Bool {
        switch entry {
        case .include, .nested: true
        default: false
        }
    }

    /// Appends `find`'s projection.
    public func project(find specification: DocumentView, filter: DocumentView?) throws {
        let projection = try compiler.findProjection(specification, filter: filter)
        let root = compiler.newSlot()
        stage = Compute(stage, [.init(slot: root, value: projection)])
        compiler.shape = Shape(base: root)
    }
}

/// Works out the values that a projection lays over the row.
final class Compute: Stage {
    struct Assignment {
        let slot: Slot
        let value: Expression
    }

    private let input: Stage
    private var slots: ObjectList<Slot>
    private var values: ObjectList<Expression>

    init(_ input: Stage, _ assignments: [Assignment]) {
        self.input = input
        slots = ObjectList(assignments.map(\.slot))
        values = ObjectList(assignments.map(\.value))
    }

    override func next(_ scope: Scope) throws -> Bool {
        guard try input.next(scope) else { return false }
        let (slots, values) = (slots.loan, values.loan)
        for i in 0..<values.count {
            let value = try values.evaluate(i, scope)
            slots.with(i) { scope.assign($0, value) }
        }
        return true
    }

    /// The expression of the slot that is worked out last, which is then left to the stage behind, the only one to read it.
    /// Nil where that is another slot.
    func takeLast(_ slot: Slot) -> Expression? {
        guard slots.elements.last === slot else { return nil }
        defer {
            slots = ObjectList(slots.elements.dropLast())
            values = ObjectList(values.elements.dropLast())
        }
        return values.elements.last
    }

    override var batchSource: (any BatchSource)? {
        values.elements.allSatisfy(\.isBatched) ? input.batchSource : nil
    }

    override func batch(_ scope: Scope) throws -> Batch {
        let batch = try input.batch(scope)
        for (slot, value) in zip(slots.elements, values.elements) {
            if let elements = try value.elements(batch, batch.rows) {
                batch.set(slot, elements)
            } else {
                batch.set(slot, try value.column(batch, batch.rows), batch.rows)
            }
        }
        return batch
    }

    override func restart() { input.restart() }
}

/// What a projection makes of a field's value.
private final class ProjectedValue: Expression {
    private let index: Int
    private let tree: ProjectionTree

    init(_ slot: Slot, _ tree: ProjectionTree) {
        index = slot.index
        self.tree = tree
    }

    override func evaluate(_ scope: Scope) throws -> ValueView { try tree.apply(scope.slots[index], scope) }

    /// What is computed inside the field may look at all of the row.
    override var isBatched: Bool { !tree.computes }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let scope = batch.scope
        return try batch.map(batch.column(index), rows) { try tree.apply($0, scope) }
    }
}
