import BSON

/// Makes the data of an invented made-to-order shop: every collection, every reference valid, the same bytes for the same
/// options.
///
/// Sales follow days (growth, seasons, weekdays), goods follow Zipf's law, few customers buy often and most once, prices
/// are lognormal, late deliveries come from unreliable suppliers and busy months and cost review stars. Memory stays flat
/// at any number of orders: customers are functions of their number, and days are made one after the other.
public struct Generator: Sendable {
    public let options: GeneratorOptions

    public init(_ options: GeneratorOptions) { self.options = options }

    /// How many documents a batch holds, but for the last of each collection.
    public static let batchSize = 1000

    /// Shows every document, batch by batch. Batches of one collection come in order; those of several interleave.
    public func forEachBatch(_ body: (_ collection: String, _ documents: [Document]) throws -> Void) throws {
        let shop = ShopModel(options)
        try withoutActuallyEscaping(body) { body in
            let sink = GeneratedBatches(body)
            try writeStandingParts(shop, sink)
            try Timeline(shop, sink).run()
            try sink.flush()
        }
    }

    private func writeStandingParts(_ shop: ShopModel, _ sink: GeneratedBatches) throws {
        for index in 0..<shop.supplierCount { try sink.add("suppliers", shop.supplierDocument(index)) }
        for index in 0..<shop.sellerCount { try sink.add("sellers", shop.sellerDocument(index)) }
        for index in shop.designers.indices { try sink.add("designers", shop.designerDocument(index)) }
        for index in shop.tailors.indices { try sink.add("tailors", shop.tailorDocument(index)) }
        for index in shop.products.indices { try sink.add("products", shop.productDocument(index)) }
        for index in shop.products.indices {
            for document in shop.inventoryDocuments(index) { try sink.add("inventory", document) }
        }
        for index in shop.campaigns.indices { try sink.add("campaigns", shop.campaignDocument(index)) }
    }
}

/// Documents gathered by collection until there are enough for a batch.
final class GeneratedBatches {
    private let body: (String, [Document]) throws -> Void
    /// In the order collections first came, so that the last batches come in a fixed order too.
    private var pending: [(collection: String, documents: [Document])] = []

    init(_ body: @escaping (String, [Document]) throws -> Void) { self.body = body }

    func add(_ collection: String, _ document: Document) throws {
        var index = pending.firstIndex { $0.collection == collection } ?? -1
        if index < 0 {
            index = pending.count
            pending.append((collection, []))
        }
        pending[index].documents.append(document)
        guard pending[index].documents.count == Generator.batchSize else { return }
        try body(collection, pending[index].documents)
        pending[index].documents.removeAll(keepingCapacity: true)
    }

    func flush() throws {
        for batch in pending where !batch.documents.isEmpty { try body(batch.collection, batch.documents) }
        pending.removeAll()
    }
}
