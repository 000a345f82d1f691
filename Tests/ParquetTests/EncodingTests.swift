import Testing

@testable import Parquet

/// The encodings below a Parquet file, against a reader made from their description.
@Suite struct EncodingTests {
    /// Reads the hybrid of run lengths and packed bits back.
    private func decode(_ bytes: [UInt8], width: Int, count: Int) -> [UInt32] {
        var values: [UInt32] = []
        var index = 0
        func varint() -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                let byte = bytes[index]
                index += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
        }
        while index < bytes.count {
            let header = varint()
            if header & 1 == 0 {
                var value: UInt32 = 0
                for byte in 0..<((width + 7) / 8) {
                    value |= UInt32(bytes[index]) << UInt32(8 * byte)
                    index += 1
                }
                values += Array(repeating: value, count: Int(header >> 1))
            } else {
                for group in 0..<Int(header >> 1) {
                    for place in 0..<8 {
                        var value: UInt32 = 0
                        for bit in 0..<width {
                            let position = (group * 8 + place) * width + bit
                            value |= UInt32(bytes[index + position / 8] >> UInt8(position % 8) & 1) << UInt32(bit)
                        }
                        values.append(value)
                    }
                }
                index += Int(header >> 1) * width
            }
        }
        return Array(values.prefix(count))
    }

    @Test(arguments: [1, 2, 3, 7, 8, 9, 16, 17]) func whatIsEncodedIsReadBack(width: Int) {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var values: [UInt32] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                let value = UInt32.random(in: 0..<(1 << UInt32(width)), using: &generator)
                values += Array(repeating: value, count: Int.random(in: 1...20, using: &generator))
            }
            var bytes: [UInt8] = []
            RunLengthEncoder.encode(values, width: width, into: &bytes)
            #expect(decode(bytes, width: width, count: values.count) == values, "\(values)")
        }
    }

    @Test func longRunsTakeFewBytes() {
        var bytes: [UInt8] = []
        RunLengthEncoder.encode(Array(repeating: 1, count: 100_000), width: 1, into: &bytes)
        // 100,000 shifted by one, in seven bits a byte, and the value.
        #expect(bytes == [0xC0, 0x9A, 0x0C, 1])
    }

    @Test func widthsAreThoseOfTheGreatestNumber() {
        #expect([0, 1, 2, 3, 4, 255, 256].map(RunLengthEncoder.width(of:)) == [0, 1, 2, 2, 3, 8, 9])
    }

    @Test func thriftFieldsAreNumberedByTheirDistance() {
        var writer = ThriftWriter()
        writer.int32(1, -1)
        writer.string(4, "ab")
        writer.structure(20) { $0.bool(1, true) }
        writer.list(ofInt32s: 21, [0, 300])
        // Kinds: 5 int32, 8 binary, 12 structure, 9 list; 20 is too far from 4 and stands in full.
        #expect(
            writer.finish() == [
                0x15, 0x01, 0x38, 0x02, 0x61, 0x62, 0x0C, 0x28, 0x11, 0x00, 0x19, 0x25, 0x00, 0xD8, 0x04, 0x00,
            ])
    }

    @Test func longListsHaveTheirCountBehindTheHeader() {
        var writer = ThriftWriter()
        writer.list(ofInt32s: 1, Array(repeating: 0, count: 200))
        #expect(Array(writer.finish().prefix(4)) == [0x19, 0xF5, 0xC8, 0x01])
    }
}
