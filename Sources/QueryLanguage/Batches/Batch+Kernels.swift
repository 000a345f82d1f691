import BSON

/// What expressions are made of when they are worked out for a batch.
extension Batch {
    /// A column with the same value at all of some rows.
    func column(of value: ValueView, _ rows: Rows) -> Column {
        let column = newColumn()
        for i in 0..<rows.count { column[rows[i]] = value }
        return column
    }

    /// A column made of another, row by row.
    @inline(__always)
    func map(_ values: Column, _ rows: Rows, _ body: (ValueView) throws -> ValueView) throws -> Column {
        let column = newColumn()
        for i in 0..<rows.count {
            let row = rows[i]
            column[row] = try body(values[row])
            try checkMemory(after: i)
        }
        return column
    }

    /// A column made of two others, row by row.
    @inline(__always)
    func map(
        _ left: Column, _ right: Column, _ rows: Rows, _ body: (ValueView, ValueView) throws -> ValueView
    ) throws -> Column {
        let column = newColumn()
        for i in 0..<rows.count {
            let row = rows[i]
            column[row] = try body(left[row], right[row])
            try checkMemory(after: i)
        }
        return column
    }

    /// What an expression makes of its inputs' values, row by row.
    func evaluate(_ columns: [Column], _ rows: Rows, of make: ([Expression]) -> Expression) throws -> Column {
        let held = columns.map { _ in Held() }
        let expression = make(held)
        let column = newColumn()
        for i in 0..<rows.count {
            let row = rows[i]
            for k in held.indices { held[k].value = columns[k][row] }
            column[row] = try expression.evaluate(scope)
            try checkMemory(after: i)
        }
        return column
    }

    /// Copies some rows' values to another column.
    func copy(_ values: Column, _ rows: Rows, to column: Column) {
        for i in 0..<rows.count { column[rows[i]] = values[rows[i]] }
    }

    /// The rows that a closure lets pass, and the others.
    @inline(__always)
    func rows(_ rows: Rows, where isWanted: (Int) throws -> Bool) rethrows -> (passed: Rows, others: Rows) {
        let passed = scope.arena.vector(of: Int32.self, rows.count)
        let others = scope.arena.vector(of: Int32.self, rows.count)
        var count = 0
        for i in 0..<rows.count {
            let position = rows.positions[i]
            if try isWanted(Int(position)) {
                passed[count] = position
                count += 1
            } else {
                others[i - count] = position
            }
        }
        let (yes, no) = (Rows(positions: passed, count: count), Rows(positions: others, count: rows.count - count))
        // The same rows stay known as the same.
        return (no.count == 0 ? rows : yes, yes.count == 0 ? rows : no)
    }

    /// For each row of the batch whether it is among those that some rows stand for.
    ///
    /// - Parameter row: the row that one of `rows`, which may be another batch's, stands for.
    @inline(__always)
    func marks(of rows: Rows, _ row: (Int) -> Int = { $0 }) -> UnsafeMutablePointer<Bool> {
        let marks = scope.arena.vector(of: Bool.self, count)
        marks.initialize(repeating: false, count: count)
        for i in 0..<rows.count { marks[row(rows[i])] = true }
        return marks
    }

    /// The rows that are not among some others.
    func rows(_ rows: Rows, without others: Rows) -> Rows {
        let isOther = marks(of: others)
        return self.rows(rows) { !isOther[$0] }.passed
    }

    /// The arrays, built, of which the elements are known.
    func arrays(_ elements: Elements?, _ rows: Rows) throws -> Column {
        guard let elements else { throw Irregular() }
        let column = newColumn()
        try elements.makeArrays(rows, into: column, scope)
        return column
    }

    /// For each row what is accumulated over the elements of an array, or over several values.
    @inline(__always)
    func accumulate<State>(
        _ operands: [Expression], _ rows: Rows, start: () -> State, add: (inout State, ValueView) -> Void,
        result: (State) -> ValueView
    ) throws -> Column {
        let column = newColumn()
        if operands.count == 1, let list = try operands[0].elements(self, rows) {
            let (values, positions, counts) = (list.values, list.positions, list.counts)
            for i in 0..<rows.count {
                let row = rows[i]
                var state = start()
                if counts[row] < 0 { add(&state, list.otherwise) }
                for k in list.places(of: row) { add(&state, values[Int(positions[k])]) }
                column[row] = result(state)
            }
            return column
        }
        let columns = try operands.map { try $0.column(self, rows) }
        for i in 0..<rows.count {
            let row = rows[i]
            var state = start()
            for values in columns {
                let value = values[row]
                if operands.count == 1 && value.type == .array {
                    var cursor = value.asDocument.elements()
                    while cursor.next() { add(&state, cursor.value) }
                } else {
                    add(&state, value)
                }
            }
            column[row] = result(state)
        }
        return column
    }
}

/// A value that stands in a column, as the input of an expression.
private final class Held: Expression {
    @exclusivity(unchecked) var value = ValueView.missing
    override func evaluate(_ scope: Scope) -> ValueView { value }
}
