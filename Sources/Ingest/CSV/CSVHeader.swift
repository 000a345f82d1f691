import BSON

/// A column an importer reads, under any of the names that files give it.
struct CSVColumn: Sendable {
    /// Case, spaces and underscores do not matter: `Customer ID`, `CustomerID` and `customer_id` are one name.
    let names: [String]
    let isRequired: Bool

    init(_ names: String..., required: Bool = true) {
        self.names = names
        isRequired = required
    }

    static func advice(_ columns: [CSVColumn]) -> String {
        if columns.isEmpty { return "The first row must name the columns." }
        return "The first row must name the columns: "
            + columns.map { $0.names.joined(separator: " or ") + ($0.isRequired ? "" : " (optional)") }.joined(
                separator: ", ")
            + "."
    }
}

/// The first row of a CSV file: its columns' names, and where those that an importer reads stand.
struct CSVHeader: Sendable {
    /// Every column's name as written, without spaces around it; columns without a name, or with one that came before, are numbered.
    let names: [String]
    /// For each column the importer reads its position; nil for an optional one that is not there.
    let positions: [Int?]

    /// - Throws: `failedToParse` for required columns that are missing.
    init(_ row: CSVRow, _ columns: [CSVColumn], file: String) throws {
        var names: [String] = []
        for index in 0..<row.count {
            let name = trimmed(row.text(index))
            names.append(name.isEmpty || names.contains(name) ? "column\(index + 1)" : name)
        }
        let folded = names.map(CSVHeader.folded)
        positions = columns.map { column in
            column.names.lazy.map(CSVHeader.folded).compactMap { folded.firstIndex(of: $0) }.first
        }
        self.names = names
        let missing = zip(columns, positions).filter { $0.isRequired && $1 == nil }.map(\.0)
        guard missing.isEmpty else {
            let list = missing.map { $0.names.joined(separator: " or ") }.joined(separator: ", ")
            throw AtelierError(
                .failedToParse, "the header has no column \(list); it has \(names.joined(separator: ", "))",
                at: "\(file):\(row.line)", advice: CSVColumn.advice(columns))
        }
    }

    private static func folded(_ name: String) -> String {
        String(decoding: name.lowercased().utf8.filter { $0 != 0x20 && $0 != 0x5F }, as: UTF8.self)
    }
}

/// The text without ASCII white space around it.
func trimmed(_ text: String) -> String {
    var text = text
    return text.withUTF8 { String(decoding: trimmed(UnsafeRawBufferPointer($0)), as: UTF8.self) }
}

/// The bytes without ASCII white space around them.
@inline(__always)
func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var (start, end) = (0, bytes.count)
    while start < end, bytes[start] == 0x20 || 9...13 ~= bytes[start] { start += 1 }
    while end > start, bytes[end - 1] == 0x20 || 9...13 ~= bytes[end - 1] { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
}
