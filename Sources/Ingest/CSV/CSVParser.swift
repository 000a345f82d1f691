import BSON
import CCSV
import Glibc

/// One row of a CSV file. Its fields live until the closure that was given the row returns.
struct CSVRow {
    /// The line of the file the row begins on, counted from 1.
    let line: Int
    let count: Int
    fileprivate let bytes: UnsafePointer<UInt8>
    /// Where each field ends in `bytes`; the entry before the first is where the first begins.
    fileprivate let ends: UnsafePointer<Int>

    /// A field's bytes, without quotes.
    @inline(__always)
    subscript(_ index: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && index < count, "no such field")
        let start = ends[index - 1]
        return UnsafeRawBufferPointer(start: bytes + start, count: ends[index] - start)
    }

    /// A copy of a field's text.
    func text(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }
}

/// libcsv behind one owner: takes chunks of bytes, gives rows.
///
/// RFC 4180, strictly: a quote inside an unquoted field, or text after a closing quote, is an error with its line.
/// Spaces belong to fields, blank lines are skipped, lines end with LF, CR LF or CR. Source: csv(3).
final class CSVParser {
    /// The longest row that is taken; a lost closing quote would otherwise swallow the rest of the file into memory.
    static let maximumRowBytes = 16 << 20

    private var parser = csv_parser()
    private let rows: UnsafeMutablePointer<ParsedRows>
    private let file: String

    init(file: String, delimiter: UInt8) {
        self.file = file
        rows = .allocate(capacity: 1)
        rows.initialize(to: ParsedRows())
        // Fails only for a null parser.
        _ = csv_init(&parser, UInt8(CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL))
        csv_set_delim(&parser, delimiter)
        csv_set_space_func(&parser) { _ in 0 }
        csv_set_blk_size(&parser, 4096)
    }

    deinit {
        csv_free(&parser)
        rows.pointee.deallocate()
        rows.deinitialize(count: 1)
        rows.deallocate()
    }

    /// Parses a chunk and shows every row that ended in it.
    func parse(_ chunk: UnsafeRawBufferPointer, _ body: (CSVRow) throws -> Void) throws {
        let done = csv_parse(&parser, chunk.baseAddress, chunk.count, fieldEnded, rowEnded, rows)
        try deliver(body)
        if done != chunk.count {
            guard csv_error(&parser) == CSV_EPARSE else { throw broken("out of memory") }
            // Lines inside the field at hand lie between where it began and where it breaks.
            let field = UnsafeRawBufferPointer(start: parser.entry_buf, count: parser.entry_pos)
            throw parser.quoted == 0
                ? broken("a quote stands inside a field that does not begin with one")
                : brokenQuote(linesOn: field.count { $0 == 10 })
        }
        if rows.pointee.pendingBytes + Int(parser.entry_pos) > CSVParser.maximumRowBytes {
            throw broken(
                "the row is longer than \(CSVParser.maximumRowBytes >> 20) MiB; a closing quote may be missing")
        }
    }

    /// Ends the file and shows its last row where no line end followed it.
    func finish(_ body: (CSVRow) throws -> Void) throws {
        let failed = csv_fini(&parser, fieldEnded, rowEnded, rows) != 0
        try deliver(body)
        if failed { throw broken("the file ends inside a quoted field that begins here") }
    }

    private func deliver(_ body: (CSVRow) throws -> Void) throws {
        defer { rows.pointee.dropDelivered() }
        let parsed = rows.pointee
        for index in 0..<parsed.rowCount {
            let row = parsed.rows[index]
            try body(CSVRow(line: row.line, count: row.count, bytes: parsed.bytes, ends: parsed.ends + 1 + row.first))
        }
    }

    /// The closing quote may lie many lines after the one that was lost: both lines are said.
    private func brokenQuote(linesOn: Int) -> AtelierError {
        let opening = rows.pointee.line
        return broken(
            linesOn == 0
                ? "text follows a closing quote"
                : "text follows the closing quote of a field that begins on line \(opening)",
            linesOn: linesOn)
    }

    private func broken(_ reason: String, linesOn: Int = 0) -> AtelierError {
        AtelierError(
            .failedToParse, reason, at: "\(file):\(rows.pointee.line + linesOn)",
            advice: "Quote a field that holds quotes, and double the quotes inside it (RFC 4180).")
    }
}

