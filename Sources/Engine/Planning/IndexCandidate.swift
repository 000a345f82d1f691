import BSON
import QueryLanguage
import Storage

/// What one index could do for a query: the ranges of its keys to read, and whether they come in the order asked for.
struct IndexCandidate {
    let index: IndexEntry
    private(set) var ranges = KeyRanges.everything
    private(set) var forward = true
    private(set) var providesSort = false
    /// How many keys lie in the ranges; nil for more than it was worth counting.
    private(set) var estimate: Int?
    /// Why the index is of no use; empty where it is.
    private(set) var reason = ""
    var isUsable: Bool { reason.isEmpty }

    /// More ranges than this are not worth the seeks: the fields behind are left to the filter.
    private static let mostRanges = 1000

    /// - Parameter limit: how many keys to count at most.
    init(_ index: IndexEntry, _ analysis: FilterAnalysis, _ sort: SortRequest?, for reader: StorageReader, limit: Int)
        throws
    {
        self.index = index
        let fields = index.keyPattern.elements.map { ($0.key, descending: ($0.value.doubleValue ?? 1) < 0) }
        let bounds = IndexCandidate.bounds(index, fields.map(\.0), analysis)
        let constrained = bounds.contains { !$0.isEverything }
        if index.isSparse && !IndexCandidate.holdsAll(fields.map(\.0), analysis) {
            reason = "the index is sparse, and the filter may accept documents without its fields"
            return
        }
        let prefix = bounds.prefix { $0.intervals.count == 1 && $0.intervals[0].isPoint }.count
        if let sort {
            (providesSort, forward) = IndexCandidate.order(index, fields, equalities: prefix, bounds.count, sort)
        }
        if !constrained && !providesSort {
            reason = "neither the filter nor the sort begins with the field \(fields[0].0)"
            return
        }
        ranges = KeyRanges(bounds, descending: fields.map(\.descending))
        ranges.description = Document(
            zip(
                fields, bounds + Array(repeating: ValueIntervals.everything, count: max(0, fields.count - bounds.count))
            ).map { field, bound in
                (field.0, BSONValue.array(BSONArray(bound.intervals.map { .string($0.text) })))
            })
        if index.isUnique && prefix == fields.count {
            estimate = 1
        } else if constrained {
            estimate = try ranges.count(in: index, reader, limit: limit)
        } else {
            estimate = try reader.count(index)
        }
    }

    /// The intervals of the index's leading fields: equalities, then at most one field with ranges.
    private static func bounds(_ index: IndexEntry, _ paths: [String], _ analysis: FilterAnalysis) -> [ValueIntervals] {
        var result: [ValueIntervals] = []
        var product = 1
        // Which element of an array the multikey fields' constraints speak of, once one has been used.
        var usedMultikey = false
        var group: Int?
        for (position, path) in paths.enumerated() {
            let constraints = analysis.constraints.filter { $0.path == path && !$0.intervals.isEverything }
            var chosen: ValueIntervals?
            if position < index.multikeyPaths.count && index.multikeyPaths[position] != 0 {
                // Different constraints may be satisfied by different elements: only one of them can be used.
                let eligible = constraints.filter {
                    !usedMultikey || ($0.elementGroup != nil && $0.elementGroup == group)
                }
                if let constraint = eligible.first(where: { $0.intervals.arePoints }) ?? eligible.first {
                    chosen = constraint.intervals
                    group = constraint.elementGroup
                    usedMultikey = true
                }
            } else {
                for constraint in constraints {
                    chosen = chosen.map { $0.intersection(constraint.intervals) } ?? constraint.intervals
                }
            }
            guard let chosen, product * max(1, chosen.intervals.count) <= mostRanges else { break }
            product *= max(1, chosen.intervals.count)
            result.append(chosen)
            if !chosen.arePoints { break }
        }
        return result
    }

    /// Whether every document the filter accepts has one of the fields, so that a sparse index holds it.
    private static func holdsAll(_ paths: [String], _ analysis: FilterAnalysis) -> Bool {
        analysis.constraints.contains { paths.contains($0.path) && $0.requiresPresence }
    }

