import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A 12-byte ObjectId: seconds, a per-process random part, a counter.
public struct ObjectId: Hashable, Sendable, CustomStringConvertible {
    let high: UInt32
    let low: UInt64

    /// The id whose 12 bytes begin here.
    public init(pointer: UnsafeRawPointer) {
        high = UInt32(bigEndian: pointer.loadUnaligned(as: UInt32.self))
        low = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
    }

    init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new id: now, this process, the next count.
    public static func generate() -> ObjectId {
        let count = UInt64(counter.wrappingAdd(1, ordering: .relaxed).newValue & 0xFF_FFFF)
        return ObjectId(high: UInt32(truncatingIfNeeded: time(nil)), low: processPart << 24 | count)
    }

    private static let counter = Atomic<UInt32>(UInt32.random(in: 0...0xFF_FFFF))
    private static let processPart = UInt64.random(in: 0...0xFF_FFFF_FFFF)

    /// An id from its 24 hexadecimal digits; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard let id = Array(text.utf8).withUnsafeBytes({ ObjectId(utf8: $0) }) else { return nil }
        self = id
    }

    /// An id from its 24 hexadecimal digits as UTF-8; nil for anything else.
    public init?(utf8 digits: UnsafeRawBufferPointer) {
        guard digits.count == 24 else { return nil }
        var value: (UInt64, UInt64) = (0, 0)
        for (i, digit) in digits.enumerated() {
            guard let nibble = hexadecimalValue(digit) else { return nil }
            if i < 8 { value.0 = value.0 << 4 | UInt64(nibble) } else { value.1 = value.1 << 4 | UInt64(nibble) }
        }
        self.init(high: UInt32(value.0), low: value.1)
    }

    /// Seconds since the epoch, as the id recorded them.
    public var seconds: Int64 { Int64(high) }

    /// The 24 hexadecimal digits, in lower case.
    public var description: String { hexadecimal(high, digits: 8) + hexadecimal(low, digits: 16) }

    /// Calls the closure with the 12 bytes.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try withUnsafeTemporaryAllocation(byteCount: 12, alignment: 8) { buffer in
            buffer.storeBytes(of: high.bigEndian, as: UInt32.self)
            buffer.baseAddress!.advanced(by: 4).copyMemory(from: [low.bigEndian], byteCount: 8)
            return try body(UnsafeRawBufferPointer(buffer))
        }
    }
}

/// The value of a hexadecimal digit, upper or lower case.
func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 65...70: digit - 55
    case 97...102: digit - 87
    default: nil
    }
}

func hexadecimal(_ number: some FixedWidthInteger, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
