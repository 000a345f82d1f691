import BSON

/// The arrays of a column, known by their elements, which are the rows of a batch of their own. A filter only selects
/// among them, and what is worked out for each element is a column.
struct Elements {
    /// The elements of all arrays.
    let batch: Batch
    /// The elements' values.
    let values: Column
    /// Which elements, array after array.
    let positions: UnsafeMutablePointer<Int32>
    /// For each row where in `positions` its array begins, and how many elements it has; -1 where there is no array.
    let starts: UnsafeMutablePointer<Int32>
    let counts: UnsafeMutablePointer<Int32>
    /// What an expression yields where there is no array: null or nothing. Of a slot's own arrays its column tells that.
    var otherwise = ValueView.missing
    /// What the documents were taken apart in; nil for arrays whose elements are anything else than they were stored.
    let table: ElementTable?

    /// Rows whose elements have been put together already.
    var known: (outer: Rows, elements: Rows)?

    init(
        batch: Batch, values: Column, positions: UnsafeMutablePointer<Int32>, starts: UnsafeMutablePointer<Int32>,
        counts: UnsafeMutablePointer<Int32>, table: ElementTable?, known: (outer: Rows, elements: Rows)? = nil
    ) {
        (self.batch, self.values, self.positions) = (batch, values, positions)
        (self.starts, self.counts, self.table, self.known) = (starts, counts, table, known)
    }

    /// Refuses to look at very many elements together: behind an `$unwind` the same array is in many rows, and its elements
    /// are as many as the rows times theirs before any of them has taken memory.
    static func check(count: Int) throws { if count > 1 << 19 { throw TooLarge() } }

    /// The arrays of a batch for the elements of other arrays in it: for each of some rows those of the row it belongs to.
    init(
        of list: Elements, for rows: Rows, of batch: Batch, owners: UnsafeMutablePointer<Int32>, _ element: Slot
    ) throws {
        let arena = batch.scope.arena
        let starts = arena.vector(of: Int32.self, batch.count)
        let counts = ColumnMemory(arena).zeros(batch.count)
        let total = (0..<rows.count).reduce(0) { $0 + list.places(of: Int(owners[rows[$1]])).count }
        try Elements.check(count: total)
        let rowOfElement = arena.vector(of: Int32.self, total)
        let sources = arena.vector(of: Int32.self, total)
        var filled = 0
        for i in 0..<rows.count {
            let (row, owner) = (rows[i], Int(owners[rows[i]]))
            (starts[row], counts[row]) = (Int32(truncatingIfNeeded: filled), list.counts[owner])
            for k in list.places(of: owner) {
                (rowOfElement[filled], sources[filled]) = (rows.positions[i], list.positions[k])
                filled += 1
            }
        }
        let elements = Batch(batch.scope, count: total, outer: (batch, rowOfElement))
        for slot in [element.index] + element.gatheredFields.map(\.slot.index) {
            let (column, theirs) = (elements.newColumn(), try list.batch.column(slot))
            for i in 0..<total { column[i] = theirs[Int(sources[i])] }
            elements.set(slot, known: column)
        }
        self.init(
            batch: elements, values: try elements.column(element.index), positions: elements.rows.positions,
            starts: starts, counts: counts, table: list.table)
    }

    /// The arrays of some rows, and of others.
    ///
    /// - Throws: `Irregular` where one of them has no array.
    init(_ first: Elements, _ firstRows: Rows, and second: Elements, _ secondRows: Rows, in outer: Batch) throws {
        let arena = outer.scope.arena
        let starts = arena.vector(of: Int32.self, outer.count)
        let counts = ColumnMemory(arena).zeros(outer.count)
        let parts = [(first, firstRows), (second, secondRows)]
        let total = parts.reduce(0) { total, part in
            (0..<part.1.count).reduce(total) { $0 + part.0.places(of: part.1[$1]).count }
        }
        let owners = arena.vector(of: Int32.self, total)
        let values = arena.vector(of: ValueView.self, total)
        var filled = 0
        for (list, rows) in parts {
            for i in 0..<rows.count {
                let row = rows[i]
                (starts[row], counts[row]) = (Int32(truncatingIfNeeded: filled), list.counts[row])
                if counts[row] < 0 { throw Irregular() }
                for k in list.places(of: row) {
                    (owners[filled], values[filled]) = (rows.positions[i], list.values[Int(list.positions[k])])
                    filled += 1
                }
            }
        }
        let batch = Batch(outer.scope, count: total, outer: (outer, owners))
        self.init(
            batch: batch, values: values, positions: batch.rows.positions, starts: starts, counts: counts, table: nil)
    }

