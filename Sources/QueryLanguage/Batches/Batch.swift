import BSON

/// A value for each row of a batch, at the row's position. At rows that nobody asked for stands anything.
typealias Column = UnsafeMutablePointer<ValueView>

/// Rows of a batch by their positions, ascending. Lives as long as the batch.
struct Rows: Equatable {
    let positions: UnsafeMutablePointer<Int32>
    let count: Int

    @inline(__always) subscript(_ index: Int) -> Int { Int(positions[index]) }
}

/// Says that a batch is not of the kind that is worked out column by column: its rows are taken one by one then, which
/// is slower and always possible.
struct Irregular: Error {}

/// Says that a batch takes too much memory: a smaller one may not.
struct TooLarge: Error {}

/// Rows that a pipeline works out together, column by column rather than row by row: what an expression costs beside the
/// computing itself is paid once for all of them.
///
/// A column holds what a slot would hold, row by row. All memory is the scope's arena, which is taken back when the next
/// batch is read; batches themselves, which refer to one another, belong to the scope and go then too.
public final class Batch {
    unowned let scope: Scope
    /// How many rows the columns have.
    let count: Int
    /// Every row.
    private let all: Rows
    /// The rows that have passed all filters.
    var rows: Rows
    /// The batch of whose arrays these rows are the elements, and for each row the one it belongs to there.
    private let outer: Outer?
    /// Where the columns come from that are not computed.
    private let block: ColumnBlock?
    /// How many bytes the arena may hold.
    private let memoryLimit: Int
    /// By slot: what it holds, and where that comes from.
    private let columns: UnsafeMutablePointer<Column?>
    private var sources: [FieldColumn?]
    /// Slots whose arrays are known by their elements.
    private var lists: [(slot: Int, elements: Elements)] = []

    private struct Outer {
        unowned let batch: Batch
        let rows: UnsafeMutablePointer<Int32>
    }

    init(
        _ scope: Scope, count: Int, _ rows: Rows? = nil,
        outer: (batch: Batch, rows: UnsafeMutablePointer<Int32>)? = nil, block: ColumnBlock? = nil
    ) {
        self.scope = scope
        self.count = count
        self.outer = outer.map { Outer(batch: $0.batch, rows: $0.rows) }
        self.block = block
        memoryLimit = outer?.batch.memoryLimit ?? scope.arena.reservedBytes + Batch.maximumBytes
        columns = scope.arena.vector(of: Column?.self, scope.slotCount)
        columns.initialize(repeating: nil, count: scope.slotCount)
        sources = Array(repeating: nil, count: scope.slotCount)
        all = rows ?? ColumnMemory(scope.arena).allRows(count)
        self.rows = all
        scope.batches.append(self)
    }

    /// Some of a block's documents in a slot, with what is read from them.
    public convenience init(_ block: ColumnBlock, _ range: Range<Int>, in slot: Slot, _ scope: Scope) {
        self.init(scope, count: block.documents.count, block.withDocuments(\.rows), block: block)
        block.withDocuments { set(slot, $0) }
        rows = Rows(positions: all.positions + range.lowerBound, count: range.count)
    }

    /// The row, of the batch around this one, of whose array a row is an element.
    func owner(of row: Int) -> Int { Int(outer!.rows[row]) }

    func newColumn() -> Column { scope.arena.vector(of: ValueView.self, count) }

    // MARK: Columns

    /// What a slot holds.
    func column(_ slot: Int) throws -> Column {
        if let known = columns[slot] { return known }
        let column = newColumn()
        if let list = elements(ofSlot: slot) {
            try list.makeArrays(rows, into: column, scope)
        } else if let outer {
            let theirs = try outer.batch.source(ofSlot: slot)
            for i in 0..<count { column[i] = theirs.values[Int(outer.rows[i])] }
            if theirs.rows.count < outer.batch.count {
                // What was worked out for some of the rows around is known for their elements.
                let isKnown = outer.batch.marks(of: theirs.rows)
                sources[slot] = source(of: column, self.rows(rows) { isKnown[owner(of: $0)] }.passed)
            }
        } else {
            throw Irregular()
        }
        columns[slot] = column
        return column
    }

    /// Puts values into a slot and gathers the fields that are read from them.
    func set(_ slot: Slot, _ column: Column, _ rows: Rows) {
        columns[slot.index] = column
        sources[slot.index] = nil
        if slot.entryCount > 0 || rows.count < self.rows.count {
            set(slot, source(of: column, rows))
        }
    }

