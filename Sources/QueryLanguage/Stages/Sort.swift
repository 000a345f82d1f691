import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$sort". With `$limit` behind it only the rows that can still win are kept.
    static let sort = StageOperator("$sort") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(15973, "the $sort key specification must be an object")
        }
        let pattern = try SortPattern(specification.asDocument, builder.compiler)
        builder.sort(pattern, limit: builder.limitAhead())
    }
}

extension PipelineBuilder {
    public func sort(_ pattern: SortPattern, limit: Int64?) {
        stage = Sort(stage, pattern, HeldRow(compiler), limit: limit, overflow: environment.overflow)
    }

    /// How many rows can matter to a sort: what `$skip`s and the first `$limit` right behind it say.
    fileprivate func limitAhead() -> Int64? {
        var skipped: Int64 = 0
        for specification in following {
            guard let (name, argument) = try? PipelineBuilder.split(specification), let number = argument.exactInt64,
                number >= 0
            else { return nil }
            switch name {
            case "$skip": skipped += number
            case "$limit": return number.addingReportingOverflow(skipped).overflow ? nil : number + skipped
            default: return nil
            }
        }
        return nil
    }
}

/// The fields to sort by, in order, each ascending or descending.
public final class SortPattern {
    struct Part {
        let slot: Slot
        let below: [FieldName]
        let sign: Int
    }
    let parts: [Part]
    /// The slots of fields that all stand at the top.
    private let indices: [Int]?

    /// From `{field: 1, other: -1}`.
    public convenience init(_ specification: DocumentView, _ compiler: Compiler) throws {
        var fields: [(String, Bool)] = []
        var cursor = specification.elements()
        while cursor.next() {
            let value = cursor.value
            try reading(cursor) { try SortPattern.check(value) }
            fields.append((cursor.keyString, value.numberAsDouble == 1))
        }
        if fields.isEmpty { throw AtelierError(15976, "$sort stage must have at least one sort key") }
        if fields.count > 32 {
            throw AtelierError(.badValue, "too many compound keys: \(fields.count) is greater than max 32")
        }
        try self.init(fields, compiler)
    }

    /// - Throws: for what no field can be sorted by.
    private static func check(_ value: ValueView) throws {
        if value.type == .document {
            var inner = value.asDocument.elements()
            if inner.next(), inner.keyString == "$meta" {
                throw AtelierError(
                    .badValue, "$meta sort keys need a text or search score, which this query has not")
            }
            throw AtelierError(15975, "$meta is the only expression supported by $sort right now")
        }
        guard value.isNumber else {
            throw AtelierError(15974, "$sort key ordering must be specified using a number or {$meta: 'textScore'}")
        }
        guard let order = value.numberAsDouble, order == 1 || order == -1 else {
            throw AtelierError(15975, "$sort key ordering must be 1 (for ascending) or -1 (for descending)")
        }
    }

    init(_ fields: [(name: String, ascending: Bool)], _ compiler: Compiler) throws {
        parts = try fields.map { field in
            let components = try FieldPath(field.name).components
            return Part(
                slot: compiler.field(components[0].text), below: Array(components.dropFirst()),
                sign: field.ascending ? 1 : -1)
        }
        indices = parts.allSatisfy { $0.below.isEmpty } ? parts.map(\.slot.index) : nil
    }

    /// The keys of a batch's rows, field by field; missing where there is nothing.
    ///
    /// - Throws: `Irregular` where a field lies deeper or holds an array.
    func columns(_ batch: Batch) throws -> [Column] {
        guard let indices else { throw Irregular() }
        return try indices.map { index in
            let column = try batch.column(index)
            let rows = batch.rows
            if (0..<rows.count).contains(where: { column[rows[$0]].type == .array }) { throw Irregular() }
            return column
        }
    }

    /// Order of two rows' keys.
    @inline(__always)
    func compare(_ a: UnsafeMutablePointer<ValueView>, _ b: UnsafeMutablePointer<ValueView>) -> Int {
        for i in 0..<parts.count {
            let result = a[i].compare(b[i])
            if result != 0 { return result * parts[i].sign }
        }
        return 0
    }

