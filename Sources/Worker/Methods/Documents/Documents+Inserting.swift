import BSON
import DocumentStore

extension Method {
    static let documentsInsert = Method(
        "documents.insert",
        "Adds documents; those without an `_id` get one. Many are written in several commands, each as a whole or, where one fails, "
            + "up to it.",
        writes: true,
        parameters: [
            .collection, .database, .required("documents", .array(of: .document, minimumCount: 1), "What to add."),
            .optional("ordered", .boolean.defaulting(to: true), "Whether to stop at the first that fails."),
            .writeConcern,
        ],
        result: .object([
            .required("insertedCount", .integer(from: 0), "How many were added."),
            .required("insertedIds", .array(of: .any), "Their ids, in order."),
        ])
    ) { call in
        let parameters = call.parameters
        let documents = parameters.documents("documents").map(\.withID)
        let ordered = parameters.bool("ordered") ?? true
        var replies = WriteReplies()
        for range in InsertBatch.ranges(documents) {
            do {
                try call.cancellation.check()
                let reply = try call.database.run(
                    Document { writer in
                        writer.append("insert", parameters["collection"]!)
                        writer.append("ordered", BSONValue.bool(ordered))
                        parameters.pass("writeConcern", to: writer)
                        writer.array("documents") { writer in
                            for document in documents[range] {
                                document.withView { writer.appendElement(.document($0)) }
                            }
                        }
                    })
                replies.add(reply, offset: range.lowerBound)
            } catch is Cancelled {
                throw Cancelled(done: ["insertedCount": .integer(replies.count)])
            }
            if ordered && !replies.errors.isEmpty { break }
            call.progress?.report(done: range.upperBound, of: documents.count)
        }
        try replies.check(done: ["insertedCount": .integer(replies.count)])
        return Document { writer in
            writer.append("insertedCount", BSONValue.integer(replies.count))
            writer.array("insertedIds") { writer in
                for document in documents { document.withView { writer.appendElement($0.find("_id")) } }
            }
        }
    }
}

/// How many documents one `insert` command carries: few enough that a request for many can tell of its progress, and
/// be cancelled, on the way.
enum InsertBatch {
    static let maximumCount = 1000
    static let maximumBytes = 8 << 20

    /// Consecutive ranges within the limits; a document over the byte limit goes alone.
    static func ranges(_ documents: [Document]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var (start, bytes) = (0, 0)
        for (index, document) in documents.enumerated() {
            if index > start, index - start == maximumCount || bytes + document.bytes.count > maximumBytes {
                ranges.append(start..<index)
                (start, bytes) = (index, 0)
            }
            bytes += document.bytes.count
        }
        if start < documents.count { ranges.append(start..<documents.count) }
        return ranges
    }
}

extension Document {
    /// The document itself where it has an `_id`; otherwise with a new one in front.
    fileprivate var withID: Document {
        withView { view in
            if !view.find("_id").isMissing { return self }
            return Document { writer in
                writer.append("_id", BSONValue.objectId(.generate()))
                var cursor = view.elements()
                while cursor.next() { writer.append(element: cursor.elementBytes) }
            }
        }
    }
}