/// What the callbacks have gathered: the bytes of fields one after the other, where they end, and the rows.
private struct ParsedRows {
    struct Row {
        var line: Int
        var first: Int
        var count: Int
    }

    private(set) var bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 16)
    private var byteCapacity = 1 << 16
    /// Entry 0 is where the first field begins; entry i + 1 is where field i ends.
    private(set) var ends = UnsafeMutablePointer<Int>.allocate(capacity: 1 << 12)
    private var endCapacity = 1 << 12
    private var fieldCount = 0
    private(set) var rows = UnsafeMutablePointer<Row>.allocate(capacity: 1 << 10)
    private var rowCapacity = 1 << 10
    private(set) var rowCount = 0
    /// The first field of the row that has not ended yet, and the line that row began on.
    private var openField = 0
    private var openLine = 1
    /// The line the parser has reached, not counting the field at hand.
    private(set) var line = 1
    private var endedByCarriageReturn = false

    init() { ends[0] = 0 }

    func deallocate() {
        bytes.deallocate()
        ends.deallocate()
        rows.deallocate()
    }

    var pendingBytes: Int { ends[fieldCount] - ends[openField] }

    @inline(__always)
    mutating func append(_ field: UnsafeRawPointer?, _ count: Int) {
        if fieldCount == openField { openLine = line }
        endedByCarriageReturn = false
        let start = ends[fieldCount]
        if start + count > byteCapacity { bytes = grown(bytes, start, &byteCapacity, start + count) }
        if let field, count > 0 {
            UnsafeMutableRawPointer(bytes + start).copyMemory(from: field, byteCount: count)
            if memchr(field, 10, count) != nil || memchr(field, 13, count) != nil { countLines(bytes + start, count) }
        }
        fieldCount += 1
        if fieldCount + 1 > endCapacity { ends = grown(ends, fieldCount, &endCapacity, fieldCount + 1) }
        ends[fieldCount] = start + count
    }

    /// Ends the row; a line end without fields before it is a blank line.
    @inline(__always)
    mutating func endRow(_ terminator: Int32) {
        if fieldCount > openField {
            // A line of nothing at all has no fields; one empty field alone is `""`, a blank line too.
            if !(fieldCount == openField + 1 && ends[fieldCount] == ends[openField]) {
                if rowCount == rowCapacity { rows = grown(rows, rowCount, &rowCapacity, rowCount + 1) }
                rows[rowCount] = Row(line: openLine, first: openField, count: fieldCount - openField)
                rowCount += 1
            }
            openField = fieldCount
        }
        if terminator == 10 {
            if !endedByCarriageReturn { line += 1 }
            endedByCarriageReturn = false
        } else if terminator == 13 {
            line += 1
            endedByCarriageReturn = true
        }
    }

    /// Forgets the rows that were shown and moves the open row's fields to the front.
    mutating func dropDelivered() {
        let start = ends[openField]
        let open = fieldCount - openField
        if start > 0 {
            UnsafeMutableRawPointer(bytes).copyMemory(from: bytes + start, byteCount: ends[fieldCount] - start)
        }
        for i in 0...open { ends[i] = ends[openField + i] - start }
        fieldCount = open
        openField = 0
        rowCount = 0
    }

    private mutating func countLines(_ text: UnsafePointer<UInt8>, _ count: Int) {
        for i in 0..<count where text[i] == 10 || (text[i] == 13 && (i + 1 == count || text[i + 1] != 10)) { line += 1 }
    }
}

private func grown<T>(
    _ old: UnsafeMutablePointer<T>, _ used: Int, _ capacity: inout Int, _ needed: Int
) -> UnsafeMutablePointer<T> {
    capacity = max(capacity * 2, needed)
    let new = UnsafeMutablePointer<T>.allocate(capacity: capacity)
    new.moveInitialize(from: old, count: used)
    old.deallocate()
    return new
}

private func fieldEnded(_ field: UnsafeMutableRawPointer?, _ count: Int, _ context: UnsafeMutableRawPointer?) {
    context!.assumingMemoryBound(to: ParsedRows.self).pointee.append(field, count)
}

private func rowEnded(_ terminator: Int32, _ context: UnsafeMutableRawPointer?) {
    context!.assumingMemoryBound(to: ParsedRows.self).pointee.endRow(terminator)
}
