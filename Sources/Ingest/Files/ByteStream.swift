import BSON
import CZlib
import Glibc

/// The bytes of a file, plain or gzip-compressed; which of the two, the content says, not the name.
final class ByteStream {
    let path: String
    private var file: gzFile?
    /// Bytes handed out so far, uncompressed.
    private(set) var position = 0

    /// - Throws: `fileOpenFailed` for a file that is missing, a directory or not readable.
    init(path: String) throws {
        self.path = path
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ByteStream.cannotOpen(path, String(cString: strerror(errno))) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            Glibc.close(descriptor)
            throw ByteStream.cannotOpen(path, "it is a directory")
        }
        guard let file = gzdopen(descriptor, "rb") else {
            Glibc.close(descriptor)
            throw ByteStream.cannotOpen(path, "out of memory")
        }
        self.file = file
        gzbuffer(file, 256 * 1024)
    }

    deinit { if let file { gzclose_r(file) } }

    /// Fills the buffer as far as the file goes; 0 at its end.
    /// - Throws: `failedToParse` where compressed data is damaged or cut short.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let file else { return 0 }
        var filled = 0
        while filled < buffer.count {
            let count = gzread(file, buffer.baseAddress! + filled, UInt32(min(buffer.count - filled, 1 << 30)))
            if count > 0 {
                filled += Int(count)
                continue
            }
            var code: Int32 = 0
            let text = gzerror(file, &code).map { String(cString: $0) } ?? ""
            if count < 0 || code == Z_BUF_ERROR {
                position += filled
                throw damaged(code, text)
            }
            break
        }
        position += filled
        return filled
    }

    private func damaged(_ code: Int32, _ text: String) -> AtelierError {
        let reason =
            switch code {
            case Z_BUF_ERROR: "the gzip data ends too early: the file is cut short"
            case Z_DATA_ERROR: "the gzip data is damaged"
            case Z_ERRNO: "reading failed: \(String(cString: strerror(errno)))"
            default: "reading failed: \(text)"
            }
        return AtelierError(
            .failedToParse, "\(reason) (after \(position) uncompressed bytes)", at: path,
            advice: "Fetch or compress the file again; `gzip -t` tests it.")
    }

    private static func cannotOpen(_ path: String, _ reason: String) -> AtelierError {
        AtelierError(.fileOpenFailed, "cannot read the file: \(reason)", at: path)
    }

    /// Shows the whole file to the closure in large pieces.
    func forEachChunk(_ body: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: 256 * 1024, alignment: 16) { buffer in
            while true {
                let count = try read(into: buffer)
                if count == 0 { return }
                try body(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }
}
