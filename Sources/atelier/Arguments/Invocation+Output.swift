import BSON
import DocumentStore
import Glibc

extension Invocation {
    var isQuiet: Bool { isSet(.quiet) }

    /// The format asked for, or that of the file's name, or the command's own.
    func format(or standard: RowFormat = .table) throws -> RowFormat {
        guard let name = value(.format) else { return try value(.out).flatMap(RowFormat.named(by:)) ?? standard }
        if let format = RowFormat(rawValue: name) {
            if format == .parquet && value(.out) == nil && Terminal.isTerminal(STDOUT_FILENO) {
                throw UsageError("--format: parquet is not for terminals", advice: "Name a file with --out.")
            }
            return format
        }
        let names = RowFormat.allCases.map(\.rawValue)
        let nearest = nearestName(to: name, among: names).map { "Did you mean \($0)? " } ?? ""
        throw UsageError(
            "--format: there is no format \(name)", advice: nearest + "There are \(names.joined(separator: ", ")).")
    }

    /// Where results go: `--out`, or standard output.
    func output() throws -> Output {
        if let path = value(.out) { try Output(file: path) } else { Output() }
    }

    /// Prints rows as asked.
    ///
    /// - Parameter produce: hands each row to the closure it gets.
    /// - Returns: how many rows there were.
    @discardableResult
    func printRows(
        _ rows: RowDescription, format standard: RowFormat = .table,
        _ produce: (_ write: (DocumentView) throws -> Void) throws -> Void
    ) throws -> Int {
        let format = try format(or: standard)
        let output = try output()
        let writer = format.writer(to: output, rows, isQuiet: isQuiet)
        var count = 0
        try produce { row in
            try writer.write(row)
            count += 1
        }
        try writer.finish()
        try output.finish()
        return count
    }

    /// Prints text that has one form only.
    func printText(_ text: String) throws {
        let output = try output()
        try output.write(text)
        try output.finish()
    }
}
