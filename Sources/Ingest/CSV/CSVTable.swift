import BSON

/// A CSV file, plain or gzip, as text: for files that people give to a command, not for loads.
public struct CSVTable: Sendable {
    public struct Row: Sendable {
        /// The line of the file the row begins on, counted from 1.
        public let line: Int
        /// As many as there are columns, without white space around them.
        public let fields: [String]
    }

    /// The first row: the columns' names.
    public let names: [String]
    public let rows: [Row]

    /// Reads the whole file into memory.
    ///
    /// - Throws: `fileOpenFailed`; `failedToParse` with file and line for what is no CSV, or a row with more or fewer
    ///   fields than the first.
    public init(path: String) throws {
        let survey = try CSVFile(path: path).survey([])
        let names = survey.header.names
        var rows: [Row] = []
        try survey.forEachRow { row in
            guard row.count == names.count else {
                throw AtelierError(
                    .failedToParse, "the row has \(row.count) fields, the header \(names.count)",
                    at: "\(path):\(row.line)")
            }
            rows.append(Row(line: row.line, fields: (0..<row.count).map { trimmed(row.text($0)) }))
        }
        self.names = names
        self.rows = rows
    }

    /// Where a column stands; case, spaces and underscores do not matter.
    public func column(_ name: String) -> Int? {
        func folded(_ text: String) -> String { text.lowercased().filter { $0 != " " && $0 != "_" } }
        return names.firstIndex { folded($0) == folded(name) }
    }
}
