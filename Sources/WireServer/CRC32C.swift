/// The checksum OP_MSG may carry: CRC-32 with the Castagnoli polynomial (RFC 3720, appendix B.4).
enum CRC32C {
    /// The checksum of the bytes. O(n), a table look-up a byte.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var remainder = UInt32.max
            for byte in bytes { remainder = table[Int((remainder ^ UInt32(byte)) & 0xFF)] ^ (remainder >> 8) }
            return ~remainder
        }
    }

    /// What each low byte contributes; the polynomial 0x1EDC6F41, bits reversed.
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { remainder, _ in
            remainder & 1 == 1 ? 0x82F6_3B78 ^ (remainder >> 1) : remainder >> 1
        }
    }
}
