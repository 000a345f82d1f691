import BSON

/// An array's documents taken apart once for all expressions that look at them.
///
/// `{$filter: {input: "$items", …}}`, `"$items.quantity"` and `{$map: {input: "$items", …}}` in one pipeline each walk the
/// same documents; the fields that any of them reads are gathered together when the first comes, and kept until the row
/// or the array is another one. A filter that rejects nothing passes its array on, and the table with it.
final class ElementTable {
    /// Gathers what any reader reads.
    let element: Slot
    private var readers = 0
    /// The array that is taken apart, and the state of the memory in which its bytes are sure to be the same.
    private var owner: (address: UInt64, generation: Int) = (0, -1)
    private var count = 0
    /// For each element its value and then the gathered fields.
    private var rows: UnsafeMutablePointer<ValueView>
    private var capacity = 64
    /// Longer arrays are walked by each reader: they would take more memory than it is worth.
    private static let maximumBytes: UInt32 = 32 * 1024

    init(_ element: Slot) {
        self.element = element
        rows = .allocate(capacity: capacity)
    }

    deinit { rows.deallocate() }

    /// Adds the reader's fields to those that are gathered.
    ///
    /// - Returns: where in a row each of them stands.
    fileprivate func join(_ reader: Slot, _ compiler: Compiler) -> [Int] {
        readers += 1
        // What was worked out while compiling has shorter rows.
        owner.generation = -1
        return reader.gatheredNames.map { name in
            _ = element.field(name, in: compiler)
            return 1 + element.gatheredNames.firstIndex(of: name)!
        }
    }

    /// Whether it is worth taking the array apart for more than one reader.
    @inline(__always)
    fileprivate func serves(_ array: ValueView) -> Bool { readers > 1 && array.length <= ElementTable.maximumBytes }

    /// Takes the array apart unless that is what was done last.
    ///
    /// - Returns: its rows and their number, valid until another array is loaded.
    @inline(__always)
    fileprivate func load(_ array: ValueView, _ scope: Scope) -> (rows: UnsafeMutablePointer<ValueView>, count: Int) {
        if owner.address != array.bits || owner.generation != scope.arena.generation { fill(array, scope) }
        return (rows, count)
    }

    private func fill(_ array: ValueView, _ scope: Scope) {
        let width = 1 + element.entryCount
        let (entries, slots) = (element.entries, scope.slots)
        var used = 0
        count = 0
        var cursor = array.asDocument.elements()
        while cursor.next() {
            if used + width > capacity { grow(used) }
            let value = cursor.value
            scope.assign(element, value)
            rows[used] = value
            for i in 1..<width { rows[used + i] = slots[entries[i - 1].target] }
            used += width
            count += 1
        }
        owner = (array.bits, scope.arena.generation)
    }

    private func grow(_ used: Int) {
        let width = 1 + element.entryCount
        let larger = UnsafeMutablePointer<ValueView>.allocate(capacity: 2 * capacity + width)
        larger.update(from: rows, count: used)
        rows.deallocate()
        (rows, capacity) = (larger, 2 * capacity + width)
    }
}

/// Walks the elements of an array that stands in a slot: each is assigned to the reader's own slot, with what is gathered
/// from it.
final class ElementReader {
    let element: Slot
    private let table: ElementTable?
    private let columns: UnsafeMutablePointer<Int>
    private let columnCount: Int

    /// - Parameters:
    ///   - element: what is compiled reads its fields; no more are added afterwards.
    ///   - table: nil for arrays that nobody else looks at.
    init(_ element: Slot, _ table: ElementTable?, _ compiler: Compiler) {
        self.element = element
        self.table = table
        let places = table?.join(element, compiler) ?? []
        columnCount = places.count
        columns = .allocate(capacity: max(1, columnCount))
        columns.initialize(from: places, count: columnCount)
    }

    deinit { columns.deallocate() }

    /// Whether the elements of a batch can be shown, as columns.
    var isBatched: Bool { table != nil && !element.hasNested }

    /// The elements of the arrays in a slot, with the columns that the reader's own slots stand for.
    func elements(ofSlot index: Int, _ batch: Batch) throws -> Elements {
        guard let table else { throw Irregular() }
        let list = try batch.elements(ofSlot: index, table)
        show(list)
        return list
    }

    /// The elements of the arrays that an expression yields: of a slot, or of such arrays filtered.
    func elements(of array: Expression, _ batch: Batch, _ rows: Rows) throws -> Elements {
        if let read = array as? SlotRead { return try elements(ofSlot: read.index, batch) }
        guard let list = try array.elements(batch, rows), let table, list.table === table else { throw Irregular() }
        show(list)
        return list
    }

    private func show(_ list: Elements) {
        guard let table else { return }
        list.batch.share(table.element.index, with: element.index)
        for i in 0..<columnCount {
            list.batch.share(table.element.entries[columns[i] - 1].target, with: element.entries[i].target)
        }
    }

    /// Shows the elements in order, until the closure returns false.
    ///
    /// - Returns: whether it never did.
    @inline(__always)
    func allSatisfy(of array: ValueView, _ scope: Scope, _ body: (ValueView) throws -> Bool) rethrows -> Bool {
        guard let table, table.serves(array) else {
            var cursor = array.asDocument.elements()
            while cursor.next() {
                let value = cursor.value
                scope.assign(element, value)
                if try !body(value) { return false }
            }
            return true
        }
        var (rows, count) = table.load(array, scope)
        let (entries, slots) = (element.entries, scope.slots)
        var position = 0
        while position < count {
            let row = rows + position * (1 + table.element.entryCount)
            slots[element.index] = row[0]
            for i in 0..<columnCount { slots[entries[i].target] = row[columns[i]] }
            if element.hasNested { scope.gatherNested(element) }
            if try !body(row[0]) { return false }
            position += 1
            // The closure may have walked another array of the same kind.
            (rows, count) = table.load(array, scope)
        }
        return true
    }
}

extension Compiler {
    /// The table of the array that the expression yields; nil for arrays that stand in no slot.
    func elementTable(of array: Expression) -> ElementTable? {
        switch array {
        case let read as SlotRead: elementTable(ofSlot: read.index)
        case let filter as Filter: filter.passedOn
        default: nil
        }
    }

    /// The table of the array in a slot.
    func elementTable(ofSlot index: Int) -> ElementTable {
        if let known = elementTables[index] { return known }
        let table = ElementTable(newSlot())
        elementTables[index] = table
        return table
    }

    /// Remembers that a slot holds what an expression yields, which may be an array that has its table.
    func share(_ value: Expression, in slot: Slot) {
        if let table = elementTable(of: value) { elementTables[slot.index] = table }
    }
}
