import BSON

/// A field's values in a run of documents, or the documents themselves, with the columns of what has been read from those.
final class FieldColumn {
    let values: Column
    let count: Int
    /// The rows that have values.
    let rows: Rows
    let memory: ColumnMemory
    private var fields: [(name: String, column: FieldColumn)] = []
    private var arrays: ArrayColumn?
    /// Stands for every field where none of the values is a document.
    private var missing: FieldColumn?

    init(_ values: Column, count: Int, _ rows: Rows, _ memory: ColumnMemory) {
        (self.values, self.count, self.rows, self.memory) = (values, count, rows, memory)
    }

    /// The columns of the fields that are read from a slot with these values, in the slot's order.
    func fields(of slot: Slot, _ scope: Scope) -> [FieldColumn] {
        let memory = memory.whileThereIsRoom(scope)
        let wanted = slot.gatheredFields.filter { wanted in !fields.contains { $0.name == wanted.name } }
        let new = gather(wanted, of: slot, scope, memory)
        let all = fields + zip(wanted, new).map { ($0.name, $1) }
        if memory === self.memory { fields = all }
        return slot.gatheredFields.map { wanted in all.first(where: { $0.name == wanted.name })!.column }
    }

    private func gather(
        _ wanted: [(name: String, slot: Slot)], of slot: Slot, _ scope: Scope, _ memory: ColumnMemory
    ) -> [FieldColumn] {
        if wanted.isEmpty { return [] }
        guard (0..<rows.count).contains(where: { values[rows[$0]].type == .document }) else {
            let missing = missingField()
            return wanted.map { _ in missing }
        }
        let columns = wanted.map { _ in memory.vector(of: ValueView.self, count) }
        let (slots, indices) = (scope.slots, wanted.map(\.slot.index))
        columns.withUnsafeBufferPointer { columns in
            indices.withUnsafeBufferPointer { indices in
                for i in 0..<rows.count {
                    let row = rows[i]
                    scope.assign(slot, values[row])
                    for k in 0..<indices.count { columns[k][row] = slots[indices[k]] }
                }
            }
        }
        return columns.map { column in
            memory.condense(column, rows)
            return FieldColumn(column, count: count, rows, memory)
        }
    }

    private func missingField() -> FieldColumn {
        if let missing { return missing }
        let column = memory.vector(of: ValueView.self, count)
        column.initialize(repeating: .missing, count: count)
        let field = FieldColumn(column, count: count, rows, memory)
        missing = field
        return field
    }

    /// The arrays among the values, taken apart.
    ///
    /// - Throws: `TooLarge` where they have too many elements.
    func takenApart() throws -> ArrayColumn {
        if let arrays { return arrays }
        let arrays = try ArrayColumn(values, rows, count: count, memory)
        self.arrays = arrays
        return arrays
    }

    /// Whether the arrays taken apart are there for others.
    var keepsArrays: Bool { !memory.isKept || arrays != nil || memory.hasRoom }
}

/// The arrays among a column's values, taken apart.
final class ArrayColumn {
    /// All elements, array after array.
    let element: FieldColumn
    /// For each element the row that it belongs to.
    let owners: UnsafeMutablePointer<Int32>
    /// For each row where its elements begin, and how many they are; -1 for a value that is no array.
    let starts: UnsafeMutablePointer<Int32>
    let counts: UnsafeMutablePointer<Int32>

    fileprivate init(_ values: Column, _ rows: Rows, count: Int, _ memory: ColumnMemory) throws {
        starts = memory.vector(of: Int32.self, count)
        counts = memory.zeros(count)
        var (elements, owners): ([ValueView], [Int32]) = ([], [])
        elements.reserveCapacity(4 * rows.count)
        owners.reserveCapacity(4 * rows.count)
        for i in 0..<rows.count {
            let (row, start) = (rows[i], elements.count)
            starts[row] = Int32(truncatingIfNeeded: start)
            guard values[row].type == .array else {
                counts[row] = -1
                continue
            }
            var cursor = values[row].asDocument.elements()
            while cursor.next() {
                elements.append(cursor.value)
                owners.append(rows.positions[i])
            }
            counts[row] = Int32(truncatingIfNeeded: elements.count - start)
            // What is kept has no more of them than the documents have bytes; what is computed may.
            if !memory.isKept { try Elements.check(count: elements.count) }
        }
        let column = memory.vector(of: ValueView.self, elements.count)
        column.update(from: elements, count: elements.count)
        self.owners = memory.vector(of: Int32.self, owners.count)
        self.owners.update(from: owners, count: owners.count)
        element = FieldColumn(column, count: elements.count, memory.allRows(elements.count), memory)
    }
}
