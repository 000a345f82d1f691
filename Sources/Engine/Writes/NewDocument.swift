import BSON
import Storage

/// Makes documents from outside ready to be stored.
enum NewDocument {
    /// The document as it will be stored: `_id` in the first place, made up where there is none, empty top-level
    /// timestamps filled in.
    ///
    /// - Throws: `BSONObjectTooLarge`, `InvalidIdField`, `DollarPrefixedFieldName` inside `_id`, `Overflow` past the
    ///   nesting limit.
    static func prepare(_ view: DocumentView) throws -> Document {
        var cursor = view.elements()
        var position = 0
        var idPosition: Int?
        var hasEmptyTimestamp = false
        while cursor.next() {
            if idPosition == nil && cursor.key.elementsEqual("_id".utf8) { idPosition = position }
            if cursor.type == .timestamp && cursor.value.bits == 0 { hasEmptyTimestamp = true }
            position += 1
        }
        let prepared =
            idPosition == 0 && !hasEmptyTimestamp
            ? Document(copying: view) : rebuilt(view, withId: idPosition != nil)
        try prepared.withView { try check($0) }
        return prepared
    }

    private static func rebuilt(_ view: DocumentView, withId: Bool) -> Document {
        Document { writer in
            if withId {
                writer.append("_id", view.find("_id"))
            } else {
                writer.append("_id", BSONValue.objectId(.generate()))
            }
            var cursor = view.elements()
            while cursor.next() {
                if cursor.key.elementsEqual("_id".utf8) { continue }
                if cursor.type == .timestamp && cursor.value.bits == 0 {
                    writer.append(cursor.key, .timestamp(Timestamps.next()))
                } else {
                    writer.append(element: cursor.elementBytes)
                }
            }
        }
    }

    /// What must hold for every stored document.
    static func check(_ view: DocumentView) throws {
        if view.length > Limits.documentSize {
            throw AtelierError(
                .objectTooLarge,
                "object to insert too large. size in bytes: \(view.length), max size: \(Limits.documentSize)")
        }
        if depth(view, limit: Limits.documentDepth) > Limits.documentDepth {
            throw AtelierError(
                .overflow, "cannot store a document nested more than \(Limits.documentDepth) levels deep")
        }
        try check(id: view.find("_id"))
    }

    /// - Throws: `InvalidIdField` for a value that cannot be an `_id`.
    static func check(id: ValueView) throws {
        switch id.type {
        case .array, .regex, .undefined:
            throw AtelierError(53, "The '_id' value cannot be of type \(id.type.name)")
        case .document:
            var cursor = id.asDocument.elements()
            while cursor.next() {
                if cursor.key.first == UInt8(ascii: "$") {
                    throw AtelierError(
                        .dollarPrefixedFieldName,
                        "_id fields may not contain '$'-prefixed fields: \(cursor.keyString) is not valid for storage.")
                }
            }
        default: break
        }
    }

    /// How many levels the document has, itself included; stops counting past the limit.
    private static func depth(_ view: DocumentView, limit: Int) -> Int {
        if limit == 0 { return 1 }
        var deepest = 0
        var cursor = view.elements()
        while cursor.next() {
            if cursor.type == .document || cursor.type == .array {
                deepest = max(deepest, depth(cursor.value.asDocument, limit: limit - 1))
            }
        }
        return deepest + 1
    }
}
