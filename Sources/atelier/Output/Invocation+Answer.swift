import Analytics
import BSON

extension Invocation {
    /// Prints what an analysis answers with. Its notes stand below a table; with other formats they go to standard error,
    /// where results stay clean.
    func print(_ answer: Answer) throws {
        let rows = RowDescription(heading: answer.heading, columns: answer.columns, footnotes: answer.notes)
        let format = try format()
        try printRows(rows) { write in
            for row in answer.rows { try row.withView(write) }
        }
        if format != .table && !isQuiet { for note in answer.notes { Messages.say(note) } }
    }

    /// The option's value as one of some words.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ option: Option, _: Choice.Type) throws -> Choice? {
        guard let text = value(option) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let nearest = nearestName(to: text, among: names).map { "Did you mean \($0)? " } ?? ""
        throw UsageError(
            "--\(option.name): expected one of \(names.joined(separator: ", ")), found \"\(text)\"",
            advice: nearest.isEmpty ? nil : nearest)
    }
}
