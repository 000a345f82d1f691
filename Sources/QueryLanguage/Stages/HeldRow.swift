import BSON

/// What a stage keeps of each row while it waits for the others: the values that make up the row's shape.
///
/// The values of overlays are copied one by one and a base document that lives as long as the pipeline is kept by its
/// address, so that no document is made of a row only to be taken apart again. Where the base would have to be copied and is
/// not all of the row, the row's document is made after all.
final class HeldRow {
    /// How many values a row takes.
    let width: Int
    private let document: Expression?
    private let from: UnsafeMutablePointer<Int>
    private let isCopied: UnsafeMutablePointer<Bool>
    private let to: ObjectList<Slot>
    /// Whether all that is kept lives as long as the pipeline anyway.
    let isStable: Bool

    /// Takes the row as the stages before leave it, and makes the shape that stages behind see one of the values kept.
    init(_ compiler: Compiler) {
        isStable = compiler.shape.isStable
        let old = compiler.shape
        var parts: [(from: Int, to: Slot, isCopied: Bool)] = []
        func held(_ slot: Slot, isCopied: Bool) -> Slot {
            if slot === compiler.missingSlot { return slot }
            let new = compiler.newSlot()
            parts.append((slot.index, new, isCopied))
            return new
        }
        if old.base == nil || old.stableBase {
            document = nil
            var shape = old
            shape.base = old.base.map { held($0, isCopied: false) }
            if case .only(let names) = old.kept {
                // Rows come back in another order than the base documents stand in memory: what is still wanted of those is
                // kept too.
                for name in names.sorted() where !old.overlays.contains(where: { $0.name == name }) {
                    shape.gathered[name] = held(compiler.field(name), isCopied: false)
                }
            }
            for i in shape.overlays.indices { shape.overlays[i].slot = held(shape.overlays[i].slot, isCopied: true) }
            compiler.shape = shape
        } else {
            document = compiler.rowDocument()
            let root = compiler.newSlot()
            parts.append((root.index, root, true))
            compiler.shape = Shape(base: root)
            compiler.shape.isStable = true
        }
        width = parts.count
        from = .allocate(capacity: max(1, width))
        isCopied = .allocate(capacity: max(1, width))
        for (i, part) in parts.enumerated() {
            (from + i).initialize(to: part.from)
            (isCopied + i).initialize(to: part.isCopied)
        }
        to = ObjectList(parts.map(\.to))
    }

    deinit {
        from.deallocate()
        isCopied.deallocate()
    }

    /// Keeps the row at hand: copies go to `memory`.
    func keep(_ scope: Scope, in values: UnsafeMutablePointer<ValueView>, _ memory: Arena) throws {
        if let document {
            (values + 0).initialize(to: memory.copy(try document.evaluate(scope)))
            return
        }
        for i in 0..<width {
            let value = scope.slots[from[i]]
            (values + i).initialize(to: isCopied[i] ? memory.copy(value) : value)
        }
    }

    // MARK: Batches

    /// Whether rows can be kept column by column: no document has to be made of them.
    var isBatched: Bool { document == nil }

    /// The columns of what is kept.
    func columns(_ batch: Batch) throws -> [Column] { try (0..<width).map { try batch.column(from[$0]) } }

    /// Keeps a row of such columns.
    func keep(_ columns: [Column], _ row: Int, in values: UnsafeMutablePointer<ValueView>, _ memory: Arena) {
        for i in 0..<width {
            let value = columns[i][row]
            (values + i).initialize(to: isCopied[i] ? memory.copy(value) : value)
        }
    }

    /// Makes rows that were kept a batch.
    func restore(into batch: Batch, _ values: (Int) -> UnsafeMutablePointer<ValueView>) {
        let columns = to.elements.map { _ in batch.newColumn() }
        for row in 0..<batch.count {
            let values = values(row)
            for i in columns.indices { columns[i][row] = values[i] }
        }
        for (slot, column) in zip(to.elements, columns) { batch.set(slot, column, batch.rows) }
    }

    /// Copies a row that is kept to other memory.
    func move(
        _ old: UnsafeMutablePointer<ValueView>, to values: UnsafeMutablePointer<ValueView>, _ memory: Arena
    ) {
        for i in 0..<width { (values + i).initialize(to: isCopied[i] ? memory.copy(old[i]) : old[i]) }
    }

    /// Makes a row that was kept the one at hand.
    func restore(_ values: UnsafeMutablePointer<ValueView>, _ scope: Scope) {
        let to = to.loan
        for i in 0..<width { to.with(i) { scope.assign($0, values[i]) } }
    }
}