    /// Whether the keys come in the order of the sort, and in which direction they are to be read.
    private static func order(
        _ index: IndexEntry, _ fields: [(String, descending: Bool)], equalities: Int, _ bounded: Int,
        _ sort: SortRequest
    ) -> (providesSort: Bool, forward: Bool) {
        // Cut keys are in order of their beginnings only, arrays have a key per element.
        if index.hasTruncatedKeys || index.isMultikey { return (false, true) }
        let fixed = Set(fields.prefix(equalities).map(\.0))
        let wanted = sort.fields.filter { !fixed.contains($0.path) }
        let rest = fields.dropFirst(equalities)
        guard wanted.count <= rest.count else { return (false, true) }
        var forward: Bool?
        for (wish, field) in zip(wanted, rest) {
            guard wish.path == field.0 else { return (false, true) }
            let same = wish.ascending != field.descending
            guard forward == nil || forward == same else { return (false, true) }
            forward = same
        }
        return (true, forward ?? true)
    }
}

extension ValueInterval {
    /// The interval as `explain` writes it: `[1, 5)`.
    fileprivate var text: String {
        "\(includesLower ? "[" : "(")\(lower.extendedJSON(.relaxed)), \(upper.extendedJSON(.relaxed))\(includesUpper ? "]" : ")")"
    }
}

// MARK: - Keys

extension KeyRanges {
    /// The byte ranges of the keys whose leading fields lie in these intervals.
    init(_ bounds: [ValueIntervals], descending: [Bool]) {
        ranges = []
        if bounds.contains(where: \.isEmpty) { return }
        guard !bounds.isEmpty else {
            self = .everything
            return
        }
        let buffer = IndexKeyBuffer()
        var points: [BSONValue] = []
        func expand(_ field: Int, into ranges: inout [Range]) {
            let last = field == bounds.count - 1
            let intervals = descending[field] ? bounds[field].intervals.reversed() : bounds[field].intervals
            for interval in intervals {
                if last {
                    ranges.append(KeyRanges.range(points, interval, descending, buffer))
                } else {
                    points.append(interval.lower)
                    expand(field + 1, into: &ranges)
                    points.removeLast()
                }
            }
        }
        expand(0, into: &ranges)
    }

    private static func range(
        _ points: [BSONValue], _ interval: ValueInterval, _ descending: [Bool], _ buffer: IndexKeyBuffer
    ) -> Range {
        let down = descending[points.count]
        let (first, includesFirst) =
            down ? (interval.upper, interval.includesUpper) : (interval.lower, interval.includesLower)
        let (last, includesLast) =
            down ? (interval.lower, interval.includesLower) : (interval.upper, interval.includesUpper)
        func key(_ value: BSONValue, past: Bool) -> [UInt8] {
            buffer.reset()
            for (point, descending) in zip(points, descending) {
                point.withValue { buffer.append($0, descending: descending) }
            }
            value.withValue { buffer.append($0, descending: down) }
            return past ? (buffer.makeSuccessor() ? buffer.array : []) : buffer.array
        }
        func isCut(_ value: BSONValue) -> Bool {
            _ = key(value, past: false)
            return buffer.isTruncated
        }
        // A cut key stands for all that begin like it: it must stay inside the range.
        return Range(
            lower: key(first, past: !includesFirst && !isCut(first)),
            upper: key(last, past: includesLast || isCut(last)))
    }

    /// How many keys of the index lie in the ranges; nil for more than `limit`.
    func count(in index: IndexEntry, _ reader: StorageReader, limit: Int) throws -> Int? {
        let cursor = try reader.keys(of: index)
        defer { cursor.close() }
        var count = 0
        for range in ranges {
            let within = try range.lower.withUnsafeBytes { lower in
                try range.upper.withUnsafeBytes { upper in
                    var found = try cursor.seek(to: lower)
                    while found, cursor.isBefore(upper) {
                        count += 1
                        if count > limit { return false }
                        found = try cursor.next()
                    }
                    return true
                }
            }
            if !within { return nil }
        }
        return count
    }
}
