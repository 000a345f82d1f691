import Analytics
import BSON
import DocumentStore
import Platform
import Retail

/// What workloads read, add and change: chosen from the store by a seed.
struct WorkloadSample {
    /// Some keys of each collection that is read.
    let keys: [String: [BSONValue]]
    /// Orders like those that are there, under keys of their own.
    let newOrders: [Document]
    /// Orders with the status they have.
    private let statuses: [(key: BSONValue, status: String)]
    let lines: [(order: BSONValue, line: BSONValue)]
    let cards: [GiftCard]
    let documentCount: Int
    let productCount: Int

    init(_ source: Database, _ schema: RelationalSchema, _ options: WorkloadOptions) throws {
        var random = SeededRandom(seed: options.seed)
        var keys: [String: [BSONValue]] = [:]
        let existing = Set(try source.collectionNames())
        for name in ["customers", "products", "orders"] where existing.contains(name) {
            let wanted =
                name == "orders" ? options.reads + options.writes + options.batches * options.batchSize : options.reads
            keys[name] = try WorkloadSample.chosen(wanted, of: source.collection(name), &random)
        }
        self.keys = keys
        documentCount = try schema.sources.map(\.collection.name).filter(existing.contains).reduce(0) {
            try $0 + source.collection($1).estimatedCount()
        }
        productCount = existing.contains("products") ? try source.collection("products").estimatedCount() : 0

        let orderKeys = keys["orders"] ?? []
        let count = options.writes + options.batches * options.batchSize
        var templates: [Document] = []
        for key in orderKeys.prefix(count) {
            if let order = try source.collection("orders").findOne(["_id": key]) { templates.append(order) }
        }
        newOrders =
            templates.isEmpty
            ? [] : (0..<count).map { WorkloadSample.copy(templates[$0 % templates.count], as: "comparison-\($0)") }
        statuses = templates.compactMap { order in
            order["_id"].map { ($0, order["status"]?.stringValue ?? "delivered") }
        }
        lines = templates.compactMap { order in
            guard let key = order["_id"], let line = order["items"]?.arrayValue?.first?.documentValue?["line"] else {
                return nil
            }
            return (key, line)
        }
        let customers = keys["customers"] ?? []
        cards = (0..<100).map { index in
            GiftCard(
                id: "card-\(index)", customer: customers.isEmpty ? .null : customers[index % customers.count],
                amount: Decimal128(Int64(10 + index % 90)), issuedAt: 1_767_225_600_000 + Int64(index) * 60_000)
        }
    }

    /// The orders that are changed.
    var templateKeys: [BSONValue] { statuses.map(\.key) }

    /// A change of an order's status to another: with every turn through the orders there, and back again.
    func statusChange(_ index: Int) -> (key: BSONValue, status: String) {
        let (key, status) = statuses[index % statuses.count]
        let isBack = (index / statuses.count) % 2 == 1
        return (key, isBack ? status : status == "delivered" ? "shipped" : "delivered")
    }

    /// Keys by chance, each as likely (algorithm R of Vitter, "Random Sampling with a Reservoir", 1985), shuffled.
    private static func chosen(
        _ count: Int, of collection: Collection, _ random: inout SeededRandom
    ) throws -> [BSONValue] {
        var kept: [BSONValue] = []
        var seen = 0
        let documents = try collection.find([:], projection: ["_id": 1])
        while let document = try documents.next() {
            guard let key = document["_id"] else { continue }
            seen += 1
            if kept.count < count {
                kept.append(key)
            } else {
                let place = Int.random(in: 0..<seen, using: &random)
                if place < count { kept[place] = key }
            }
        }
        return kept.shuffled(using: &random)
    }

    private static func copy(_ order: Document, as id: String) -> Document {
        Document(order.elements.map { ($0.key, $0.key == "_id" ? .string(id) : $0.value) })
    }
}

extension Column {
    /// What is held against what a column of a table has.
    init(_ column: RelationalColumn) {
        let type: ColumnType =
            switch column.type {
            case .varchar, .char, .text: .string
            case .integer, .bigint: .integer
            case .numeric: .decimal
            case .double: .number
            case .boolean: .boolean
            case .timestamp: .date
            }
        self.init(name: column.name, type: type)
    }
}
