import BSON
import DocumentStore
import Retail

/// Workloads on a copy of the documents, in a store of its own.
final class StoreWorkloads: WorkloadSide {
    private let path: String
    private let catalog: CollectionCatalog
    private let schema: RelationalSchema
    private let remove: () -> Void
    private var store: Store?
    private var orders: [Document] = []

    /// - Parameters:
    ///   - path: of the embedded store to be.
    ///   - remove: removes what is there.
    init(path: String, catalog: CollectionCatalog, schema: RelationalSchema, remove: @escaping () -> Void) {
        self.path = path
        self.catalog = catalog
        self.schema = schema
        self.remove = remove
    }

    var database: String { "atelier" }
    var title: String { "Atelier" }
    var model: DataModel { .documents }
    var durability: String { "Every acknowledged write is on disk (fsync)" }

    private var copy: Database {
        get throws {
            guard let store else { throw AtelierError(.illegalOperation, "nothing was loaded") }
            return store.database
        }
    }

    func load(from source: Database, progress: (Int) -> Void) throws {
        close()
        remove()
        let store = try Store(path)
        self.store = store
        try StoreInitializer(catalog: catalog, database: store.database).run()
        let existing = Set(try source.collectionNames())
        var count = 0
        for name in schema.sources.map(\.collection.name) where existing.contains(name) {
            let inserter = BulkInserter(store.database.collection(name))
            let documents = try source.collection(name).find()
            while try documents.withNext({ try inserter.append(Document(copying: $0)) }) != nil {
                count += 1
                progress(count)
            }
            _ = try inserter.finish()
        }
    }

    func read(_ subject: WorkloadSubject, _ key: BSONValue) throws -> WorkloadReading {
        .document(try copy.collection(subject.source.collection.name).findOne(["_id": key]))
    }

    func prepare(_ orders: [Document]) { self.orders = orders }

    func insert(_ range: Range<Int>) throws {
        try copy.collection("orders").insert(Array(orders[range])).orThrow()
    }

    func setStatus(_ changes: [(key: BSONValue, status: String)]) throws {
        let statements = changes.map { change in
            UpdateStatement(
                ["_id": change.key], .document(["$set": .document(["status": .string(change.status)])]))
        }
        try copy.collection("orders").bulkUpdate(statements).orThrow()
    }

    func increaseQuantity(of order: BSONValue, line: BSONValue) throws {
        try copy.collection("orders").updateOne(
            ["_id": order, "items.line": line], ["$inc": .document(["items.$.quantity": 1])]
        ).orThrow()
    }

    func addAttribute(to product: BSONValue?) throws {
        let update: Document = ["$set": .document(["careLabel": "30 degrees"])]
        let products = try copy.collection("products")
        if let product {
            try products.updateOne(["_id": product], update).orThrow()
        } else {
            try products.updateMany([:], update).orThrow()
        }
    }

    func countWithAttribute() throws -> Int {
        try copy.collection("products").count(["careLabel": "30 degrees"])
    }

    func removeAttribute() throws {
        try copy.collection("products").updateMany([:], ["$unset": .document(["careLabel": ""])]).orThrow()
    }

    func addCards(_ cards: [GiftCard]) throws {
        let copy = try copy
        let schema: Document = [
            "bsonType": "object", "required": .array(BSONArray(["_id", "amount", "issuedAt"])),
            "properties": .document([
                "_id": .document(["bsonType": "string"]), "customerId": .document(["bsonType": "string"]),
                "amount": .document(["bsonType": "decimal"]), "issuedAt": .document(["bsonType": "date"]),
            ]),
        ]
        try copy.createCollection(
            "giftCards", options: ["validator": .document(["$jsonSchema": .document(schema)])])
        try copy.collection("giftCards").createIndexes([["key": .document(["customerId": 1]), "name": "customerId_1"]])
        try copy.collection("giftCards").insert(
            cards.map { card in
                Document(
                    [("_id", BSONValue.string(card.id))] + (card.customer.isNull ? [] : [("customerId", card.customer)])
                        + [("amount", .decimal(card.amount)), ("issuedAt", .date(card.issuedAt))])
            }
        ).orThrow()
    }

    func countCards() throws -> Int { try copy.collection("giftCards").count() }

    func removeCards() throws { try copy.collection("giftCards").drop() }

    func close() {
        store?.close()
        store = nil
    }
}
