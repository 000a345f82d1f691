import BSON

/// A compiled expression: evaluates to one value per row.
///
/// Subclasses are final and hold their operands in `let`s. Values they make live in `scope.arena`. An expression throws
/// `AtelierError` with MongoDB's code where MongoDB fails.
open class Expression {
    public init() {}

    open func evaluate(_ scope: Scope) throws -> ValueView {
        preconditionFailure("every expression says how it is evaluated")
    }

    /// The value, where it is the same for every row.
    var constant: ValueView? { nil }

    /// Whether the expression can be worked out for a batch of rows.
    var isBatched: Bool { inputs?.allSatisfy(\.isBatched) ?? false }

    /// The value for each of some rows of a batch. Its values may live as long as the batch.
    ///
    /// What it throws leaves the answer to `evaluate`, row by row: an error, or that the batch is irregular.
    func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        guard let inputs else { throw Irregular() }
        return try batch.evaluate(inputs.map { try $0.column(batch, rows) }, rows, of: withInputs)
    }

    /// Of an expression that looks at nothing but the values of others, those others; nil for one that sets slots.
    var inputs: [Expression]? { nil }

    /// The same expression of other inputs, as many as it has.
    func withInputs(_ inputs: [Expression]) -> Expression { self }

    /// Whether the expression makes arrays of which it has the elements without building them.
    var yieldsElements: Bool { false }

    /// For some rows of a batch the elements of the arrays that the expression yields, where it has them without building
    /// the arrays; nil where `column` is the way.
    func elements(_ batch: Batch, _ rows: Rows) throws -> Elements? { nil }

    /// Shows the elements of the array that the expression yields, in order; where it yields no array, returns what it
    /// yields instead.
    ///
    /// Expressions that make arrays override this to pass the elements on without building the array, so that
    /// `{$sum: {$map: …}}` costs no more than the loop it says.
    func visitElements(_ scope: Scope, _ body: (ValueView) throws -> Void) throws -> ValueView? {
        let value = try evaluate(scope)
        guard value.type == .array else { return value }
        var cursor = value.asDocument.elements()
        while cursor.next() { try body(cursor.value) }
        return nil
    }
}

/// The same value for every row; its bytes live as long as the plan.
final class Constant: Expression {
    let value: ValueView
    init(_ value: ValueView) { self.value = value }
    override func evaluate(_ scope: Scope) throws -> ValueView { value }
    override var constant: ValueView? { value }

    override var isBatched: Bool { true }
    override func column(_ batch: Batch, _ rows: Rows) -> Column { batch.column(of: value, rows) }
}

/// A slot's value: a field of the row, or a variable.
final class SlotRead: Expression {
    let index: Int
    private let isOfOuterPipeline: Bool

    init(_ slot: Slot) {
        index = slot.index
        isOfOuterPipeline = slot.isOfOuterPipeline
    }

    override func evaluate(_ scope: Scope) throws -> ValueView { scope.slots[index] }

    override var isBatched: Bool { !isOfOuterPipeline }
    override func column(_ batch: Batch, _ rows: Rows) throws -> Column { try batch.column(index) }
    override func elements(_ batch: Batch, _ rows: Rows) throws -> Elements? { batch.onlyElements(ofSlot: index) }
}

/// A field of what a slot holds: gathered where that is a document; of an array, the array of its documents' values.
final class FieldRead: Expression {
    let index: Int
    let name: FieldName
    let gathered: Int
    /// The elements of the array that the slot holds instead, and their field.
    private let elements: ElementReader
    private let gatheredFromElement: Int
    private let isOfOuterPipeline: Bool

    init(_ slot: Slot, _ name: FieldName, in compiler: Compiler) {
        index = slot.index
        self.name = name
        gathered = slot.field(name.text, in: compiler).index
        let element = compiler.newSlot()
        gatheredFromElement = element.field(name.text, in: compiler).index
        elements = ElementReader(element, compiler.elementTable(ofSlot: slot.index), compiler)
        isOfOuterPipeline = slot.isOfOuterPipeline
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let holder = scope.slots[index]
        if holder.type == .array { return FieldPath.values(of: name, inArray: holder.asDocument, arena: scope.arena) }
        return scope.slots[gathered]
    }

    override func visitElements(_ scope: Scope, _ body: (ValueView) throws -> Void) throws -> ValueView? {
        let holder = scope.slots[index]
        guard holder.type == .array else { return try super.visitElements(scope, body) }
        _ = try elements.allSatisfy(of: holder, scope) { _ in
            // Of an element that is no document nothing is gathered.
            let value = scope.slots[gatheredFromElement]
            if !value.isMissing { try body(value) }
            return true
        }
        return nil
    }

