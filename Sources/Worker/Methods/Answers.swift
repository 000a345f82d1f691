import Analytics
import BSON

extension Property {
    /// What methods that analyse return: rows, how to read them, and what has to be said with them.
    static let answer: [Property] = [
        .required("title", .string, "For headings."),
        .required("columns", resultColumns, "The main fields of the rows, and how to read them."),
        .required("notes", .array(of: .string), "What was assumed and what follows, in sentences."),
        .required("documents", .documents, "The rows."),
    ]
}

extension Answer {
    /// The answer as a method's result.
    var document: Document {
        Document { writer in
            writer.append("title", BSONValue.string(heading))
            writer.append("columns", .array(BSONArray(documents: columns.map(\.description))))
            writer.append("notes", .array(BSONArray(notes.map { .string($0) })))
            writer.append("documents", .array(BSONArray(documents: rows)))
        }
    }
}

extension Call {
    /// The parameter as a number; nil where it is left out.
    func number(_ name: String) -> Double? { parameters[name]?.doubleValue }

    /// Runs work whose errors of value are those of the parameters, which were checked for their shape only.
    func refusing<R>(_ name: String, _ work: () throws -> R) throws -> R {
        do {
            return try work()
        } catch let error as AtelierError where error.code == .badValue || error.code == .failedToParse {
            throw parameters.invalid(name, error)
        }
    }
}
