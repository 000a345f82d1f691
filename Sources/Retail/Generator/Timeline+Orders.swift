import BSON

/// Orders, and what follows them: returns and reviews.
extension Timeline {
    struct Line {
        let product: Int
        let quantity: Int
        let discountCents: Int
        var freightCents = 0
    }

    /// When an order moved, as far as the end lets one see.
    struct Progress {
        var status: String
        var approvedAt: Int64?
        var estimatedAt: Int64
        var shippedAt: Int64?
        var deliveredAt: Int64?
        var daysLate = 0.0
    }

    func makeOrder(_ index: Int, at time: Int64) throws {
        var random = shop.random(.order, index)
        let customer = random.chance(0.04) ? nil : try customer(at: time, &random)
        var session: Session?
        if let customer, random.chance(0.38) {
            session = bookSession(for: customer, before: time - Int64(random.within(2...12)) * ShopModel.day, &random)
        }
        let campaign = random.chance(0.35) ? shop.campaign(at: time) : nil
        let products = goods(at: time, for: customer, session, &random)
        let isPickup = random.chance(0.12)
        var lines = products.map { line($0, campaign?.discountPercent ?? 0, &random) }
        let subtotal = lines.reduce(0) { $0 + shop.products[$1.product].priceCents * $1.quantity - $1.discountCents }
        if !isPickup && subtotal < 15_000 { lines[0].freightCents = random.pick([490, 690]) }
        let progress = progress(at: time, lines, isPickup: isPickup, &random)
        let order = Order(
            index: index, time: time, customer: customer, session: session, campaign: campaign, lines: lines,
            isPickup: isPickup, progress: progress,
            channel: session != nil ? "studio" : isPickup ? "store" : random.chance(0.3) ? "app" : "online")
        try write(order, &random)
        if let customer, let session {
            let extra = random.chance(0.4) ? [product(at: session.scheduledAt, for: [session.style], &random)] : []
            let shown = products.filter { shop.products[$0].createdAt <= session.scheduledAt }
            try write(
                session, customer, status: "completed", products: shown + extra.filter { !shown.contains($0) }, &random)
            if random.chance(session.isInHome ? 0.8 : 0.25) {
                try makeAppointment(
                    after: session, customer, status: random.chance(0.93) ? "completed" : "cancelled", &random)
            }
        }
        if random.chance(0.7) { try makeVisit(before: time, customer, products, campaign, &random) }
        guard progress.deliveredAt != nil else { return }
        try makeReturn(of: order, &random)
        try makeReview(of: order, &random)
    }

    struct Order {
        let index: Int
        let time: Int64
        let customer: CustomerProfile?
        let session: Session?
        let campaign: ShopModel.Campaign?
        let lines: [Line]
        let isPickup: Bool
        let progress: Progress
        let channel: String
    }

    /// Different goods, one to about six: the first from the session's designer or the shelf, others beside it.
    private func goods(
        at time: Int64, for customer: CustomerProfile?, _ session: Session?, _ random: inout RandomSource
    ) -> [Int] {
        let styles = session.map { [$0.style] } ?? customer?.styles ?? []
        var products: [Int] = []
        func add(_ product: Int) { if !products.contains(product) { products.append(product) } }
        if let session, random.chance(0.7) {
            let own = productsByDesigner[session.designer].filter { shop.products[$0].createdAt <= time }
            if !own.isEmpty { add(random.pick(own)) }
        }
        if products.isEmpty { add(product(at: time, for: styles, &random)) }
        let companion = shop.products[products[0]].companion
        if random.chance(0.32) && shop.products[companion].createdAt <= time { add(companion) }
        while products.count < 6 && random.chance(0.3) { add(product(at: time, for: styles, &random)) }
        return products
    }

    private func line(_ product: Int, _ percent: Int, _ random: inout RandomSource) -> Line {
        let isSmall = Vocabulary.categories[shop.products[product].category].leadDays <= 16
        let quantity = random.chance(isSmall ? 0.3 : 0.06) ? random.within(2...4) : 1
        // Half a cent rounds up.
        let discount = (shop.products[product].priceCents * quantity * percent + 50) / 100
        return Line(product: product, quantity: quantity, discountCents: discount)
    }

