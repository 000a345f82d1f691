import BSON
import DocumentStore

extension Method {
    static let documentsListCollections = Method(
        "documents.listCollections", "The collections of a database: name, type, options and info of each.",
        parameters: [.database, .optional("filter", .document, "Which of them, by these fields.")],
        result: .object([
            .required(
                "collections", .array(of: .openObject([.required("name", .string, "Its name.")])), "One entry each.")
        ])
    ) { call in
        let collections = try call.database.listCollections(call.parameters.object("filter") ?? [:])
        return ["collections": .array(BSONArray(documents: collections))]
    }

    static let documentsListIndexes = Method(
        "documents.listIndexes", "The indexes of a collection, as they were specified.",
        parameters: [.collection, .database],
        result: .object([
            .required(
                "indexes", .array(of: .openObject([.required("name", .string, "Its name.")])), "One specification each."
            )
        ])
    ) { call in
        ["indexes": .array(BSONArray(documents: try call.collection.listIndexes()))]
    }

    static let documentsCreateIndexes = Method(
        "documents.createIndexes", "Creates the indexes that are not there yet.", writes: true,
        parameters: [
            .collection, .database,
            .required(
                "indexes",
                .array(
                    of: .openObject([
                        .required("key", .document, "Field paths with 1, -1 or the kind of index."),
                        .optional("name", .string, "Its name; made from the key where it is left out."),
                    ]), minimumCount: 1),
                "What to create: each a key and options such as `unique`, `sparse`, `expireAfterSeconds`."),
            .writeConcern, .maxTimeMS,
        ],
        result: .object([
            .required("names", .array(of: .string), "The indexes' names, in order."),
            .required("created", .integer(from: 0), "How many of them are new."),
        ])
    ) { call in
        let indexes = call.parameters.documents("indexes").map(\.withIndexName)
        let reply = try call.database.run(
            Document { writer in
                writer.append("createIndexes", call.parameters["collection"]!)
                writer.append("indexes", .array(BSONArray(documents: indexes)))
                call.parameters.pass("writeConcern", "maxTimeMS", to: writer)
            })
        let before = reply["numIndexesBefore"]?.integerValue ?? 0
        let after = reply["numIndexesAfter"]?.integerValue ?? before
        return [
            "names": .array(BSONArray(indexes.map { $0["name"] ?? .null })), "created": .integer(after - before),
        ]
    }

    static let documentsDropIndexes = Method(
        "documents.dropIndexes", "Drops indexes of a collection; never the one on `_id`.", writes: true,
        parameters: [
            .collection, .database,
            .required(
                "indexes", .either(.string, .array(of: .string, minimumCount: 1), .document),
                "An index's name, several names, a key pattern, or \"*\" for all."),
            .writeConcern, .maxTimeMS,
        ],
        result: .object([
            .required("countBefore", .integer(from: 0), "How many indexes there were, with the one on `_id`.")
        ])
    ) { call in
        let reply = try call.database.run(
            Document { writer in
                writer.append("dropIndexes", call.parameters["collection"]!)
                writer.append("index", call.parameters["indexes"]!)
                call.parameters.pass("writeConcern", "maxTimeMS", to: writer)
            })
        return ["countBefore": reply["nIndexesWas"] ?? 0]
    }
}

extension Document {
    /// The specification with a name: MongoDB's, `field_1_other_-1`, where it has none.
    fileprivate var withIndexName: Document {
        if self["name"] != nil { return self }
        let parts = (self["key"]?.documentValue ?? [:]).elements.map { key, value in
            "\(key)_\(value.stringValue ?? value.integerValue.map(String.init) ?? value.doubleValue.map { "\($0)" } ?? "")"
        }
        return setting("name", .string(parts.joined(separator: "_")))
    }
}
