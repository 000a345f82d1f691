import BSON

/// A CSV file, plain or gzip, whose first row names the columns.
struct CSVFile: Sendable {
    let path: String

    /// The name without its folders, as rows and reports carry it.
    var name: String { fileName(path) }

    /// Reads the whole file once, to learn what reading it for good needs to know, and to find what is broken in it
    /// before anything is stored.
    ///
    /// - Parameters:
    ///   - columns: what the importer reads.
    ///   - observe: sees every row; its bytes are not decoded yet.
    /// - Throws: `fileOpenFailed`; `failedToParse` with file and line for damaged gzip, broken quotes, UTF-16 text,
    ///   an empty file or missing columns.
    func survey(_ columns: [CSVColumn], observe: (CSVRow, [Int?]) -> Void = { _, _ in }) throws -> CSVSurvey {
        let stream = try ByteStream(path: path)
        var digest = SHA256()
        var validator = UTF8Validator()
        var parser: CSVParser?
        var header: CSVHeader?
        var rows = 0
        var delimiter = UInt8(ascii: ",")
        func visit(_ row: CSVRow) throws {
            if let header {
                rows += 1
                observe(row, header.positions)
            } else {
                header = try CSVHeader(row, columns, file: path)
            }
        }
        try stream.forEachChunk { chunk in
            var bytes = UnsafeRawBufferPointer(chunk)
            digest.update(bytes)
            if parser == nil {
                bytes = try skippingByteOrderMark(bytes)
                delimiter = CSVFile.delimiter(firstChunk: bytes)
                parser = CSVParser(file: path, delimiter: delimiter)
            }
            validator.update(bytes)
            try parser?.parse(bytes, visit)
        }
        try parser?.finish(visit)
        guard let header else {
            throw AtelierError(
                .failedToParse, "the file is empty", at: path, advice: CSVColumn.advice(columns))
        }
        let isUTF8 = validator.finish()
        return CSVSurvey(
            file: self, sha256: digest.finish(), byteCount: stream.position, rowCount: rows,
            encoding: isUTF8 ? .utf8 : .windows1252, firstLineNotUTF8: validator.firstInvalidLine, delimiter: delimiter,
            header: header)
    }

    /// The separator that stands most often in the first line outside quotes: comma, semicolon or tab.
    private static func delimiter(firstChunk: UnsafeRawBufferPointer) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var quoted = false
        for byte in firstChunk {
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            if quoted { continue }
            if byte == 10 || byte == 13 { break }
            counts[byte, default: 0] += 1
        }
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), 9]
        return candidates.reduce(candidates[0]) { counts[$1, default: 0] > counts[$0, default: 0] ? $1 : $0 }
    }

    fileprivate func skippingByteOrderMark(_ bytes: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return UnsafeRawBufferPointer(rebasing: bytes.dropFirst(3)) }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw AtelierError(
                .failedToParse, "the file is UTF-16 text", at: path,
                advice: "Convert it first: iconv -f UTF-16 -t UTF-8.")
        }
        return bytes
    }
}

/// What a first reading of a CSV file found.
struct CSVSurvey: Sendable {
    let file: CSVFile
    /// Of the uncompressed bytes.
    let sha256: String
    let byteCount: Int
    /// Without the header.
    let rowCount: Int
    let encoding: TextEncoding
    let firstLineNotUTF8: Int?
    let delimiter: UInt8
    let header: CSVHeader

    /// Shows every row after the header, decoded to UTF-8.
    func forEachRow(_ body: (CSVRow) throws -> Void) throws {
        let stream = try ByteStream(path: file.path)
        let parser = CSVParser(file: file.path, delimiter: delimiter)
        var isFirstChunk = true
        var isHeader = true
        var decoded: [UInt8] = []
        func visit(_ row: CSVRow) throws {
            if isHeader { isHeader = false } else { try body(row) }
        }
        try stream.forEachChunk { chunk in
            var bytes = UnsafeRawBufferPointer(chunk)
            if isFirstChunk { bytes = try file.skippingByteOrderMark(bytes) }
            isFirstChunk = false
            if encoding == .utf8 {
                try parser.parse(bytes, visit)
            } else {
                Windows1252.decode(bytes, into: &decoded)
                try decoded.withUnsafeBytes { try parser.parse($0, visit) }
            }
        }
        try parser.finish(visit)
    }

    /// What the reader took for granted, in sentences.
    var assumptions: [String] {
        var sentences: [String] = []
        if let line = firstLineNotUTF8 {
            sentences.append("\(file.name) is not UTF-8 (first on line \(line)); it was read as \(encoding.rawValue).")
        }
        if delimiter != UInt8(ascii: ",") {
            sentences.append("\(file.name) separates fields with \(delimiter == 9 ? "tabs" : "semicolons").")
        }
        return sentences
    }
}

/// The part of a path after its last slash.
func fileName(_ path: String) -> String {
    String(path.split(separator: "/", omittingEmptySubsequences: true).last ?? "")
}
