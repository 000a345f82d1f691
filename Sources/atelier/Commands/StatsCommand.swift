import Analytics
import BSON
import DocumentStore

extension Command {
    static let stats = Command(
        name: "stats", summary: "Count what the store holds: collections, documents, bytes, indexes",
        options: [.store] + Option.output,
        details: [
            "size is the documents' bytes, storage what they take up on disk, indexSize what the indexes take up."
        ],
        examples: ["atelier stats", "atelier stats --format csv"]
    ) { invocation in
        let rows = RowDescription(
            columns: [
                Column(name: "collection", type: .string, title: "Collection"),
                Column(name: "documents", type: .integer, title: "Documents"),
                Column(name: "size", type: .integer, title: "Size"),
                Column(name: "storage", type: .integer, title: "Storage"),
                Column(name: "indexes", type: .integer, title: "Indexes"),
                Column(name: "indexSize", type: .integer, title: "Index size"),
            ])
        _ = try invocation.format()
        try invocation.withStore { store in
            try invocation.printRows(rows) { write in
                for name in try store.database.collectionNames() {
                    let stats = try store.database.run(["collStats": .string(name)])
                    let row: Document = [
                        "collection": .string(name), "documents": stats["count"] ?? .null,
                        "size": stats["size"] ?? .null,
                        "storage": stats["storageSize"] ?? .null, "indexes": stats["nindexes"] ?? .null,
                        "indexSize": stats["totalIndexSize"] ?? .null,
                    ]
                    try row.withView(write)
                }
            }
        }
    }
}
