import BSON

/// Values between two bounds in BSON's order: a stretch of an index.
public struct ValueInterval: Sendable {
    public var lower: BSONValue
    public var includesLower: Bool
    public var upper: BSONValue
    public var includesUpper: Bool

    public init(_ lower: BSONValue, _ includesLower: Bool, _ upper: BSONValue, _ includesUpper: Bool) {
        self.lower = lower
        self.includesLower = includesLower
        self.upper = upper
        self.includesUpper = includesUpper
    }

    /// One value, in all its numeric types.
    public static func point(_ value: BSONValue) -> ValueInterval { ValueInterval(value, true, value, true) }
    public static let everything = ValueInterval(.minKey, true, .maxKey, true)

    public var isPoint: Bool { includesLower && includesUpper && lower.compare(upper) == 0 }
    public var isEverything: Bool {
        lower.type == .minKey && includesLower && upper.type == .maxKey && includesUpper
    }
    var isEmpty: Bool {
        let order = lower.compare(upper)
        return order > 0 || (order == 0 && !(includesLower && includesUpper))
    }

    public func contains(_ value: ValueView) -> Bool {
        let (low, high) = (lower.withValue { value.compare($0) }, upper.withValue { value.compare($0) })
        return (low > 0 || (low == 0 && includesLower)) && (high < 0 || (high == 0 && includesUpper))
    }

    /// The values in both; nil for none.
    func intersection(_ other: ValueInterval) -> ValueInterval? {
        let low = lower.compare(other.lower)
        let high = upper.compare(other.upper)
        let result = ValueInterval(
            low >= 0 ? lower : other.lower,
            low == 0 ? includesLower && other.includesLower : low > 0 ? includesLower : other.includesLower,
            high <= 0 ? upper : other.upper,
            high == 0 ? includesUpper && other.includesUpper : high < 0 ? includesUpper : other.includesUpper)
        return result.isEmpty ? nil : result
    }
}

/// Intervals in ascending order that do not touch.
public struct ValueIntervals: Sendable {
    public private(set) var intervals: [ValueInterval]

    init(_ intervals: [ValueInterval]) {
        var merged: [ValueInterval] = []
        let sorted = intervals.filter { !$0.isEmpty }.sorted { a, b in
            let order = a.lower.compare(b.lower)
            return order != 0 ? order < 0 : a.includesLower && !b.includesLower
        }
        for interval in sorted {
            guard var last = merged.last else {
                merged.append(interval)
                continue
            }
            let gap = last.upper.compare(interval.lower)
            if gap < 0 || (gap == 0 && !last.includesUpper && !interval.includesLower) {
                merged.append(interval)
                continue
            }
            let order = last.upper.compare(interval.upper)
            if order < 0 {
                (last.upper, last.includesUpper) = (interval.upper, interval.includesUpper)
            } else if order == 0 {
                last.includesUpper = last.includesUpper || interval.includesUpper
            }
            merged[merged.count - 1] = last
        }
        self.intervals = merged
    }

    public static let everything = ValueIntervals([.everything])
    static let null = ValueIntervals([.point(.null)])

    public var isEverything: Bool { intervals.count == 1 && intervals[0].isEverything }
    /// Whether only single values are left: an equality or an `$in`.
    public var arePoints: Bool { intervals.allSatisfy(\.isPoint) }
    public var isEmpty: Bool { intervals.isEmpty }
    var isNull: Bool { intervals.count == 1 && intervals[0].isPoint && intervals[0].lower.isNull }

    public func contains(_ value: ValueView) -> Bool { intervals.contains { $0.contains(value) } }

    func union(_ other: ValueIntervals) -> ValueIntervals { ValueIntervals(intervals + other.intervals) }

    /// The values in both.
    public func intersection(_ other: ValueIntervals) -> ValueIntervals {
        ValueIntervals(intervals.flatMap { a in other.intervals.compactMap { a.intersection($0) } })
    }

    /// All other values.
    func complement() -> ValueIntervals {
        var result: [ValueInterval] = []
        var (lower, includesLower): (BSONValue, Bool) = (.minKey, true)
        for interval in intervals {
            result.append(ValueInterval(lower, includesLower, interval.lower, !interval.includesLower))
            (lower, includesLower) = (interval.upper, !interval.includesUpper)
        }
        result.append(ValueInterval(lower, includesLower, .maxKey, true))
        return ValueIntervals(result)
    }

