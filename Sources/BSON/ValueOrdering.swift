#if canImport(Glibc)
import Glibc
#endif

extension ValueView {
    /// BSON's order across types: negative, zero or positive.
    ///
    /// Numbers compare by exact value whatever their type; strings by their bytes; documents field by field (type,
    /// then name, then value); arrays element by element; binary by length, subtype, data.
    /// Source: MongoDB manual, "Comparison/Sort Order".
    @inlinable
    public func compare(_ other: ValueView) -> Int {
        if type == other.type {
            switch type {
            case .int32, .int64, .date:
                let (a, b) = (asInt64, other.asInt64)
                return a < b ? -1 : a == b ? 0 : 1
            case .string: return compareBytes(bytes, other.bytes)
            default: break
            }
        }
        return compareAny(other)
    }

    @usableFromInline
    func compareAny(_ other: ValueView) -> Int {
        let (rank, otherRank) = (type.canonicalRank, other.type.canonicalRank)
        if rank != otherRank { return rank < otherRank ? -1 : 1 }
        switch type {
        case .int32, .int64, .double, .decimal: return compareNumbers(other)
        case .string, .symbol, .javascript: return compareBytes(bytes, other.bytes)
        case .document: return asDocument.compare(other.asDocument, names: true)
        case .array: return asDocument.compare(other.asDocument, names: false)
        case .bool, .timestamp: return order(bits, other.bits)
        case .date: return order(asDate, other.asDate)
        case .objectId: return compareBytes(bytes, other.bytes)
        case .binary:
            if length != other.length { return order(length, other.length) }
            let (a, b) = (asBinary, other.asBinary)
            return a.subtype != b.subtype ? order(a.subtype, b.subtype) : compareBytes(a.data, b.data)
        case .regex:
            let (a, b) = (regexBytes, other.regexBytes)
            let pattern = compareBytes(a.pattern, b.pattern)
            return pattern != 0 ? pattern : compareBytes(a.options, b.options)
        case .dbPointer:
            if length != other.length { return order(length, other.length) }
            return compareBytes(bytes, other.bytes)
        case .javascriptWithScope:
            let (a, b) = (codeAndScope, other.codeAndScope)
            let code = compareBytes(a.code, b.code)
            return code != 0 ? code : a.scope.compare(b.scope, names: true)
        case .null, .undefined, .minKey, .maxKey, .missing: return 0
        }
    }

    /// Equality as queries see it: 1, 1.0 and 1.00 are equal.
    @inlinable
    public func equals(_ other: ValueView) -> Bool { compare(other) == 0 }

    private func compareNumbers(_ other: ValueView) -> Int {
        switch (type, other.type) {
        case (.int32, .int32), (.int32, .int64), (.int64, .int32), (.int64, .int64):
            return order(asInt64, other.asInt64)
        case (.double, .double): return compareDoubles(asDouble, other.asDouble)
        case (.double, .int32), (.double, .int64): return compareDouble(asDouble, with: other.asInt64)
        case (.int32, .double), (.int64, .double): return -compareDouble(other.asDouble, with: asInt64)
        case (.decimal, .decimal): return asDecimal.compare(other.asDecimal)
        case (.decimal, .double): return asDecimal.compare(other.asDouble)
        case (.double, .decimal): return -other.asDecimal.compare(asDouble)
        case (.decimal, _): return asDecimal.compare(Decimal128(other.asInt64))
        default: return -other.asDecimal.compare(Decimal128(asInt64))
        }
    }
}

extension DocumentView {
    /// Order of two documents (or, without names, arrays): element by element, the shorter first where one is a prefix.
    func compare(_ other: DocumentView, names: Bool) -> Int {
        var (a, b) = (elements(), other.elements())
        while true {
            let (more, otherMore) = (a.next(), b.next())
            if !more || !otherMore { return more ? 1 : otherMore ? -1 : 0 }
            let (rank, otherRank) = (a.type.canonicalRank, b.type.canonicalRank)
            if rank != otherRank { return rank < otherRank ? -1 : 1 }
            if names {
                let key = compareBytes(a.key, b.key)
                if key != 0 { return key }
            }
            let value = a.value.compare(b.value)
            if value != 0 { return value }
        }
    }
}

@inlinable @inline(__always)
func order<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }

/// Byte order, the shorter first where one is a prefix of the other.
@inlinable
public func compareBytes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    let common = min(a.count, b.count)
    if common > 0 {
        let result = memcmp(a.baseAddress!, b.baseAddress!, common)
        if result != 0 { return result < 0 ? -1 : 1 }
    }
    return order(a.count, b.count)
}

