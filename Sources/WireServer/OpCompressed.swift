import BSON
import CZlib

/// How a message's body may be packed. zlib is offered; snappy and zstd are not.
enum Compressor: UInt8 {
    case none = 0
    case zlib = 2

    /// The compressors worth naming in a handshake, as drivers spell them.
    static let offered = ["zlib"]
}

/// OP_COMPRESSED: another message's opcode, its body's size, the compressor, and the packed body.
///
/// Source: MongoDB manual, "MongoDB Wire Protocol", OP_COMPRESSED.
enum OpCompressed {
    /// Unpacks a whole message into the bytes of the message it stands for, header included.
    /// - Parameter limit: the largest message to unpack to, so that a few bytes cannot claim a gigabyte.
    static func decode(_ message: UnsafeRawBufferPointer, limit: Int) throws -> (
        message: [UInt8], compressor: Compressor
    ) {
        var header = MessageHeader(message)
        var reader = ByteReader(message, from: MessageHeader.size)
        let original = try reader.int32()
        let size = Int(try reader.int32())
        let number = try reader.uint8()
        guard let compressor = Compressor(rawValue: number) else {
            throw AtelierError(.protocolError, "compressor \(number) was not offered; zlib is")
        }
        guard original != OpCode.compressed.rawValue else {
            throw AtelierError(.protocolError, "a compressed message holds another compressed message")
        }
        guard size >= 0, MessageHeader.size + size <= limit else {
            throw AtelierError(.protocolError, "a compressed message unpacks to \(size) bytes; \(limit) are allowed")
        }
        header.messageLength = Int32(MessageHeader.size + size)
        header.opCode = original
        var bytes: [UInt8] = []
        header.write(to: &bytes)
        let packed = try reader.take(reader.remaining)
        switch compressor {
        case .none:
            guard packed.count == size else {
                throw AtelierError(.protocolError, "a compressed message lies about its size")
            }
            bytes.append(contentsOf: packed)
        case .zlib:
            bytes.append(contentsOf: try inflated(packed, size: size))
        }
        return (bytes, compressor)
    }

    /// Packs a whole message, header included.
    static func encode(_ message: (head: [UInt8], body: [UInt8])) -> [UInt8] {
        let plain = message.head[MessageHeader.size...] + message.body
        let packed = deflated(Array(plain))
        var header = message.head.withUnsafeBytes { MessageHeader($0) }
        let original = header.opCode
        header.opCode = OpCode.compressed.rawValue
        header.messageLength = Int32(MessageHeader.size + 9 + packed.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(MessageHeader.size + 9 + packed.count)
        header.write(to: &bytes)
        bytes.append(littleEndian: original)
        bytes.append(littleEndian: Int32(plain.count))
        bytes.append(Compressor.zlib.rawValue)
        return bytes + packed
    }

    private static func inflated(_ packed: UnsafeRawBufferPointer, size: Int) throws -> [UInt8] {
        var status = Z_OK
        var written = uLongf(size)
        let plain = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
            status = uncompress(
                buffer.baseAddress, &written, packed.baseAddress?.assumingMemoryBound(to: Bytef.self),
                uLong(packed.count))
            count = status == Z_OK ? min(Int(written), size) : 0
        }
        guard status == Z_OK, plain.count == size else {
            throw AtelierError(.protocolError, "a zlib message does not unpack to the \(size) bytes it promises")
        }
        return plain
    }

    private static func deflated(_ plain: [UInt8]) -> [UInt8] {
        let bound = Int(compressBound(uLong(plain.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            var written = uLongf(bound)
            // `compress` fails only for want of memory or room, and `bound` is room for the worst case.
            let status = compress(buffer.baseAddress, &written, plain, uLong(plain.count))
            precondition(status == Z_OK, "zlib ran out of memory")
            count = Int(written)
        }
    }
}
