extension PurchaseLog {
    /// A log of orders in any sequence.
    ///
    /// - Parameter orders: `id` decides between a customer's orders of one moment; `time` is in milliseconds since 1970.
    public init(orders: some Sequence<(customer: String, id: String, time: Int64, products: [String])>) {
        var builder = Builder()
        var numbers: [Int32] = []
        for order in orders {
            numbers.removeAll(keepingCapacity: true)
            for product in order.products { numbers.append(builder.number(of: product)) }
            builder.add(customer: order.customer, id: order.id, time: order.time, products: numbers)
        }
        self = builder.finish()
    }
}

extension Recommender {
    /// Learns a model now, so that the first question does not have to wait for it.
    public func prepare(_ method: RecommendationMethod) throws { _ = try model(method) }

    /// The best products of every customer by BM25, those already bought among them: all customers at once, on all processors.
    ///
    /// Customers and products are numbered as in the log; scores are the sums that `bm25` means.
    public func bestByBM25(_ count: Int) throws -> [[(product: Int, score: Float)]] {
        guard let model = try model(.bm25) as? NeighbourModel else { return [] }
        return try model.best(count, for: matrix).map { $0.map { (Int($0.place), $0.score) } }
    }
}

extension RecommendationSettings {
    /// How many similar products each product keeps for BM25, itself among them.
    public var bm25Neighbours: Int {
        get { bm25.neighbours }
        set { bm25.neighbours = max(1, newValue) }
    }
}