    /// The places in `positions` of a row's elements.
    @inline(__always)
    func places(of row: Int) -> Range<Int> { Int(starts[row])..<Int(starts[row]) + max(0, Int(counts[row])) }

    /// The elements of some rows' arrays.
    func rows(of outer: Rows) -> Rows {
        if let known, known.outer == outer { return known.elements }
        var total = 0
        for i in 0..<outer.count { total += places(of: outer[i]).count }
        let result = batch.scope.arena.vector(of: Int32.self, total)
        var filled = 0
        for i in 0..<outer.count {
            for k in places(of: outer[i]) {
                result[filled] = positions[k]
                filled += 1
            }
        }
        return Rows(positions: result, count: total)
    }

    /// A batch with a row for each element of some rows' arrays, which it holds in a slot.
    func unwound(_ outer: Rows, in outerBatch: Batch, _ slot: Slot) -> Batch {
        let arena = batch.scope.arena
        let elements = rows(of: outer)
        let owners = arena.vector(of: Int32.self, elements.count)
        let column = arena.vector(of: ValueView.self, elements.count)
        var filled = 0
        for i in 0..<outer.count {
            for _ in places(of: outer[i]) {
                owners[filled] = outer.positions[i]
                column[filled] = values[elements[filled]]
                filled += 1
            }
        }
        let unwound = Batch(batch.scope, count: filled, outer: (outerBatch, owners))
        unwound.set(slot, column, unwound.rows)
        return unwound
    }

    /// The same arrays, with something else where there are none.
    func otherwise(_ value: ValueView) -> Elements {
        var elements = self
        elements.otherwise = value
        return elements
    }

    /// The same arrays with other values: one for each element.
    func mapped(to values: Column) -> Elements {
        Elements(
            batch: batch, values: values, positions: positions, starts: starts, counts: counts, table: nil, known: known
        )
    }

    /// The elements that a closure wants of some rows' arrays.
    func filtered(_ outer: Rows, in outerBatch: Batch, table: ElementTable?, _ isWanted: (Int) -> Bool) -> Elements {
        let arena = batch.scope.arena
        let newStarts = arena.vector(of: Int32.self, outerBatch.count)
        let newCounts = ColumnMemory(arena).zeros(outerBatch.count)
        var total = 0
        for i in 0..<outer.count { total += places(of: outer[i]).count }
        let kept = arena.vector(of: Int32.self, total)
        var filled = 0
        for i in 0..<outer.count {
            let row = outer[i]
            newStarts[row] = Int32(truncatingIfNeeded: filled)
            for k in places(of: row) where isWanted(Int(positions[k])) {
                kept[filled] = positions[k]
                filled += 1
            }
            newCounts[row] = counts[row] < 0 ? -1 : Int32(truncatingIfNeeded: filled) - newStarts[row]
        }
        return Elements(
            batch: batch, values: values, positions: kept, starts: newStarts, counts: newCounts, table: table,
            known: (outer, Rows(positions: kept, count: filled)))
    }

    /// Builds the arrays after all; an element that is missing is null.
    func makeArrays(_ rows: Rows, into column: Column, _ scope: Scope) throws {
        for i in 0..<rows.count {
            let row = rows[i]
            if counts[row] < 0 {
                column[row] = otherwise
                continue
            }
            column[row] = try scope.arena.array { writer in
                for k in places(of: row) {
                    writer.appendElement(values[Int(positions[k])])
                }
                try ValueLimits.check(bytes: writer.mark)
            }
            try batch.checkMemory()
        }
    }
}
