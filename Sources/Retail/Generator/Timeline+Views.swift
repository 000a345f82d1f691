import BSON

/// Who looked at what.
extension Timeline {
    /// The visit that led to an order: its goods, and others beside them.
    func makeVisit(
        before time: Int64, _ customer: CustomerProfile?, _ products: [Int], _ campaign: ShopModel.Campaign?,
        _ random: inout RandomSource
    ) throws {
        var seen = products
        for _ in 0..<random.below(5) { seen.append(product(at: time, for: customer?.styles ?? [], &random)) }
        try write(
            seen, endingAt: time, customer, source: campaign?.channel ?? random.pick(Vocabulary.viewSources), &random)
    }

    /// A visit that led to nothing, of a known customer or of somebody.
    func makeVisit(at time: Int64, _ random: inout RandomSource) throws {
        let customer = customerCount > 0 && random.chance(0.5) ? returningCustomer(&random) : nil
        let seen = (0...random.below(4)).map { _ in product(at: time, for: customer?.styles ?? [], &random) }
        try write(seen, endingAt: time, customer, source: random.pick(Vocabulary.viewSources), &random)
    }

    /// Views a minute or so apart, all within the hour before; goods that were not on offer yet are left out.
    private func write(
        _ products: [Int], endingAt time: Int64, _ customer: CustomerProfile?, source: String,
        _ random: inout RandomSource
    ) throws {
        let key = nextVisitKey()
        var at = time - Int64(products.count + 1) * 240_000
        for product in products {
            at += Int64(random.within(8...240)) * 1000
            guard shop.products[product].createdAt <= at else { continue }
            let document = Document { writer in
                writer.append("_id", .string(nextViewId()))
                if let customer { writer.append("customerId", .string(customer.id)) }
                writer.append("productId", .string(shop.products[product].id))
                writer.append("at", ValueView.date(at))
                writer.append("source", .string(source))
                writer.append("sessionKey", .string(key))
            }
            try sink.add("productViews", document)
        }
    }
}
