import BSON

/// What an analysis answers with: rows, how to read them, and what has to be said with them.
public struct Answer: Sendable {
    /// The line above a table.
    public var heading: String
    /// The fields that tables and CSV show; JSON shows every field of the rows.
    public var columns: [Column]
    public var rows: [Document]
    /// What was assumed and what follows, in sentences.
    public var notes: [String]

    public init(heading: String, columns: [Column], rows: [Document], notes: [String] = []) {
        self.heading = heading
        self.columns = columns
        self.rows = rows
        self.notes = notes
    }
}

extension BSONValue {
    /// A number, or null where there is none; what is not finite is none.
    public init(_ number: Double?) {
        self = number.flatMap { $0.isFinite ? .double($0) : nil } ?? .null
    }
}
