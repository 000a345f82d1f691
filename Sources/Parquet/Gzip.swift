import BSON
import CZlib

/// Bytes in the gzip format (RFC 1952).
enum Gzip {
    /// - Throws: `internalError` where zlib has no memory.
    static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        var stream = z_stream()
        // 31: the largest window, with gzip's header and trailer.
        let size = Int32(MemoryLayout<z_stream>.size)
        guard deflateInit2_(&stream, 4, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else {
            throw AtelierError(.internalError, "zlib cannot begin: there is no memory")
        }
        defer { deflateEnd(&stream) }
        var result = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        var input = bytes
        let status = input.withUnsafeMutableBufferPointer { source in
            result.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { throw AtelierError(.internalError, "zlib ended with \(status)") }
        result.removeLast(Int(stream.avail_out))
        return result
    }
}