    /// Where the key's first value stands in the order, as far as 64 bits can say: keys whose prefixes differ are in the
    /// order of those.
    @inline(__always)
    func prefix(_ key: UnsafeMutablePointer<ValueView>) -> UInt64 {
        parts[0].sign > 0 ? key[0].orderPrefix : ~key[0].orderPrefix
    }

    /// Reads the row's key: the values at the paths, null where there is none; of arrays the elements that sort first.
    /// - Throws: `BadValue` where two paths run through different arrays.
    func readKey(_ scope: Scope, into key: UnsafeMutablePointer<ValueView>) throws {
        var arrays = false
        if let indices {
            for i in 0..<parts.count {
                let value = scope.slots[indices[i]]
                if value.type == .array { arrays = true }
                key[i] = value.isMissing ? .null : value
            }
            if arrays { try readMultikey(scope, into: key) }
            return
        }
        for (i, part) in parts.enumerated() {
            var value = scope.slots[part.slot.index]
            for name in part.below {
                if value.type == .array { break }
                value = value.type == .document ? value.asDocument.find(name) : .missing
            }
            if value.type == .array { arrays = true }
            key[i] = value.isMissing ? .null : value
        }
        if arrays { try readMultikey(scope, into: key) }
    }

    /// One way still to go: the value reached so far and the names below it.
    private typealias Way = (value: ValueView, rest: ArraySlice<FieldName>)

    private func readMultikey(_ scope: Scope, into key: UnsafeMutablePointer<ValueView>) throws {
        var best: [ValueView] = []
        let ways: [Way] = parts.map { (scope.slots[$0.slot.index], $0.below[...]) }
        try expand(ways) { candidate in
            if best.isEmpty || precedes(candidate, best) { best = candidate }
        }
        for i in 0..<parts.count { key[i] = best[i] }
    }

    private func precedes(_ a: [ValueView], _ b: [ValueView]) -> Bool {
        for i in 0..<parts.count {
            let result = a[i].compare(b[i]) * parts[i].sign
            if result != 0 { return result < 0 }
        }
        return false
    }

    /// Calls `visit` with every key an index on these paths would hold for the row.
    private func expand(_ start: [Way], _ visit: ([ValueView]) throws -> Void) throws {
        var ways = start
        var array: DocumentView?
        for i in ways.indices {
            while ways[i].value.type == .document, let name = ways[i].rest.first {
                ways[i] = (ways[i].value.asDocument.find(name), ways[i].rest.dropFirst())
            }
            guard ways[i].value.type == .array else {
                if !ways[i].rest.isEmpty { ways[i] = (.missing, []) }
                continue
            }
            let found = ways[i].value.asDocument
            if let array, array.base != found.base {
                throw AtelierError(.badValue, "cannot sort with keys that are parallel arrays")
            }
            array = found
        }
        guard let array else { return try visit(ways.map { $0.value.isMissing ? .null : $0.value }) }
        let through = ways.indices.filter { ways[$0].value.type == .array }
        if array.isEmpty {
            for i in through { ways[i] = (ways[i].rest.isEmpty ? .undefined : .missing, []) }
            return try visit(ways.map { $0.value.isMissing ? .null : $0.value })
        }
        var cursor = array.elements()
        while cursor.next() {
            var next = ways
            var settled: [Int: ValueView] = [:]
            for i in through {
                let rest = ways[i].rest
                if rest.isEmpty {
                    settled[i] = cursor.value
                    next[i] = (.missing, [])
                } else if let position = Int(rest.first!.text) {
                    next[i] = positional(array, position, rest.dropFirst(), orFrom: cursor.value, rest)
                } else {
                    next[i] = cursor.type == .document ? (cursor.value, rest) : (.missing, [])
                }
            }
            try expand(next) { values in
                var values = values
                for (i, value) in settled { values[i] = value }
                try visit(values)
            }
        }
    }

    /// A number in a path addresses an array's position, unless the element at hand has a field of that name.
    private func positional(
        _ array: DocumentView, _ position: Int, _ rest: ArraySlice<FieldName>, orFrom element: ValueView,
        _ whole: ArraySlice<FieldName>
    ) -> Way {
        if element.type == .document, !element.asDocument.find(whole.first!).isMissing { return (element, whole) }
        return (array.element(at: position), rest)
    }

}