/// NaN stands below every other number and equals itself.
private func compareDoubles(_ a: Double, _ b: Double) -> Int {
    if a.isNaN || b.isNaN { return a.isNaN ? (b.isNaN ? 0 : -1) : 1 }
    return order(a, b)
}

/// Exact: a double of 2⁵³ and more is compared as an integer, not by rounding the integer.
private func compareDouble(_ a: Double, with b: Int64) -> Int {
    if a.isNaN { return -1 }
    if a >= 0x1p63 { return 1 }
    if a < -0x1p63 { return -1 }
    let whole = Int64(a.rounded(.towardZero))
    if whole != b { return whole < b ? -1 : 1 }
    return order(a - a.rounded(.towardZero), 0)
}

// MARK: - Hashing

extension ValueView {
    /// A hash in which values that `equals` calls equal agree.
    @inlinable
    public func hash(into hasher: inout ValueHasher) {
        switch type {
        case .int32, .int64: hasher.combine(number: asInt64)
        case .string: hasher.combine(rank: 15, bytes)
        default: hashAny(into: &hasher)
        }
    }

    @usableFromInline
    func hashAny(into hasher: inout ValueHasher) {
        switch type {
        case .int32, .int64: hasher.combine(number: asInt64)
        case .double:
            let number = asDouble
            if let whole = Int64(exactly: number) {
                hasher.combine(number: whole)
            } else {
                hasher.combine(fraction: number)
            }
        case .decimal:
            let number = asDecimal
            if let whole = number.exactInt64 {
                hasher.combine(number: whole)
            } else {
                // Equal numbers round to the same double, and one that is a double rounds to itself.
                hasher.combine(fraction: number.isNaN ? .nan : number.doubleValue)
            }
        case .string, .symbol: hasher.combine(rank: 15, bytes)
        case .document: asDocument.hash(names: true, into: &hasher)
        case .array: asDocument.hash(names: false, into: &hasher)
        case .javascriptWithScope:
            let (code, scope) = codeAndScope
            hasher.combine(rank: UInt64(type.canonicalRank), code)
            scope.hash(names: true, into: &hasher)
        case .bool, .date, .timestamp:
            hasher.combine(rank: UInt64(type.canonicalRank))
            hasher.combine(rank: bits)
        default: hasher.combine(rank: UInt64(bitPattern: Int64(type.canonicalRank)), bytes)
        }
    }

    /// The hash of this value alone.
    @inlinable
    public var hash: UInt64 {
        var hasher = ValueHasher()
        hash(into: &hasher)
        return hasher.finish()
    }
}

extension DocumentView {
    fileprivate func hash(names: Bool, into hasher: inout ValueHasher) {
        hasher.combine(rank: names ? 20 : 25)
        var cursor = elements()
        while cursor.next() {
            if names { hasher.combine(rank: 1, cursor.key) }
            cursor.value.hash(into: &hasher)
        }
        hasher.combine(rank: 2)  // An end, so that [[1], 2] and [[1, 2]] differ.
    }
}

/// A fast 64-bit hash for grouping; not for keys that an adversary may choose without a bound on their number.
@frozen
public struct ValueHasher {
    @usableFromInline var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// A hasher that has seen nothing.
    @inlinable public init() {}

    /// Mixes in 64 bits.
    @inlinable @inline(__always)
    public mutating func combine(rank word: UInt64) {
        let (high, low) = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        state = high ^ low &+ 0x9E37_79B9_7F4A_7C15
    }

    /// Mixes in a whole number, the same for every type it may have.
    @inlinable @inline(__always)
    public mutating func combine(number: Int64) {
        combine(rank: UInt64(bitPattern: number) ^ 0xA5A5_0000_0000_000A)
    }

    @inlinable
    mutating func combine(fraction: Double) {
        combine(rank: fraction.isNaN ? 0x7FF8_0000_0000_0000 : fraction == 0 ? 0 : fraction.bitPattern)
    }

    /// Mixes in bytes, their count and the rank of their type.
    @inlinable
    public mutating func combine(rank: UInt64, _ bytes: UnsafeRawBufferPointer) {
        combine(rank: rank ^ UInt64(bytes.count) << 8)
        var position = 0
        while position + 8 <= bytes.count {
            combine(rank: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        if position < bytes.count {
            var tail: UInt64 = 0
            while position < bytes.count {
                tail = tail << 8 | UInt64(bytes[position])
                position += 1
            }
            combine(rank: tail)
        }
    }

    /// The hash of what was mixed in.
    @inlinable @inline(__always)
    public func finish() -> UInt64 { state ^ (state >> 32) }
}