    private func set(_ slot: Slot, _ column: FieldColumn) {
        (columns[slot.index], sources[slot.index]) = (column.values, column)
        if slot.entryCount == 0 { return }
        for (inner, field) in zip(slot.gatheredFields, column.fields(of: slot, scope)) { set(inner.slot, field) }
    }

    /// Puts values into a slot from which nothing is gathered.
    func set(_ slot: Int, known column: Column) { columns[slot] = column }

    /// Says that a slot holds the same as another.
    func share(_ slot: Int, with other: Int) {
        (columns[other], sources[other]) = (columns[slot], sources[slot])
    }

    // MARK: Arrays

    /// The elements of a slot's arrays, where they are known already.
    func elements(ofSlot slot: Int) -> Elements? { lists.first { $0.slot == slot }?.elements }

    /// The same where there are no other values: where the slot holds no array, those tell null and nothing apart.
    func onlyElements(ofSlot slot: Int) -> Elements? { columns[slot] == nil ? elements(ofSlot: slot) : nil }

    /// Puts arrays into a slot that are known by their elements.
    func set(_ slot: Slot, _ elements: Elements) {
        lists.append((slot.index, elements))
        if slot.entryCount == 0 { return }
        // An array has no fields.
        let missing = newColumn()
        missing.initialize(repeating: .missing, count: count)
        for field in slot.gatheredFields { set(field.slot, missing, all) }
    }

    /// The elements of a slot's arrays, with what the table's readers read of them.
    ///
    /// - Throws: `Irregular` where the slot holds anything but arrays, null or nothing.
    func elements(ofSlot slot: Int, _ table: ElementTable) throws -> Elements {
        if let known = elements(ofSlot: slot) {
            guard known.table === table else { throw Irregular() }
            return known
        }
        let elements =
            if columns[slot] == nil, let outer {
                // Arrays of the batch around this one are taken apart there, once.
                try Elements(
                    of: outer.batch.elements(ofSlot: slot, table), for: rows, of: self, owners: outer.rows,
                    table.element)
            } else {
                try takeApart(source(ofSlot: slot), rows, into: table.element, table: table)
            }
        lists.append((slot, elements))
        return elements
    }

    /// What a slot holds, with what has been read from it.
    func source(ofSlot slot: Int) throws -> FieldColumn {
        let column = try column(slot)
        return sources[slot] ?? source(of: column, rows)
    }

    /// Values that were computed for some rows.
    func source(of column: Column, _ rows: Rows) -> FieldColumn {
        FieldColumn(column, count: count, rows, ColumnMemory(scope.arena))
    }

    /// The elements of the arrays that a column holds at some rows.
    ///
    /// - Parameters:
    ///   - element: the slot that holds them in their batch, with what is read from it; nil where nothing is.
    /// - Throws: `Irregular` where a row holds anything but an array, null or nothing.
    func takeApart(
        _ column: FieldColumn, _ rows: Rows, into element: Slot?, table: ElementTable? = nil
    ) throws -> Elements {
        // Where no more is kept, only what is wanted is taken apart.
        let column = column.keepsArrays ? column : source(of: column.values, rows)
        func elements() throws -> Elements {
            let arrays = try column.takenApart()
            for i in 0..<rows.count where arrays.counts[rows[i]] < 0 {
                if !column.values[rows[i]].isNullish { throw Irregular() }
            }
            try checkMemory()
            let batch = Batch(
                scope, count: arrays.element.count, arrays.element.rows, outer: (self, arrays.owners), block: block)
            if let element { batch.set(element, arrays.element) }
            var elements = Elements(
                batch: batch, values: arrays.element.values, positions: batch.all.positions, starts: arrays.starts,
                counts: arrays.counts, table: table)
            if rows.count < count { batch.rows = elements.rows(of: rows) }
            elements.known = (rows, batch.rows)
            return elements
        }
        guard column.memory.isKept else { return try elements() }
        // A batch that shares columns with others holds their block.
        return try block!.withDocuments { _ in try elements() }
    }

    // MARK: Memory

    /// Refuses to go on where the values made for the batch take too much memory, which of a row would be taken back before
    /// the next.
    @inline(__always)
    func checkMemory() throws {
        if scope.arena.reservedBytes > memoryLimit { throw TooLarge() }
    }

    /// The same, now and then: after so many values.
    @inline(__always)
    func checkMemory(after index: Int) throws { if index & 15 == 15 { try checkMemory() } }

    private static let maximumBytes = 64 << 20
}