/// Rows in order of their keys; equal keys keep the order in which they came.
final class Sort: BlockingStage, BatchSource {
    private let input: Stage
    private let pattern: SortPattern
    private let held: HeldRow
    private let limit: Int
    private let overflow: (any ArenaOverflow)?
    private var memory: Arena
    private var rows: [Row] = []
    /// A row's key must sort before this one to matter.
    private var threshold: Row?
    private var position = -1
    /// Of rows that are yielded in batches, where the batch at hand begins and ends.
    private var batchStart = 0
    private var batchEnd: Int?
    private static let batchRows = 512

    /// A row that is kept: its key's values, then what is kept of the row itself.
    private struct Row {
        /// The first value's place in the order, as far as it fits: most comparisons look at nothing else.
        let prefix: UInt64
        let values: UnsafeMutablePointer<ValueView>
    }

    init(
        _ input: Stage, _ pattern: SortPattern, _ held: HeldRow, limit: Int64?, overflow: (any ArenaOverflow)?
    ) {
        self.input = input
        self.pattern = pattern
        self.held = held
        self.limit = limit.map { Int(clamping: $0) } ?? Int.max
        self.overflow = overflow
        memory = Arena(overflow: overflow)
    }

    override func next(_ scope: Scope) throws -> Bool {
        if position < 0 { try load(scope) }
        guard position < (batchEnd ?? rows.count) else { return false }
        if position & 1023 == 0 { try scope.interrupt.check() }
        scope.arena.reset()
        held.restore(rows[position].values + pattern.parts.count, scope)
        position += 1
        return true
    }

    override func load(_ scope: Scope) throws {
        try consume(scope)
        position = 0
    }

    // MARK: Batches

    override var batchSource: (any BatchSource)? { held.isBatched ? self : nil }

    func loadBatch(_ scope: Scope) throws -> Bool {
        if position < 0 { try load(scope) }
        try scope.interrupt.check()
        scope.beginBatch()
        position = batchEnd ?? 0
        let end = min(rows.count, position + Sort.batchRows)
        (batchStart, batchEnd) = (position, end)
        position = end
        return batchStart < end
    }

    override func batch(_ scope: Scope) -> Batch {
        let batch = Batch(scope, count: batchEnd! - batchStart)
        let width = pattern.parts.count
        held.restore(into: batch) { rows[batchStart + $0].values + width }
        return batch
    }

    func shrinkBatch(_ scope: Scope) -> Bool {
        guard let end = batchEnd, end - batchStart > 1 else { return false }
        scope.beginBatch()
        position = batchStart + (end - batchStart) / 2
        batchEnd = position
        return true
    }

    func replayBatch() { position = batchStart }

    override func absorb(_ others: [BlockingStage]) throws {
        for case let other as Sort in others { rows += other.rows }
        // The parts are in order: putting them together is quick.
        rows.sort { precedes($0, $1) }
        if rows.count > limit { rows.removeLast(rows.count - limit) }
    }

    private func consume(_ scope: Scope) throws {
        let width = pattern.parts.count
        let size = (width + held.width) * MemoryLayout<ValueView>.stride
        let key = UnsafeMutablePointer<ValueView>.allocate(capacity: width)
        defer { key.deallocate() }
        let batch = limit <= 1 << 20 ? max(2 * limit, 1024) : Int.max
        var count = 0
        /// Takes a row whose key has been read, unless it cannot matter.
        @inline(__always)
        func take(_ keep: (_ values: UnsafeMutablePointer<ValueView>) throws -> Void) throws {
            let row = Row(prefix: pattern.prefix(key), values: key)
            if let threshold, !precedes(row, threshold) { return }
            let kept = memory.allocate(size).bindMemory(to: ValueView.self, capacity: width + held.width)
            for i in 0..<width { (kept + i).initialize(to: held.isStable ? key[i] : memory.copy(key[i])) }
            try keep(kept + width)
            rows.append(Row(prefix: row.prefix, values: kept))
            if rows.count >= batch || (memory.overflowFailure != nil && rows.count > limit) { cut() }
            if let failure = memory.overflowFailure {
                throw failure.asExceededMemory(
                    of:
                        "Sort exceeded memory limit of \(overflow?.threshold ?? 0) bytes, but did not opt in to external sorting."
                )
            }
        }
        func takeRows() throws {
            while try input.next(scope) {
                count += 1
                if count & 4095 == 0 { try scope.interrupt.check() }
                try pattern.readKey(scope, into: key)
                try take { try held.keep(scope, in: $0, memory) }
            }
        }
        if let source = input.batchSource, held.isBatched {
            try source.forEachBatch(scope) {
                let batch = try input.batch(scope)
                return (batch.rows, keys: try pattern.columns(batch), values: try held.columns(batch))
            } take: { rows, keys, values in
                for i in 0..<rows.count {
                    let row = rows[i]
                    for k in 0..<width { key[k] = keys[k][row].isMissing ? .null : keys[k][row] }
                    try take { held.keep(values, row, in: $0, memory) }
                }
            } takeRows: {
                try takeRows()
            }
        } else {
            try takeRows()
        }
        order()
        if rows.count > limit { rows.removeLast(rows.count - limit) }
    }