    override var isBatched: Bool { !isOfOuterPipeline && elements.isBatched }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        guard let list = try elements(batch, rows) else { return try batch.column(gathered) }
        let column = batch.newColumn()
        try list.makeArrays(rows, into: column, batch.scope)
        return column
    }

    override func elements(_ batch: Batch, _ rows: Rows) throws -> Elements? {
        if batch.elements(ofSlot: index) == nil {
            let holders = try batch.column(index)
            if !(0..<rows.count).contains(where: { holders[rows[$0]].type == .array }) { return nil }
        }
        let list = try elements.elements(ofSlot: index, batch)
        let values = try list.batch.column(gatheredFromElement)
        let isMissing = (0..<list.batch.count).contains { values[$0].isMissing }
        return (isMissing ? list.filtered(rows, in: batch, table: nil) { !values[$0].isMissing } : list)
            .mapped(to: values).otherwise(.missing)
    }
}

/// The rest of a path below a slot, as expressions read it.
final class PathRead: Expression {
    let index: Int
    let components: [FieldName]
    private let isOfOuterPipeline: Bool

    init(_ slot: Slot, _ components: [FieldName]) {
        index = slot.index
        self.components = components
        isOfOuterPipeline = slot.isOfOuterPipeline
    }

    override func evaluate(_ scope: Scope) throws -> ValueView { read(scope.slots[index], scope.arena) }

    override var isBatched: Bool { !isOfOuterPipeline }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let arena = batch.scope.arena
        return try batch.map(batch.column(index), rows) { read($0, arena) }
    }

    private func read(_ value: ValueView, _ arena: Arena) -> ValueView {
        if value.type == .document && components.count == 1 { return value.asDocument.find(components[0]) }
        return FieldPath.read(value, components[...], arena: arena)
    }
}

/// `$$NOW`.
final class Now: Expression {
    override func evaluate(_ scope: Scope) throws -> ValueView { .date(scope.now) }

    override var isBatched: Bool { true }
    override func column(_ batch: Batch, _ rows: Rows) -> Column { batch.column(of: .date(batch.scope.now), rows) }
}

/// `{a: …, b: …}`: a document of what its fields yield, without those that yield nothing.
final class DocumentLiteral: Expression {
    let fields: [(name: FieldName, value: Expression)]
    init(_ fields: [(name: FieldName, value: Expression)]) { self.fields = fields }
    override func evaluate(_ scope: Scope) throws -> ValueView {
        try scope.arena.document { writer in
            for field in fields {
                writer.append(field.name, try field.value.evaluate(scope))
                try ValueLimits.check(bytes: writer.mark)
            }
        }
    }

    override var inputs: [Expression]? { fields.map(\.value) }
    override func withInputs(_ inputs: [Expression]) -> Expression {
        DocumentLiteral(zip(fields, inputs).map { ($0.name, $1) })
    }
}

/// `[…, …]`: an array, with null for elements that yield nothing.
final class ArrayLiteral: Expression {
    let elements: ObjectList<Expression>
    init(_ elements: [Expression]) { self.elements = ObjectList(elements) }
    override func evaluate(_ scope: Scope) throws -> ValueView {
        try scope.arena.array { writer in
            for index in 0..<elements.count {
                writer.appendElement(try elements.evaluate(index, scope))
                try ValueLimits.check(bytes: writer.mark)
            }
        }
    }

    override var inputs: [Expression]? { elements.elements }
    override func withInputs(_ inputs: [Expression]) -> Expression { ArrayLiteral(inputs) }
}

/// The whole row as one document: the base with the overlays in their places.
final class RowDocument: Expression {
    let base: Slot?
    let kept: Shape.Kept
    let overlays: [(name: FieldName, slot: Slot)]

    init(_ shape: Shape) {
        base = shape.base
        kept = shape.kept
        overlays = shape.overlays.map { (FieldName($0.name), $0.slot) }
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        if let base, overlays.isEmpty, case .all = kept { return scope.slots[base.index] }
        return scope.arena.document { writer in write(into: writer, scope) }
    }

    /// Appends the row's fields to the document being built.
    func write(into writer: BSONWriter, _ scope: Scope) {
        var inPlace: Set<Int> = []
        if let base, scope.slots[base.index].type == .document {
            var cursor = scope.slots[base.index].asDocument.elements()
            while cursor.next() {
                if case .only(let names) = kept, !names.contains(cursor.keyString) { continue }
                if let index = overlays.firstIndex(where: { cursor.keyEquals($0.name) }) {
                    if inPlace.insert(index).inserted {
                        writer.append(overlays[index].name, scope.slots[overlays[index].slot.index])
                    }
                } else {
                    writer.append(element: cursor.elementBytes)
                }
            }
        }
        for (index, overlay) in overlays.enumerated() where !inPlace.contains(index) {
            writer.append(overlay.name, scope.slots[overlay.slot.index])
        }
    }
}
