import BSON

/// What an update does to the documents it matches.
public enum Update: Sendable {
    /// Update operators (`$set`, `$inc`, …), or a whole document that replaces the matched one.
    case document(Document)
    /// A pipeline of `$set`, `$unset`, `$replaceWith`, ….
    case pipeline([Document])

    var value: BSONValue {
        switch self {
        case .document(let document): .document(document)
        case .pipeline(let stages): .array(BSONArray(documents: stages))
        }
    }
}

/// One statement of an `update` command.
public struct UpdateStatement: Sendable {
    public var filter: Document
    public var update: Update
    public var upsert: Bool
    public var multi: Bool
    public var arrayFilters: [Document]

    public init(
        _ filter: Document, _ update: Update, upsert: Bool = false, multi: Bool = false, arrayFilters: [Document] = []
    ) {
        self.filter = filter
        self.update = update
        self.upsert = upsert
        self.multi = multi
        self.arrayFilters = arrayFilters
    }

    /// Puts the document in place of the one with its `_id`, or adds it where there is none.
    public static func put(_ document: Document) -> UpdateStatement {
        UpdateStatement(["_id": document["_id"] ?? .null], .document(document), upsert: true)
    }

    var document: Document {
        Document { writer in
            writer.append("q", .document(filter))
            writer.append("u", update.value)
            if upsert { writer.append("upsert", ValueView.bool(true)) }
            if multi { writer.append("multi", ValueView.bool(true)) }
            if !arrayFilters.isEmpty { writer.append("arrayFilters", .array(BSONArray(documents: arrayFilters))) }
        }
    }
}
