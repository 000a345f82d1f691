import BSON

/// Reads the fields of a JSON definition, and knows where it is when one is wrong.
///
/// Read every field, then call `finish()`: what was not read is unknown, and an error.
struct DefinitionReader {
    let document: Document
    let file: String
    /// Where in the file: empty at the top, otherwise such as `columns[2]`.
    let path: String
    private var known: [String] = []

    init(_ document: Document, file: String, path: String = "") throws {
        self.document = document
        self.file = file
        self.path = path
        var seen = Set<String>()
        for key in document.keys where !seen.insert(key).inserted { throw error("appears twice", key) }
    }

    /// An error about one field, or about the whole of what is read here.
    func error(_ message: String, _ field: String? = nil, advice: String? = nil) -> AtelierError {
        let place = [path, field ?? ""].filter { !$0.isEmpty }.joined(separator: ".")
        return AtelierError(.failedToParse, message, at: place.isEmpty ? file : "\(file): \(place)", advice: advice)
    }

    mutating func value(_ field: String) -> BSONValue? {
        known.append(field)
        return document[field]
    }

    mutating func optionalString(_ field: String) throws -> String? {
        guard let value = value(field) else { return nil }
        guard case .string(let text) = value, !text.isEmpty else { throw error("expected a text", field) }
        return text
    }

    mutating func string(_ field: String) throws -> String {
        guard let text = try optionalString(field) else { throw error("is missing: a text", field) }
        return text
    }

    mutating func bool(_ field: String) throws -> Bool {
        guard let value = value(field) else { return false }
        guard case .bool(let flag) = value else { throw error("expected true or false", field) }
        return flag
    }

    mutating func number(_ field: String) throws -> Double? {
        guard let value = value(field) else { return nil }
        guard let number = value.doubleValue, number.isFinite else { throw error("expected a number", field) }
        return number
    }

    /// A text that is one of an enumeration's.
    mutating func optionalChoice<Choice>(_ field: String, _: Choice.Type) throws -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let text = try optionalString(field) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let nearest = nearestName(to: text, among: names).map { "Did you mean \"\($0)\"? " } ?? ""
        throw error(
            "there is no \(field) \"\(text)\"", field, advice: nearest + "There are \(names.joined(separator: ", ")).")
    }

    mutating func choice<Choice>(_ field: String, _ type: Choice.Type) throws -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let choice = try optionalChoice(field, type) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw error("is missing: one of \(names)", field)
        }
        return choice
    }

    /// The texts of an array; empty where the field is missing.
    mutating func strings(_ field: String) throws -> [String] {
        try array(field).enumerated().map { index, value in
            guard case .string(let text) = value else { throw error("expected a text", "\(field)[\(index)]") }
            return text
        }
    }

    /// The documents of an array; empty where the field is missing.
    mutating func documents(_ field: String) throws -> [Document] {
        try array(field).enumerated().map { index, value in
            guard case .document(let document) = value else { throw error("expected an object", "\(field)[\(index)]") }
            return document
        }
    }

    private mutating func array(_ field: String) throws -> [BSONValue] {
        guard let value = value(field) else { return [] }
        guard case .array(let array) = value else { throw error("expected an array", field) }
        return array.values
    }

    /// Calls the closure with a reader for each document of an array; empty where the field is missing.
    mutating func map<Result>(_ field: String, _ read: (inout DefinitionReader) throws -> Result) throws -> [Result] {
        try documents(field).enumerated().map { index, document in
            try nested(document, "\(field)[\(index)]", read)
        }
    }

    /// Reads a nested document; nil where the field is missing.
    mutating func optional<Result>(_ field: String, _ read: (inout DefinitionReader) throws -> Result) throws -> Result?
    {
        guard let value = value(field) else { return nil }
        guard case .document(let document) = value else { throw error("expected an object", field) }
        return try nested(document, field, read)
    }

    private func nested<Result>(
        _ document: Document, _ field: String, _ read: (inout DefinitionReader) throws -> Result
    ) throws -> Result {
        var reader = try DefinitionReader(document, file: file, path: path.isEmpty ? field : "\(path).\(field)")
        let result = try read(&reader)
        try reader.finish()
        return result
    }

    /// - Throws: where the document has a field that nobody read.
    func finish() throws {
        for key in document.keys where !known.contains(key) {
            let advice =
                nearestName(to: key, among: known).map { "Did you mean \($0)?" }
                ?? "There are \(known.joined(separator: ", "))."
            throw error("unknown field", key, advice: advice)
        }
    }
}
