import BSON

/// A definition read field by field; every complaint names the file and the path in it.
struct DefinitionReader {
    let document: Document
    let file: String
    let path: String

    init(_ document: Document, file: String, path: String = "") {
        self.document = document
        self.file = file
        self.path = path
    }

    func wrong(_ field: String, _ reason: String) -> AtelierError {
        AtelierError(
            .failedToParse, "\(path.isEmpty ? field : field.isEmpty ? path : path + "." + field) \(reason)", at: file,
            advice: "The format is described in collections/README.md.")
    }

    /// Refuses fields with other names: a misspelt one would otherwise do nothing.
    func allow(_ names: [String]) throws {
        if let stranger = document.keys.first(where: { !names.contains($0) }) {
            throw wrong(stranger, "is not known; known are \(names.joined(separator: ", "))")
        }
    }

    func string(_ field: String) throws -> String {
        guard let text = try optionalString(field) else { throw wrong(field, "is missing") }
        return text
    }

    func optionalString(_ field: String) throws -> String? {
        guard let value = document[field] else { return nil }
        guard let text = value.stringValue, !text.isEmpty else {
            throw wrong(field, "is not a text of one letter or more")
        }
        return text
    }

    func optionalBool(_ field: String) throws -> Bool? {
        guard let value = document[field] else { return nil }
        guard let flag = value.boolValue else { throw wrong(field, "is neither true nor false") }
        return flag
    }

    func document(_ field: String) throws -> DefinitionReader {
        guard let inner = try optionalDocument(field) else { throw wrong(field, "is missing") }
        return inner
    }

    func optionalDocument(_ field: String) throws -> DefinitionReader? {
        guard let value = document[field] else { return nil }
        guard let inner = value.documentValue else { throw wrong(field, "is not an object") }
        return DefinitionReader(inner, file: file, path: path.isEmpty ? field : path + "." + field)
    }

    /// The objects of an array; empty where the field is missing and may be.
    func documents(_ field: String, optional: Bool = false) throws -> [DefinitionReader] {
        guard let value = document[field] else {
            if optional { return [] }
            throw wrong(field, "is missing")
        }
        guard let values = value.arrayValue else { throw wrong(field, "is not an array") }
        return try values.enumerated().map { index, value in
            let place = (path.isEmpty ? field : path + "." + field) + "[\(index)]"
            guard let inner = value.documentValue else {
                throw AtelierError(.failedToParse, "\(place) is not an object", at: file)
            }
            return DefinitionReader(inner, file: file, path: place)
        }
    }

    func strings(_ field: String) throws -> [String] {
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
}
