import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$bucketAuto". Buckets of about equal numbers of rows, optionally with preferred-number bounds.
    static let bucketAuto = StageOperator("$bucketAuto") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(
                40240, "The argument to $bucketAuto must be an object, but found type: \(specification.type.name)")
        }
        let compiler = builder.compiler
        var groupBy: Expression?
        var buckets: Int?
        var output: ValueView?
        var granularity: Granularity?
        var cursor = specification.asDocument.elements()
        while cursor.next() {
            let value = cursor.value
            switch cursor.keyString {
            case "groupBy":
                guard isGroupingExpression(value) else {
                    throw AtelierError(
                        40239,
                        "The $bucketAuto 'groupBy' field must be defined as a $-prefixed path or an expression object")
                }
                groupBy = try compiler.expression(value)
            case "buckets":
                guard value.isNumber else {
                    throw AtelierError(
                        40241,
                        "The $bucketAuto 'buckets' field must be a numeric value, but found type: \(value.type.name)")
                }
                guard let number = value.exactInt64, Int32(exactly: number) != nil else {
                    throw AtelierError(
                        40242, "The $bucketAuto 'buckets' field must be representable as a 32-bit integer")
                }
                guard number > 0 else {
                    throw AtelierError(40243, "The $bucketAuto 'buckets' field must be greater than 0")
                }
                buckets = Int(number)
            case "output":
                guard value.type == .document else {
                    throw AtelierError(
                        40244, "The $bucketAuto 'output' field must be an object, but found type: \(value.type.name)")
                }
                output = value
            case "granularity":
                guard value.type == .string else {
                    throw AtelierError(
                        40261,
                        "The $bucketAuto 'granularity' field must be a string, but found type: \(value.type.name)")
                }
                guard let known = Granularity(name: value.asString) else {
                    throw AtelierError(
                        40257,
                        "Unknown granularity '\(value.asString)': use one of \(Granularity.names.joined(separator: ", "))"
                    )
                }
                granularity = known
            case let name: throw AtelierError(40245, "Unrecognized option to $bucketAuto: \(name)")
            }
        }
        guard let groupBy, let buckets else {
            throw AtelierError(40246, "$bucketAuto requires 'groupBy' and 'buckets' to be specified")
        }
        let fields = try bucketOutput(output, compiler, stage: "$bucketAuto")
        let id = compiler.newSlot()
        var shape = Shape(base: nil)
        shape.overlay("_id", id)
        let outputs = fields.map { field in
            let slot = compiler.newSlot()
            shape.overlays.append((field.name, slot))
            return slot
        }
        builder.stage = BucketAuto(
            builder.stage, groupBy, buckets: buckets, granularity, fields.map(\.accumulator), id: id, outputs: outputs)
        compiler.shape = shape
    }
}

/// Sorts the rows by a value and cuts them into buckets; a bucket's rows share one state per accumulator.
final class BucketAuto: Stage {
    private let input: Stage
    private let key: Expression
    private let wanted: Int
    private let granularity: Granularity?
    private let accumulators: [Accumulator]
    private let id: Slot
    private let outputs: [Slot]
    private var memory = Arena()
    /// Per row its key, then what each accumulator's argument yields.
    private var rows: [UnsafeMutablePointer<ValueView>] = []
    private var loaded = false
    /// The next row that is in no bucket yet.
    private var position = 0
    private var emitted = 0
    /// The upper bound of the bucket before, where bounds are preferred numbers.
    private var previousBound: ValueView?

    init(
        _ input: Stage, _ key: Expression, buckets: Int, _ granularity: Granularity?, _ accumulators: [Accumulator],
        id: Slot, outputs: [Slot]
    ) {
        self.input = input
        self.key = key
        wanted = buckets
        self.granularity = granularity
        self.accumulators = accumulators
        self.id = id
        self.outputs = outputs
    }

    override func next(_ scope: Scope) throws -> Bool {
        if !loaded { try load(scope) }
        guard position < rows.count, emitted < wanted else { return false }
        scope.arena.reset()
        let start = position
        let size = max(1, Int((Double(rows.count) / Double(wanted)).rounded(.toNearestOrAwayFromZero)))
        position = emitted == wanted - 1 ? rows.count : min(rows.count, start + size)
        let (lower, upper) = try bounds(from: start, scope.arena)
        emitted += 1
        scope.assign(
            id,
            scope.arena.document { writer in
                writer.append("min", lower)
                writer.append("max", upper)
            })
        for (i, accumulator) in accumulators.enumerated() {
            let state = memory.allocate(accumulator.stateSize)
            accumulator.start(state)
            for row in start..<position { try accumulator.add(rows[row][i + 1], to: state, memory: memory) }
            scope.assign(outputs[i], try accumulator.result(state, arena: scope.arena))
        }
        return true
    }

    /// The bucket's bounds; moves `position` on over the rows that the upper bound takes in.
    private func bounds(from start: Int, _ arena: Arena) throws -> (lower: ValueView, upper: ValueView) {
        let last = rows[position - 1][0]
        guard let granularity else {
            while position < rows.count && rows[position][0].equals(last) { position += 1 }
            return (rows[start][0], position < rows.count ? rows[position][0] : rows[position - 1][0])
        }
        let lower = previousBound ?? granularity.roundDown(rows[start][0], memory)
        var upper = granularity.roundUp(rows[position - 1][0], memory)
        while position < rows.count && rows[position][0].compare(upper) < 0 { position += 1 }
        // Zero is rounded to itself; a bucket of zeros reaches up to where the next one begins.
        if !last.isTruthy, position < rows.count { upper = granularity.roundDown(rows[position][0], memory) }
        previousBound = upper
        return (lower, upper)
    }

    private func load(_ scope: Scope) throws {
        loaded = true
        let width = accumulators.count + 1
        while try input.next(scope) {
            if rows.count & 4095 == 0 { try scope.interrupt.check() }
            let value = try key.evaluate(scope)
            if granularity != nil { try Granularity.check(value) }
            let row = memory.allocate(width * MemoryLayout<ValueView>.stride).bindMemory(
                to: ValueView.self, capacity: width)
            row.initialize(to: memory.copy(value.isMissing ? .null : value))
            for (i, accumulator) in accumulators.enumerated() {
                (row + i + 1).initialize(to: memory.copy(try accumulator.argument.evaluate(scope)))
            }
            rows.append(row)
        }
        rows.sort { $0[0].compare($1[0]) < 0 }
    }

    override func restart() {
        memory = Arena()
        rows = []
        loaded = false
        position = 0
        emitted = 0
        previousBound = nil
        input.restart()
    }
}
