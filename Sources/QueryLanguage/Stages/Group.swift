import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$group".
    static let group = StageOperator("$group") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(15947, "a group's fields must be specified in an object")
        }
        let compiler = builder.compiler
        var key: GroupKey?
        var fields: [(name: String, accumulator: Accumulator)] = []
        var cursor = specification.asDocument.elements()
        while cursor.next() {
            let (name, value) = (cursor.keyString, cursor.value)
            if name == "_id" {
                if key != nil { throw AtelierError(15948, "a group's _id may only be specified once") }
                key = try reading(cursor) { try GroupKey(value, compiler) }
                continue
            }
            fields.append(try reading(cursor) { try compiler.accumulatorField(name, value) })
        }
        guard let key else { throw AtelierError(15955, "a group specification must include an _id") }
        builder.group(key, fields)
    }
}

extension Compiler {
    /// One output field of a grouping: `name: {$accumulator: argument}`.
    func accumulatorField(_ name: String, _ value: ValueView) throws -> (name: String, accumulator: Accumulator) {
        if name == "$doingMerge" { throw AtelierError(17030, "$doingMerge should be true if present") }
        if name.contains(".") { throw AtelierError(40235, "The field name '\(name)' cannot contain '.'") }
        if name.hasPrefix("$") { throw AtelierError(40236, "The field name '\(name)' cannot be an operator name") }
        if name.isEmpty { throw AtelierError(40352, "FieldPath cannot be constructed with empty string") }
        guard value.type == .document else {
            throw AtelierError(40234, "The field '\(name)' must be an accumulator object")
        }
        var cursor = value.asDocument.elements()
        guard cursor.next() else { throw AtelierError(40234, "The field '\(name)' must be an accumulator object") }
        let (operatorName, argument) = (cursor.keyString, cursor.value)
        guard operatorName.hasPrefix("$") else {
            throw AtelierError(40234, "The field '\(name)' must be an accumulator object")
        }
        if cursor.next() { throw AtelierError(40238, "The field '\(name)' must specify one accumulator") }
        guard let known = AccumulatorOperator.byName[operatorName] else {
            throw AtelierError(
                15952, "unknown group operator '\(operatorName)'",
                advice: Suggestion.accumulator(insteadOf: operatorName)
            ).found(atStartOf: value.asDocument)
        }
        do { return (name, try known.compile(argument, self)) } catch let error as AtelierError {
            throw error.found(atStartOf: value.asDocument)
        }
    }
}

extension PipelineBuilder {
    /// Appends a grouping by `key` whose rows have `_id` and these fields.
    func group(_ key: GroupKey, _ fields: [(name: String, accumulator: Accumulator)]) {
        var shape = Shape(base: nil)
        let id = compiler.newSlot()
        shape.overlay("_id", id)
        let slots = fields.map { field in
            let slot = compiler.newSlot()
            shape.overlays.append((field.name, slot))
            return slot
        }
        stage = Group(
            stage, key, fields.map(\.accumulator), id: id, outputs: slots,
            overflow: environment.overflow)
        compiler.shape = shape
    }
}

/// What a `$group` groups by: one expression, or a document whose fields are kept apart so that no row builds it.
final class GroupKey {
    let parts: [Expression]
    /// The names of a document key's fields; nil for a single value.
    let names: [FieldName]?

    /// - Throws: `17390` for a document with fields such as `a: 1`, which would be an inclusion elsewhere.
    init(_ specification: ValueView, _ compiler: Compiler) throws {
        if specification.type == .document {
            var cursor = specification.asDocument.elements()
            while cursor.next() {
                if (cursor.type.isNumber || cursor.type == .bool) && cursor.key.first != UInt8(ascii: "$") {
                    throw AtelierError(17390, "$group does not support inclusion-style expressions")
                }
            }
        }
        // Of an array `$group` makes a constant, whatever stands in it.
        let expression =
            specification.type == .array
            ? Constant(compiler.arena.copy(specification)) : try compiler.expression(specification)
        if let literal = expression as? DocumentLiteral, !literal.fields.isEmpty {
            parts = literal.fields.map(\.value)
            names = literal.fields.map(\.name)
        } else {
            parts = [expression]
            names = nil
        }
    }

