import BSON
import QueryLanguage
import Storage
import Synchronization

/// A collection's validator, compiled.
final class Validator {
    private let matcher: DocumentMatcher

    init(_ filter: Document) throws { matcher = try DocumentMatcher(filter, now: Clock.milliseconds()) }

    /// - Throws: `DocumentValidationFailure` for a document that does not satisfy it.
    func check(_ document: DocumentView) throws {
        if try matcher.matches(document) { return }
        var information: Document = ["failingDocumentId": BSONValue(copying: document.find("_id"))]
        if let explanation = try matcher.explanation(of: document) {
            information = information.setting("details", .document(explanation))
        }
        throw AtelierError(
            .documentValidationFailure, "Document failed validation",
            details: ["errInfo": .document(information)])
    }

    func accepts(_ document: DocumentView) throws -> Bool { try matcher.matches(document) }
}

/// What a collection's options say about validation, for one write command.
struct ValidationRule {
    let validator: Validator?
    /// Whether existing documents that are invalid already may stay so.
    let moderate: Bool

    /// - Parameter bypass: the command's `bypassDocumentValidation`.
    init(_ collection: CollectionEntry, bypass: Bool) throws {
        let level = collection.options["validationLevel"]?.stringValue ?? "strict"
        guard !bypass, level != "off", let filter = collection.options["validator"]?.documentValue else {
            (validator, moderate) = (nil, false)
            return
        }
        validator = try Validator(filter)
        moderate = level == "moderate"
    }

    func check(new document: DocumentView) throws { try validator?.check(document) }

    func check(updated document: DocumentView, from old: DocumentView) throws {
        guard let validator else { return }
        if try moderate && !validator.accepts(old) { return }
        try validator.check(document)
    }
}
