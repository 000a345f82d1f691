import BSON

/// A test of a top-level field.
final class FieldPredicate: Predicate {
    let index: Int
    let test: ValueTest

    init(_ slot: Slot, _ test: ValueTest) {
        index = slot.index
        self.test = test
    }

    override func matches(_ scope: Scope) throws -> Bool { try MatchPath.end(scope.slots[index], test, scope) }

    override var isBatched: Bool { true }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        let values = try batch.column(index)
        return try batch.rows(rows) { try MatchPath.end(values[$0], test, batch.scope) }.passed
    }
}

/// A test of what a path below a top-level field leads to.
final class PathPredicate: Predicate {
    let index: Int
    /// The path's components after the first.
    let rest: MatchPath
    let test: ValueTest

    init(_ slot: Slot, _ rest: MatchPath, _ test: ValueTest) {
        index = slot.index
        self.rest = rest
        self.test = test
    }

    override func matches(_ scope: Scope) throws -> Bool {
        try rest.leads(from: scope.slots[index], at: 0, to: test, scope)
    }

    override var isBatched: Bool { true }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        if rest.leadsToFirstElement, test is ExistsTest, let list = batch.elements(ofSlot: index) {
            return batch.rows(rows) { list.counts[$0] > 0 }.passed
        }
        let values = try batch.column(index)
        return try batch.rows(rows) { try rest.leads(from: values[$0], at: 0, to: test, batch.scope) }.passed
    }
}

/// A test of a field of an embedded document: of the gathered value where the slot holds a document, which it mostly
/// does (an unwound line, an address); by walking the path otherwise.
final class EmbeddedFieldPredicate: Predicate {
    let index: Int
    let gathered: Predicate
    let walk: PathPredicate

    init(_ slot: Slot, _ gathered: Predicate, otherwise walk: PathPredicate) {
        index = slot.index
        self.gathered = gathered
        self.walk = walk
    }

    override func matches(_ scope: Scope) throws -> Bool {
        scope.slots[index].type == .document ? try gathered.matches(scope) : try walk.matches(scope)
    }

    override var isBatched: Bool { gathered.isBatched && walk.isBatched }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        if batch.elements(ofSlot: index) != nil { return try walk.passing(rows, of: batch) }
        let holders = try batch.column(index)
        let isGathered = (0..<rows.count).allSatisfy { holders[rows[$0]].type == .document }
        return try isGathered ? gathered.passing(rows, of: batch) : walk.passing(rows, of: batch)
    }
}

/// `$elemMatch` with a filter on a top-level field: one of its elements passes.
final class ElementPredicate: Predicate {
    let index: Int
    let elements: ElementReader
    let test: ElementFilterTest

    init(_ slot: Slot, _ test: ElementFilterTest, _ compiler: Compiler) {
        index = slot.index
        elements = ElementReader(test.slot, compiler.elementTable(ofSlot: slot.index), compiler)
        self.test = test
    }

    override func matches(_ scope: Scope) throws -> Bool { try test.test(scope.slots[index], scope) }

    override var isBatched: Bool { elements.isBatched && test.filter.isBatched }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        let list = try elements.elements(ofSlot: index, batch)
        let documents = try list.batch.rows(list.rows(of: rows)) { position in
            // Of an array the filter sees the positions as fields.
            if list.values[position].type == .array { throw Irregular() }
            return list.values[position].type == .document
        }.passed
        let passed = try test.filter.passing(documents, of: list.batch)
        let isOwner = batch.marks(of: passed, list.batch.owner)
        return batch.rows(rows) { isOwner[$0] }.passed
    }
}

/// A top-level field compared with an int or long: the comparison is made here unless the field holds something else.
final class IntegerFieldPredicate: Predicate {
    let index: Int
    let comparison: FilterComparison
    let number: Int64
    let test: IntegerTest

    init(_ slot: Slot, _ test: IntegerTest) {
        index = slot.index
        comparison = test.comparison
        number = test.number
        self.test = test
    }

    override func matches(_ scope: Scope) throws -> Bool { try holds(scope.slots[index], scope) }

    override var isBatched: Bool { true }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        let (values, scope) = (try batch.column(index), batch.scope)
        return try batch.rows(rows) { try holds(values[$0], scope) }.passed
    }

    @inline(__always)
    private func holds(_ value: ValueView, _ scope: Scope) throws -> Bool {
        if value.type == .int32 || value.type == .int64 { return comparison.accepts(value.asInt64, number) }
        return try MatchPath.end(value, test, scope)
    }
}

/// A top-level field that equals a string.
final class TextFieldPredicate: Predicate {
    let index: Int
    let text: UnsafeRawBufferPointer
    let test: TextEqualityTest

    init(_ slot: Slot, _ test: TextEqualityTest) {
        index = slot.index
        text = test.text
        self.test = test
    }

    override func matches(_ scope: Scope) throws -> Bool { try holds(scope.slots[index], scope) }

    override var isBatched: Bool { true }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        let (values, scope) = (try batch.column(index), batch.scope)
        return try batch.rows(rows) { try holds(values[$0], scope) }.passed
    }

    @inline(__always)
    private func holds(_ value: ValueView, _ scope: Scope) throws -> Bool {
        guard value.type == .string else { return try MatchPath.end(value, test, scope) }
        return Int(value.length) == text.count
            && (text.isEmpty || sameBytes(value.pointer, text.baseAddress.unsafelyUnwrapped, text.count))
    }
}