    /// Whether every value of these is one of the others'.
    func isSubset(of other: ValueIntervals) -> Bool {
        intervals.allSatisfy { a in
            other.intervals.contains { b in
                let (low, high) = (b.lower.compare(a.lower), b.upper.compare(a.upper))
                return (low < 0 || (low == 0 && (b.includesLower || !a.includesLower)))
                    && (high > 0 || (high == 0 && (b.includesUpper || !a.includesUpper)))
            }
        }
    }
}

// MARK: - Intervals of types and comparisons

extension ValueIntervals {
    /// All values that a comparison with this type may accept: those of its place in BSON's order.
    static func bracket(_ type: BSONType) -> ValueInterval {
        switch type {
        case .double, .int32, .int64, .decimal:
            ValueInterval(.double(-.infinity), true, .double(.infinity), true)
        case .string, .symbol: ValueInterval(.string(""), true, .document([:]), false)
        case .document: ValueInterval(.document([:]), true, .array([]), false)
        case .array: ValueInterval(.array([]), true, least(.binary), false)
        case .binary: ValueInterval(least(.binary), true, least(.objectId), false)
        case .objectId: ValueInterval(least(.objectId), true, .bool(false), false)
        case .bool: ValueInterval(.bool(false), true, .bool(true), true)
        case .date: ValueInterval(.date(.min), true, .date(.max), true)
        case .timestamp: ValueInterval(.timestamp(0), true, .timestamp(.max), true)
        case .regex: ValueInterval(least(.regex), true, least(.dbPointer), false)
        case .dbPointer: ValueInterval(least(.dbPointer), true, .javascript(""), false)
        case .javascript: ValueInterval(.javascript(""), true, least(.javascriptWithScope), false)
        case .javascriptWithScope: ValueInterval(least(.javascriptWithScope), true, .maxKey, false)
        case .undefined: .point(.undefined)
        case .null, .missing: .point(.null)
        case .minKey: .point(.minKey)
        case .maxKey: .point(.maxKey)
        }
    }

    private static func least(_ type: BSONType) -> BSONValue {
        switch type {
        case .binary: .binary(subtype: 0, data: [])
        case .objectId: .objectId(ObjectId("000000000000000000000000")!)
        case .regex: .regex(pattern: "", options: "")
        case .dbPointer: .dbPointer(namespace: "", id: ObjectId("000000000000000000000000")!)
        default: .javascriptWithScope(code: "", scope: [:])
        }
    }

    /// What satisfies a comparison, among values that are no arrays; missing counts as null.
    static func satisfying(_ comparison: FilterComparison, _ constant: ValueView) -> ValueIntervals {
        let value = BSONValue(copying: constant)
        let bracket = bracket(constant.type)
        switch constant.type {
        case .null, .undefined: return ValueIntervals(comparison.includesEqual ? [.point(value)] : [])
        case .minKey where comparison == .greater: return ValueIntervals([ValueInterval(.minKey, false, .maxKey, true)])
        case .minKey where comparison == .greaterOrEqual: return .everything
        case .maxKey where comparison == .less: return ValueIntervals([ValueInterval(.minKey, true, .maxKey, false)])
        case .maxKey where comparison == .lessOrEqual: return .everything
        case .minKey, .maxKey: return ValueIntervals(comparison.includesEqual ? [.point(value)] : [])
        default: break
        }
        if constant.isNaN { return ValueIntervals(comparison.includesEqual ? [.point(value)] : []) }
        switch comparison {
        case .equal: return ValueIntervals([.point(value)])
        case .less, .lessOrEqual:
            return ValueIntervals([ValueInterval(bracket.lower, bracket.includesLower, value, comparison.includesEqual)]
            )
        default:
            return ValueIntervals([ValueInterval(value, comparison.includesEqual, bracket.upper, bracket.includesUpper)]
            )
        }
    }
}

extension BSONValue {
    /// BSON's order across types: negative, zero or positive.
    func compare(_ other: BSONValue) -> Int { withValue { a in other.withValue { b in a.compare(b) } } }
}
