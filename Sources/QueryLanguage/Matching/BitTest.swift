import BSON

/// `$bitsAllSet`, `$bitsAllClear`, `$bitsAnySet`, `$bitsAnyClear`.
///
/// Numbers that are integers are read as 64-bit two's complement, their sign repeated for ever (a decimal is rounded to an
/// integer first, as MongoDB does); binary data from its first byte's lowest bit on, followed by zeros.
/// Source: MongoDB manual, "Bitwise Query Operators".
final class BitTest: ValueTest {
    /// Whether the bits are asked to be set, or clear.
    let set: Bool
    /// Whether all of them are asked, or any.
    let all: Bool
    let mask: BitMask

    init(set: Bool, all: Bool, mask: BitMask) {
        self.set = set
        self.all = all
        self.mask = mask
    }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        switch value.type {
        case .int32, .int64, .double, .decimal:
            let whole = value.type == .decimal ? value.asDecimal.roundedInt64 : value.exactInt64
            guard let number = whole else { return false }
            return test(low: UInt64(bitPattern: number), beyond: number < 0)
        case .binary:
            let data = value.asBinary.data
            for position in mask.positions {
                let byte = position >> 3
                let bit = byte < data.count && data[byte] >> UInt8(position & 7) & 1 != 0
                if (bit == set) != all { return !all }
            }
            return all
        default: return false
        }
    }

    @inline(__always)
    private func test(low number: UInt64, beyond sign: Bool) -> Bool {
        let hits = (set ? number : ~number) & mask.low
        if all { return hits == mask.low && (!mask.reachesPastLow || sign == set) }
        return hits != 0 || (mask.reachesPastLow && sign == set)
    }
}

/// The bits a bitwise operator asks about.
struct BitMask: Sendable {
    /// In ascending order, each once.
    let positions: [Int]
    /// The positions below 64 as a word.
    let low: UInt64
    let reachesPastLow: Bool

    init(_ positions: some Sequence<Int>) {
        self.positions = Array(Set(positions)).sorted()
        low = self.positions.reduce(0) { $1 < 64 ? $0 | 1 << UInt64($1) : $0 }
        reachesPastLow = (self.positions.last ?? 0) > 63
    }
}

extension Decimal128 {
    /// The nearest integer, ties to even; nil for NaN, infinities and what Int64 cannot hold.
    var roundedInt64: Int64? { isFinite ? roundedToIntegral(.toNearestEven).exactInt64 : nil }
}
