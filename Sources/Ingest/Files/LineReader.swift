import BSON

/// The lines of a file, plain or gzip; a carriage return before the line feed belongs to the line.
struct LineReader {
    let path: String

    /// The longest line that is read: a document of 16 MiB may take several times that in canonical Extended JSON.
    static let maximumBytes = 128 << 20

    /// Shows every line without its line feed; the bytes live until the closure returns.
    /// - Throws: what `ByteStream` throws; `failedToParse` for a line that is too long.
    func forEachLine(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let stream = try ByteStream(path: path)
        var open: [UInt8] = []
        try stream.forEachChunk { chunk in
            var rest = UnsafeRawBufferPointer(chunk)[...]
            while let end = rest.firstIndex(of: 10) {
                if open.isEmpty {
                    try body(UnsafeRawBufferPointer(rebasing: rest[..<end]))
                } else {
                    open.append(contentsOf: rest[..<end])
                    try open.withUnsafeBytes { try body($0) }
                    open.removeAll(keepingCapacity: true)
                }
                rest = rest[(end + 1)...]
            }
            open.append(contentsOf: rest)
            if open.count > LineReader.maximumBytes {
                throw AtelierError(
                    .failedToParse, "a line is longer than \(LineReader.maximumBytes >> 20) MiB", at: path,
                    advice: "Write one document a line.")
            }
        }
        if !open.isEmpty { try open.withUnsafeBytes { try body($0) } }
    }
}