    init(_ expression: Expression) {
        parts = [expression]
        names = nil
    }

    /// The key as the group's `_id`.
    func value(_ values: UnsafeMutablePointer<ValueView>, _ arena: Arena) -> ValueView {
        guard let names else { return values[0] }
        return arena.document { writer in
            for i in 0..<names.count { writer.append(names[i], values[i]) }
        }
    }
}

/// Rows gathered into groups with a state per accumulator; the groups come in the order of their first rows.
final class Group: BlockingStage {
    private let input: Stage
    private let key: GroupKey
    private let accumulators: ObjectList<Accumulator>
    private let arguments: ObjectList<Expression>
    private let keyParts: ObjectList<Expression>
    private let offsets: [Int]
    /// Whether rows are only counted: that needs nothing of them but their keys, and can wait for others.
    private let isQueued: Bool
    private let id: Slot
    private let outputs: [Slot]
    /// Filters on the results: groups that do not pass are not yielded.
    var having: [Predicate] = []
    private let table: GroupTable
    /// The parts of the key at hand.
    private let values: UnsafeMutablePointer<ValueView>
    private var position = -1

    init(
        _ input: Stage, _ key: GroupKey, _ accumulators: [Accumulator], id: Slot, outputs: [Slot],
        overflow: (any ArenaOverflow)? = nil
    ) {
        self.input = input
        self.key = key
        self.accumulators = ObjectList(accumulators)
        arguments = ObjectList(accumulators.map(\.argument))
        keyParts = ObjectList(key.parts)
        var offset = 0
        offsets = accumulators.map { accumulator in
            offset = (offset + accumulator.stateAlignment - 1) & -accumulator.stateAlignment
            defer { offset += accumulator.stateSize }
            return offset
        }
        let alignment = accumulators.reduce(8) { max($0, $1.stateAlignment) }
        isQueued = key.parts.count > 1 && accumulators.allSatisfy { $0 is CountAccumulator }
        self.id = id
        self.outputs = outputs
        table = GroupTable(keyParts: key.parts.count, stateSize: offset, alignment: alignment, overflow: overflow)
        values = .allocate(capacity: key.parts.count)
        values.initialize(repeating: .missing, count: key.parts.count)
    }

    deinit { values.deallocate() }

    override func next(_ scope: Scope) throws -> Bool {
        if position < 0 {
            try consume(scope)
            position = 0
        }
        while position < table.count {
            if position & 1023 == 0 { try scope.interrupt.check() }
            let states = table.states(at: position)
            scope.arena.reset()
            for i in 0..<accumulators.count {
                let result = try accumulators.with(i) { try $0.result(states + offsets[i], arena: scope.arena) }
                scope.assign(outputs[i], result)
            }
            position += 1
            if try !having.allSatisfy({ try $0.matches(scope) }) { continue }
            table.readKey(at: position - 1, into: values)
            scope.assign(id, key.value(values, scope.arena))
            return true
        }
        return false
    }

    /// Whether a slot holds an accumulator's result.
    func yields(_ slot: Slot) -> Bool { outputs.contains { $0 === slot } }

    /// Whether the states of this group can take over those of another one over other rows.
    override var isMergeable: Bool { accumulators.elements.allSatisfy { $0 is any MergeableAccumulator } }

    override func load(_ scope: Scope) throws {
        try consume(scope)
        position = 0
    }

    override func absorb(_ others: [BlockingStage]) throws {
        let mergeable = accumulators.elements.compactMap { $0 as? any MergeableAccumulator }
        for case let other as Group in others {
            try table.absorb(other.table) { states, isNew, added in
                if isNew { for i in 0..<accumulators.count { accumulators.with(i) { $0.start(states + offsets[i]) } } }
                for (i, accumulator) in mergeable.enumerated() {
                    try accumulator.merge(added + offsets[i], into: states + offsets[i], memory: table.memory)
                }
            }
            if let failure = table.memory.overflowFailure { throw failure.asExceededGroupMemory }
        }
    }

