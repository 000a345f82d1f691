/// Parquet's hybrid of run lengths and packed bits, for levels and for indexes into dictionaries.
///
/// Source: Apache Parquet, "Encodings", Run Length Encoding / Bit-Packing Hybrid (RLE = 3).
enum RunLengthEncoder {
    /// Runs of eight or more equal values become a count and the value, the others are packed in groups of eight.
    /// - Parameter width: bits a value.
    static func encode(_ values: some RandomAccessCollection<UInt32>, width: Int, into bytes: inout [UInt8]) {
        let values = Array(values)
        var packed: [UInt32] = []
        var index = 0
        while index < values.count {
            var end = index + 1
            while end < values.count, values[end] == values[index] { end += 1 }
            // A group that is open takes what it lacks from the run first.
            var length = end - index
            if packed.count % 8 != 0 {
                let taken = min(length, 8 - packed.count % 8)
                packed += Array(repeating: values[index], count: taken)
                index += taken
                length -= taken
            }
            if length >= 8 {
                flush(&packed, width, into: &bytes)
                bytes.appendVarint(UInt64(length) << 1)
                for byte in 0..<((width + 7) / 8) {
                    bytes.append(UInt8(truncatingIfNeeded: values[index] >> UInt32(8 * byte)))
                }
            } else {
                packed += Array(repeating: values[max(0, min(index, values.count - 1))], count: length)
            }
            index += length
        }
        flush(&packed, width, into: &bytes)
    }

    private static func flush(_ packed: inout [UInt32], _ width: Int, into bytes: inout [UInt8]) {
        guard !packed.isEmpty else { return }
        let groups = (packed.count + 7) / 8
        bytes.appendVarint(UInt64(groups) << 1 | 1)
        packed += Array(repeating: 0, count: groups * 8 - packed.count)
        var bits: UInt64 = 0
        var count = 0
        for value in packed {
            bits |= UInt64(value) << UInt64(count)
            count += width
            while count >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: bits))
                bits >>= 8
                count -= 8
            }
        }
        packed.removeAll(keepingCapacity: true)
    }

    /// How many bits hold numbers up to this one.
    static func width(of maximum: Int) -> Int { Int.bitWidth - maximum.leadingZeroBitCount }
}