    /// Keeps the best `limit` rows and notes the last of them as the one to beat.
    private func cut() {
        order()
        rows.removeLast(rows.count - limit)
        threshold = rows.last
        if held.isStable { return }
        // What the dropped rows held goes with the old arena.
        let old = memory
        memory = Arena(overflow: overflow)
        let width = pattern.parts.count
        rows = rows.map { row in
            let copy = memory.allocate((width + held.width) * MemoryLayout<ValueView>.stride).bindMemory(
                to: ValueView.self, capacity: width + held.width)
            for i in 0..<width { (copy + i).initialize(to: memory.copy(row.values[i])) }
            held.move(row.values + width, to: copy + width, memory)
            return Row(prefix: row.prefix, values: copy)
        }
        threshold = rows.last
        withExtendedLifetime(old) {}
    }

    @inline(__always)
    private func precedes(_ a: Row, _ b: Row) -> Bool {
        a.prefix != b.prefix ? a.prefix < b.prefix : pattern.compare(a.values, b.values) < 0
    }

    /// Puts the rows in order; those whose keys are equal stay as they came.
    private func order() {
        if rows.count < Sort.manyRows {
            // Swift's sort is stable in practice and by its documentation since 5.8.
            rows.sort { precedes($0, $1) }
            return
        }
        orderByPrefix()
        var start = 0
        while start < rows.count {
            var end = start + 1
            while end < rows.count, rows[end].prefix == rows[start].prefix { end += 1 }
            if end - start > 1 { rows[start..<end].sort { pattern.compare($0.values, $1.values) < 0 } }
            start = end
        }
    }

    /// Distributes the rows by the digits of their prefixes, from the last digit to the first.
    private func orderByPrefix() {
        let (first, count) = (rows[0].prefix, rows.count)
        let different = rows.reduce(0) { $0 | ($1.prefix ^ first) }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 1 << Sort.digitBits) { places in
            var (from, to) = (rows, rows)
            rows = []
            for shift in stride(from: UInt64(0), to: 64, by: Sort.digitBits) {
                let mask = (1 as UInt64) << UInt64(Sort.digitBits) - 1
                if different >> shift & mask == 0 { continue }
                places.initialize(repeating: 0)
                from.withUnsafeBufferPointer { from in
                    to.withUnsafeMutableBufferPointer { to in
                        for i in 0..<count { places[Int(from[i].prefix >> shift & mask)] += 1 }
                        var total = 0
                        for digit in places.indices { (places[digit], total) = (total, total + places[digit]) }
                        for i in 0..<count {
                            let digit = Int(from[i].prefix >> shift & mask)
                            to[places[digit]] = from[i]
                            places[digit] += 1
                        }
                    }
                }
                swap(&from, &to)
            }
            rows = from
        }
    }

    /// From how many rows on it pays to distribute them.
    private static let manyRows = 4096
    private static let digitBits = 11

    override func restart() {
        (position, batchStart, batchEnd) = (-1, 0, nil)
        rows = []
        threshold = nil
        memory = Arena(overflow: overflow)
        input.restart()
    }
}