    private func progress(at time: Int64, _ lines: [Line], isPickup: Bool, _ random: inout RandomSource) -> Progress {
        let end = shop.options.end
        let lead = lines.map { Vocabulary.categories[shop.products[$0.product].category].leadDays }.max()!
        let promised = Int64(dayNumber(time) + lead + 1) * ShopModel.day
        var progress = Progress(status: "created", estimatedAt: promised)
        let approvedAt = time + Int64(300 + random.below(3 * random.below(43_200) + 1)) * 1000
        if random.chance(0.025) {
            progress.status = "canceled"
            return progress
        }
        guard approvedAt <= end else { return progress }
        (progress.status, progress.approvedAt) = ("processing", approvedAt)
        let month = UTCDate(milliseconds: time).month
        let risk = lines.map { shop.unreliability(ofSupplier: shop.products[$0.product].supplier) }.max()!
        var making = Double(lead) * (0.42 + 0.25 * random.unit())
        if random.chance(0.04 + risk + (month >= 11 ? 0.06 : 0)) {
            making = Double(lead) * 0.85 + 1 + random.exponential(mean: 4.5)
        }
        let shippedAt = approvedAt + Int64(making * 86_400) * 1000
        guard shippedAt <= end else { return progress }
        (progress.status, progress.shippedAt) = ("shipped", shippedAt)
        let deliveredAt = shippedAt + Int64(random.within(isPickup ? 3_600...172_800 : 64_800...302_400)) * 1000
        guard deliveredAt <= end else { return progress }
        (progress.status, progress.deliveredAt) = ("delivered", deliveredAt)
        progress.daysLate = max(0, Double(deliveredAt - promised) / 86_400_000)
        return progress
    }

    private func write(_ order: Order, _ random: inout RandomSource) throws {
        let progress = order.progress
        let document = Document { writer in
            writer.append("_id", .string(identifier("O", order.index, digits: 8)))
            if let customer = order.customer { writer.append("customerId", .string(customer.id)) }
            writer.append("kind", .string("sale"))
            writer.append("status", .string(progress.status))
            writer.append("orderedAt", ValueView.date(order.time))
            if let date = progress.approvedAt { writer.append("approvedAt", ValueView.date(date)) }
            writer.append("channel", .string(order.channel))
            if let customer = order.customer {
                writer.append("country", .string(Vocabulary.places[customer.place].country))
            }
            if let session = order.session { writer.append("sessionId", .string(session.id)) }
            if let campaign = order.campaign { writer.append("campaignId", .string(campaign.id)) }
            let total = appendItems(order.lines, sign: 1, to: writer)
            if progress.status != "canceled" { appendPayments(total, &random, to: writer) }
            writer.document("delivery") { writer in
                writer.append("method", .string(order.isPickup ? "pickup" : "ship"))
                if let customer = order.customer, !order.isPickup {
                    writer.append("postalCode", .string(customer.postalCode))
                    writer.append("state", .string(Vocabulary.places[customer.place].state))
                }
                writer.append("estimatedAt", ValueView.date(progress.estimatedAt))
                if let date = progress.shippedAt { writer.append("shippedAt", ValueView.date(date)) }
                if let date = progress.deliveredAt { writer.append("deliveredAt", ValueView.date(date)) }
            }
            writer.append("total", .decimal(Decimal128(cents: total)))
        }
        try sink.add("orders", document)
    }

    /// Writes lines and returns their sum in cents. On a return all is negative: quantities, and discounts taken back.
    private func appendItems(_ lines: [Line], sign: Int, to writer: BSONWriter) -> Int {
        var total = 0
        writer.beginArray("items")
        for (number, line) in lines.enumerated() {
            let product = shop.products[line.product]
            total += sign * (product.priceCents * line.quantity + line.freightCents - line.discountCents)
            writer.beginElement(.document)
            writer.append("line", ValueView.int32(Int32(number + 1)))
            writer.append("productId", .string(product.id))
            if let seller = product.seller { writer.append("sellerId", .string(identifier("L", seller, digits: 4))) }
            writer.append("quantity", ValueView.int32(Int32(sign * line.quantity)))
            writer.append("unitPrice", .decimal(Decimal128(cents: product.priceCents)))
            if line.freightCents > 0 { writer.append("freight", .decimal(Decimal128(cents: sign * line.freightCents))) }
            if line.discountCents > 0 {
                writer.append("discount", .decimal(Decimal128(cents: sign * line.discountCents)))
            }
            writer.end()
        }
        writer.end()
        return total
    }

