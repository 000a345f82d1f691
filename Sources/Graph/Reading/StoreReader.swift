import BSON
import DocumentStore
import Glibc

extension Graph {
    /// Reads a graph from a store, each collection once.
    ///
    /// What counts: of `orders` sales that were not canceled, of their lines goods (no services) with a quantity and a price
    /// above 0, a product once a sale; `bought` needs a customer, `boughtTogether` does not, for a guest's basket is a
    /// basket; `productViews` and `reviews` with a customer;
    /// `designSessions` that were not cancelled or missed; `products` with a designer. A document that lacks what an edge
    /// needs makes none.
    ///
    /// - Throws: what the store throws; `monitor.check`'s error.
    public convenience init(
        of database: Database, _ options: GraphOptions = GraphOptions(), monitor: GraphMonitor = GraphMonitor()
    ) throws {
        let reader = StoreReader(database, options, monitor)
        try reader.readAll()
        let graph = try reader.finish()
        self.init(nodes: graph.nodes, edgeSets: graph.edgeSets, provenance: graph.provenance)
    }
}

/// Reads collections into a builder.
final class StoreReader {
    /// Documents a batch: about as many bytes as stay in the processor's cache from the engine's writing to their reading.
    private static let batch = 1000

    let database: Database
    let options: GraphOptions
    let monitor: GraphMonitor
    let builder = GraphBuilder()
    private var together: PairCounter?
    /// Per product, the last order that held it: a product counts once an order.
    private var seen = GrowingList<UInt32>()
    private var orderNumber: UInt32 = 0
    private var distinct = GrowingList<UInt32>()

    init(_ database: Database, _ options: GraphOptions, _ monitor: GraphMonitor) {
        self.database = database
        self.options = options
        self.monitor = monitor
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        builder.provenance.readAt = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
        builder.provenance.types = options.types
        if options.types.contains(.boughtTogether) { together = PairCounter(options.together) }
    }

    /// The collections that the wanted edges stand in, and those of the nodes they link.
    static func collections(for types: Set<EdgeType>) -> [GraphCollection] {
        GraphCollection.all.filter { collection in
            !types.isDisjoint(with: collection.types)
                || types.contains { $0.source == collection.nodes || $0.target == collection.nodes }
        }
    }

    func readAll() throws {
        let collections = StoreReader.collections(for: options.types)
        let names = collections.map(\.name)
        let before = try CollectionState.read(names, in: database)
        if before == nil {
            builder.provenance.resumeToken = try ChangeStream(database: database, names: names).token()
        }
        for collection in collections { builder.provenance.collections.append(try read(collection)) }
        try setStates(before)
    }

    /// Keeps the states that the collections were in before they were read. Of one that changed meanwhile nobody knows
    /// what was read: it has none that is known, and will be read anew.
    func setStates(_ before: [CollectionState]?) throws {
        let names = builder.provenance.collections.map(\.name)
        guard let before, let after = try CollectionState.read(names, in: database) else { return }
        for index in before.indices {
            builder.provenance.collections[index].state =
                before[index].change(to: after[index]) == .none ? before[index] : .uncertain
        }
    }

    func finish() throws -> Graph {
        if let together { together.addPairs(to: builder) }
        return try builder.finish()
    }

    /// Reads a collection, or what of it a mark says is new.
    ///
    /// - Parameter skipped: how many documents are known, the first in natural order; nil where the latest time known
    ///   decides.
    /// - Returns: how far it has been read now.
    func read(_ collection: GraphCollection, since mark: CollectionMark? = nil, skipping skipped: Int? = nil) throws
        -> CollectionMark
    {
        var mark = mark ?? CollectionMark(name: collection.name)
        let known = skipped == nil ? Set(mark.atLatest) : []
        var bounds: [(String, BSONValue)] = []
        let earliest = max(skipped == nil ? mark.latest : Graph.noTime, options.from ?? Graph.noTime)
        if earliest != Graph.noTime { bounds.append(("$gte", .date(earliest))) }
        if let to = options.to { bounds.append(("$lt", .date(to))) }
        var filter: Document = [:]
        if let time = collection.time, !bounds.isEmpty { filter = [time: .document(Document(bounds))] }
        let cursor = try database.collection(collection.name).find(
            filter, projection: collection.projection, skip: skipped ?? 0, batchSize: StoreReader.batch,
            maxTimeMS: options.maxTimeMS)
        let (id, time) = (FieldName("_id"), collection.time.map { FieldName($0) })
        var count = 0
        let take: (DocumentView) throws -> Void = { [self] document in
            count += 1
            if count & 0xFFF == 0 {
                try monitor.check()
                monitor.report(collection.name, count)
            }
            if let time {
                let value = document.find(time)
                if value.type == .date && value.asDate >= mark.latest {
                    let hash = StoreReader.hash(document.find(id))
                    if value.asDate > mark.latest {
                        mark.latest = value.asDate
                        mark.atLatest.removeAll(keepingCapacity: true)
                    } else if known.contains(hash) {
                        return
                    }
                    mark.atLatest.append(hash)
                }
            }
            mark.documents += 1
            collection.read(document, self)
        }
        while try cursor.withNext(take) != nil {}
        return mark
    }

    /// Orders mostly come in the order of time, so that this is asked of nearly every one: texts are not copied for it.
    private static func hash(_ id: ValueView) -> UInt64 {
        func hash(_ bytes: UnsafeRawBufferPointer, _ state: UInt64) -> UInt64 {
            var state = state
            for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            return state
        }
        if id.type == .string { return hash(id.bytes, 0xCBF2_9CE4_8422_2325) }
        return (NodeKey.key(id) ?? []).withUnsafeBytes { hash($0, 0x9E37_79B9_7F4A_7C15) }
    }

    func wants(_ type: EdgeType) -> Bool { options.types.contains(type) }

    /// The products of a sale, each once.
    func addSale(customer: ValueView, lines: DocumentView, time: Int64) {
        let buyer = wants(.bought) ? builder.node(.customer, customer) : nil
        guard buyer != nil || together != nil else { return }
        orderNumber &+= 1
        distinct.removeAll()
        var line = lines.elements()
        while line.next() {
            guard line.type == .document, let product = OrderFields.product(of: line.value.asDocument),
                let node = builder.node(.product, product)
            else { continue }
            let number = Int(node.number)
            while seen.count <= number { seen.append(0) }
            if seen[number] == orderNumber { continue }
            seen[number] = orderNumber
            if let buyer { builder.add(.bought, from: buyer, to: node, time: time) }
            if together != nil { distinct.append(node.number) }
        }
        together?.add(distinct.elements, time: time)
    }
}