    private func consume(_ scope: Scope) throws {
        let isBatched = keyParts.elements.allSatisfy(\.isBatched) && accumulators.elements.allSatisfy(\.isBatched)
        guard isBatched, let source = input.batchSource else { return try consumeRows(scope) }
        try source.forEachBatch(scope) {
            let batch = try input.batch(scope)
            return (
                batch, keys: try keyParts.elements.map { try $0.column(batch, batch.rows) },
                values: try arguments.elements.map { try $0.column(batch, batch.rows) }
            )
        } take: { batch, keys, values in
            try add(batch, keys, values)
            if let failure = table.memory.overflowFailure { throw failure.asExceededGroupMemory }
        } takeRows: {
            try consumeRows(scope)
        }
    }

    private func add(_ batch: Batch, _ keys: [Column], _ columns: [Column]) throws {
        let rows = batch.rows
        if isQueued {
            table.beginBatch()
            for i in 0..<rows.count {
                for k in keys.indices { values[k] = keys[k][rows[i]] }
                if table.enqueue(values, isBatched: true) { try countQueued() }
            }
            return try countQueued()
        }
        let states = batch.scope.arena.vector(of: GroupTable.States.self, batch.count)
        // A key that is nothing is null.
        let single = key.names == nil ? try batch.map(keys[0], rows) { $0.isMissing ? .null : $0 } : nil
        let hashes = single.map { table.hashes(of: $0, rows, batch.scope.arena) }
        for i in 0..<rows.count {
            let row = rows[i]
            let found: GroupTable.States
            let isNew: Bool
            if let single, let hashes {
                (found, isNew) = table.states(of: single[row], hashes[i])
            } else {
                for k in keys.indices { values[k] = keys[k][row] }
                (found, isNew) = table.states(of: values)
            }
            if isNew {
                for i in 0..<accumulators.count { accumulators.with(i) { $0.start(found + offsets[i]) } }
            }
            states[row] = found
        }
        for (i, accumulator) in accumulators.elements.enumerated() {
            try accumulator.add(columns[i], rows, to: states, at: offsets[i], memory: table.memory)
        }
    }

    private func consumeRows(_ scope: Scope) throws {
        let single = key.names == nil
        let (table, memory, values) = (table, table.memory, values)
        var rows = 0
        while try input.next(scope) {
            rows += 1
            if rows & 4095 == 0 { try scope.interrupt.check() }
            for i in 0..<keyParts.count { values[i] = try keyParts.evaluate(i, scope) }
            if single && values[0].isMissing { values[0] = .null }
            if isQueued {
                if table.enqueue(values) { try countQueued() }
                continue
            }
            let (states, isNew) = table.states(of: values)
            if isNew {
                for i in 0..<accumulators.count { accumulators.with(i) { $0.start(states + offsets[i]) } }
            }
            for i in 0..<accumulators.count {
                let value = try arguments.evaluate(i, scope)
                try accumulators.with(i) { try $0.add(value, to: states + offsets[i], memory: memory) }
            }
            if let failure = memory.overflowFailure { throw failure.asExceededGroupMemory }
        }
        if isQueued { try countQueued() }
    }

    /// Adds one to the counts of the rows in the table's queue.
    private func countQueued() throws {
        let offsets = offsets
        table.dequeue { states, isNew in
            for offset in offsets {
                let count = (states + offset).assumingMemoryBound(to: Int.self)
                count.pointee = isNew ? 1 : count.pointee &+ 1
            }
        }
        if let failure = table.memory.overflowFailure { throw failure.asExceededGroupMemory }
    }

    override func restart() {
        position = -1
        table.removeAll()
        input.restart()
    }
}

extension AtelierError {
    /// With this message where the limit of memory is what was met, rather than the disk's.
    func asExceededMemory(of message: String) -> AtelierError {
        code == .queryExceededMemory ? AtelierError(code, message, advice: advice) : self
    }

    fileprivate var asExceededGroupMemory: AtelierError {
        asExceededMemory(
            of: "Exceeded memory limit for $group, but didn't allow external sort. Pass allowDiskUse:true to opt in.")
    }
}
