import BSON

/// Reads a message's fields in order and refuses to look past its end.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    /// - Parameter bytes: must outlive the reader and every view it hands out.
    init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var remaining: Int { bytes.count - position }

    mutating func uint8() throws -> UInt8 { try take(1)[0] }
    mutating func int32() throws -> Int32 { Int32(littleEndian: try take(4).loadUnaligned(as: Int32.self)) }
    mutating func uint32() throws -> UInt32 { UInt32(bitPattern: try int32()) }

    /// The next bytes, all of them or none.
    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw AtelierError(.protocolError, "message ends at byte \(bytes.count), inside a field of \(count) bytes")
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// Text up to a NUL, which is consumed.
    mutating func cString() throws -> String {
        guard let end = bytes[position...].firstIndex(of: 0) else {
            throw AtelierError(.protocolError, "message ends inside a name that started at byte \(position)")
        }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    /// A whole BSON document, validated before anyone looks inside.
    mutating func document() throws -> DocumentView {
        let view = try DocumentView.validate(prefixOf: UnsafeRawBufferPointer(rebasing: bytes[position...]))
        position += view.length
        return view
    }
}

extension ErrorCode {
    static let protocolError: ErrorCode = 17
    static let shutdownInProgress: ErrorCode = 91
}