    private func appendPayments(_ total: Int, _ random: inout RandomSource, to writer: BSONWriter) {
        let u = random.unit()
        let type = u < 0.58 ? "card" : u < 0.83 ? "paypal" : "invoice"
        let gift = random.chance(0.08) ? min(total, random.pick([2_500, 5_000, 10_000])) : 0
        let installments = type == "card" && random.chance(0.2) ? random.pick([3, 6, 12]) : 1
        writer.array("payments") { writer in
            let parts = [(gift, "giftCard", 1), (total - gift, type, installments)].filter { $0.0 > 0 }
            for (number, part) in parts.enumerated() {
                writer.beginElement(.document)
                writer.append("sequence", ValueView.int32(Int32(number + 1)))
                writer.append("type", .string(part.1))
                writer.append("installments", ValueView.int32(Int32(part.2)))
                writer.append("amount", .decimal(Decimal128(cents: part.0)))
                writer.end()
            }
        }
    }

    /// Some goods come back: poor ones oftener, those made after a session seldom. `R00000042` takes back from `O00000042`.
    private func makeReturn(of order: Order, _ random: inout RandomSource) throws {
        guard let deliveredAt = order.progress.deliveredAt else { return }
        let quality = order.lines.map { shop.products[$0.product].quality }.min()!
        let risk = (0.03 + 0.18 * (1 - quality)) * (order.session == nil ? 1 : 0.5)
        guard random.chance(risk) else { return }
        let time = deliveredAt + Int64(random.within(172_800...1_728_000)) * 1000
        guard time <= shop.options.end else { return }
        let first = random.below(order.lines.count)
        let lines = order.lines.indices.filter { $0 == first || random.chance(0.3) }.map { index in
            Line(
                product: order.lines[index].product, quantity: order.lines[index].quantity,
                discountCents: order.lines[index].discountCents)
        }
        let document = Document { writer in
            writer.append("_id", .string(identifier("R", order.index, digits: 8)))
            if let customer = order.customer { writer.append("customerId", .string(customer.id)) }
            writer.append("kind", .string("return"))
            writer.append("status", .string("returned"))
            writer.append("orderedAt", ValueView.date(time))
            writer.append("channel", .string(order.channel))
            if let customer = order.customer {
                writer.append("country", .string(Vocabulary.places[customer.place].country))
            }
            let total = appendItems(lines, sign: -1, to: writer)
            writer.array("payments") { writer in
                writer.beginElement(.document)
                writer.append("sequence", ValueView.int32(1))
                writer.append("type", .string("refund"))
                writer.append("installments", ValueView.int32(1))
                writer.append("amount", .decimal(Decimal128(cents: total)))
                writer.end()
            }
            writer.append("total", .decimal(Decimal128(cents: total)))
        }
        try sink.add("orders", document)
    }

    /// What customers say: good goods please, late ones do not.
    private func makeReview(of order: Order, _ random: inout RandomSource) throws {
        guard let customer = order.customer, let deliveredAt = order.progress.deliveredAt, random.chance(0.42) else {
            return
        }
        let createdAt = deliveredAt + Int64(random.within(43_200...1_036_800)) * 1000
        guard createdAt <= shop.options.end else { return }
        let quality = order.lines.map { shop.products[$0.product].quality }.reduce(0, +) / Double(order.lines.count)
        let late = order.progress.daysLate
        let mood =
            4.35 + 2.6 * (quality - 0.72) + (order.session == nil ? 0 : 0.2)
            - (late > 0 ? 1.5 + min(late, 12) * 0.08 : 0)
        let score = min(5, max(1, Int((mood + 0.85 * random.normal()).rounded())))
        let answeredAt = random.chance(0.7) ? createdAt + Int64(random.within(1_800...259_200)) * 1000 : .max
        let document = Document { writer in
            writer.append("_id", .string(nextReviewId()))
            writer.append("orderId", .string(identifier("O", order.index, digits: 8)))
            writer.append("customerId", .string(customer.id))
            writer.append("productIds", .array(BSONArray(order.lines.map { .string(shop.products[$0.product].id) })))
            writer.append("score", ValueView.int32(Int32(score)))
            if random.chance(0.5) { writer.append("comment", .string(random.pick(Vocabulary.comments[score - 1]))) }
            writer.append("createdAt", ValueView.date(createdAt))
            if answeredAt <= shop.options.end { writer.append("answeredAt", ValueView.date(answeredAt)) }
        }
        try sink.add("reviews", document)
    }
}
