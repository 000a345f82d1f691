import BSON

/// A definition read field by field; every complaint names the file and the path in it.
///
/// Say with `allow` which fields there are, then read them: a misspelt one would otherwise do nothing.
public struct DefinitionReader: Sendable {
    public let document: Document
    public let file: String
    /// Where in the file: empty at the top, otherwise such as `columns[2]`.
    public let path: String
    /// Where the format is described, for advice.
    public let manual: String

    public init(_ document: Document, file: String, path: String = "", manual: String) {
        self.document = document
        self.file = file
        self.path = path
        self.manual = manual
    }

    /// An error about one field, or with an empty name about the whole of what is read here.
    public func wrong(_ field: String, _ reason: String, advice: String? = nil) -> AtelierError {
        AtelierError(
            .failedToParse, "\(place(field)) \(reason)", at: file,
            advice: advice ?? "The format is described in \(manual).")
    }

    private func place(_ field: String) -> String { [path, field].filter { !$0.isEmpty }.joined(separator: ".") }

    /// Refuses fields with other names, and fields that are there twice.
    public func allow(_ names: [String]) throws {
        var seen: Set<String> = []
        for key in document.keys {
            guard names.contains(key) else {
                throw wrong(
                    key, "is not known; known are \(names.joined(separator: ", "))",
                    advice: nearestName(to: key, among: names).map { "Did you mean \($0)?" })
            }
            guard seen.insert(key).inserted else { throw wrong(key, "is there twice") }
        }
    }

    // MARK: Texts, flags and numbers

    public func string(_ field: String) throws -> String {
        guard let text = try optionalString(field) else { throw wrong(field, "is missing") }
        return text
    }

    public func optionalString(_ field: String) throws -> String? {
        guard let value = document[field] else { return nil }
        guard let text = value.stringValue, !text.isEmpty else {
            throw wrong(field, "is not a text of one letter or more")
        }
        return text
    }

    public func optionalBool(_ field: String) throws -> Bool? {
        guard let value = document[field] else { return nil }
        guard let flag = value.boolValue else { throw wrong(field, "is neither true nor false") }
        return flag
    }

    public func optionalNumber(_ field: String) throws -> Double? {
        guard let value = document[field] else { return nil }
        guard let number = value.doubleValue, number.isFinite else { throw wrong(field, "is not a number") }
        return number
    }

    /// A text that is one of an enumeration's.
    public func optionalChoice<Choice>(_ field: String, _: Choice.Type) throws -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let text = try optionalString(field) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        throw wrong(
            field, "is \(text); it may be \(names.joined(separator: ", "))",
            advice: nearestName(to: text, among: names).map { "Did you mean \($0)?" })
    }

    public func choice<Choice>(_ field: String, _ type: Choice.Type) throws -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let choice = try optionalChoice(field, type) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(field, "is missing; it may be \(names)")
        }
        return choice
    }

    // MARK: Objects and arrays

    public func document(_ field: String) throws -> DefinitionReader {
        guard let inner = try optionalDocument(field) else { throw wrong(field, "is missing") }
        return inner
    }

    public func optionalDocument(_ field: String) throws -> DefinitionReader? {
        guard let value = document[field] else { return nil }
        guard let inner = value.documentValue else { throw wrong(field, "is not an object") }
        return reader(of: inner, field)
    }

    /// The objects of an array; empty where the field is missing and may be.
    public func documents(_ field: String, optional: Bool = false) throws -> [DefinitionReader] {
        guard let value = document[field] else {
            if optional { return [] }
            throw wrong(field, "is missing")
        }
        guard let values = value.arrayValue else { throw wrong(field, "is not an array") }
        return try values.enumerated().map { index, value in
            guard let inner = value.documentValue else { throw wrong("\(field)[\(index)]", "is not an object") }
            return reader(of: inner, "\(field)[\(index)]")
        }
    }

    /// The texts of an array of one or more; empty where the field is missing and may be.
    public func strings(_ field: String, optional: Bool = false) throws -> [String] {
        if optional && document[field] == nil { return [] }
        guard let values = document[field]?.arrayValue, !values.isEmpty else {
            throw wrong(field, "is not an array of one text or more")
        }
        return try values.map {
            guard let text = $0.stringValue, !text.isEmpty else {
                throw wrong(field, "holds something that is not a text")
            }
            return text
        }
    }

    private func reader(of inner: Document, _ field: String) -> DefinitionReader {
        DefinitionReader(inner, file: file, path: place(field), manual: manual)
    }
}

/// The first that stood before already.
public func firstRepeated(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
}
