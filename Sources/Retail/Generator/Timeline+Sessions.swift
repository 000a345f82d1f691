import BSON

/// Design sessions and tailors' visits.
extension Timeline {
    struct Session {
        let id: String
        let designer: Int
        let style: Int
        let scheduledAt: Int64
        let isInHome: Bool
    }

    /// A designer for one of the customer's styles, and a slot of theirs on or before a day.
    func bookSession(for customer: CustomerProfile, before time: Int64, _ random: inout RandomSource) -> Session {
        let style = random.pick(customer.styles)
        let index = random.pick(designersByStyle[style])
        let designer = shop.designers[index]
        var day = dayNumber(time)
        while !designer.weekdays.contains(UTCDate(milliseconds: Int64(day) * ShopModel.day).isoDayOfWeek) { day -= 1 }
        let halfHours = random.within(designer.firstHour * 2...designer.lastHour * 2)
        return Session(
            id: nextSessionId(), designer: index, style: style,
            scheduledAt: Int64(day) * ShopModel.day + Int64(halfHours) * 1_800_000,
            isInHome: random.chance(0.4))
    }

    /// Writes a session. One that led to an order was completed and showed the order's goods.
    func write(
        _ session: Session, _ customer: CustomerProfile, status: String, products: [Int], _ random: inout RandomSource
    ) throws {
        let document = Document { writer in
            writer.append("_id", .string(session.id))
            writer.append("customerId", .string(customer.id))
            writer.append("designerId", .string(shop.designers[session.designer].id))
            writer.append("mode", .string(session.isInHome ? "inHome" : "virtual"))
            writer.append("status", .string(status))
            writer.append("scheduledAt", ValueView.date(session.scheduledAt))
            writer.append("minutes", ValueView.int32(Int32(random.pick([30, 45, 60, 60, 90]))))
            writer.append("style", .string(Vocabulary.styles[session.style]))
            if random.chance(0.5) { writer.append("brief", .string(random.pick(Vocabulary.briefs))) }
            writer.append("productIds", .array(BSONArray(products.map { .string(shop.products[$0].id) })))
            writer.append("measurementsUploaded", ValueView.bool(random.chance(status == "completed" ? 0.7 : 0.25)))
            if status == "completed" && random.chance(0.6) {
                let score = min(
                    5, max(1, Int((4.2 + (products.isEmpty ? -0.7 : 0.2) + 0.9 * random.normal()).rounded())))
                writer.document("feedback") { writer in
                    writer.append("score", ValueView.int32(Int32(score)))
                    if random.chance(0.3) {
                        writer.append("comment", .string(random.pick(Vocabulary.comments[score - 1])))
                    }
                }
            }
        }
        try sink.add("designSessions", document)
    }

    /// A session that led to nothing: kept without result, called off, or waited for in vain.
    func makeUnproductiveSession(at time: Int64, _ random: inout RandomSource) throws {
        guard customerCount > 0 else { return }
        let customer = returningCustomer(&random)
        let session = bookSession(for: customer, before: time, &random)
        let u = random.unit()
        let status = u < 0.45 ? "completed" : u < 0.75 ? "cancelled" : "noShow"
        let shown = status == "completed" ? [product(at: session.scheduledAt, for: [session.style], &random)] : []
        try write(session, customer, status: status, products: shown, &random)
        if session.isInHome && random.chance(0.3) {
            try makeAppointment(after: session, customer, status: random.chance(0.5) ? "cancelled" : "noShow", &random)
        }
    }

    /// A tailor measures the customer at home, the day after the session.
    func makeAppointment(
        after session: Session, _ customer: CustomerProfile, status: String, _ random: inout RandomSource
    ) throws {
        let day = dayNumber(session.scheduledAt) + 1
        let at = Int64(day) * ShopModel.day + Int64(random.within(18...32)) * 1_800_000
        guard status == "booked" || at < shop.options.end else { return }
        guard let tailor = freeTailor(near: customer.place, on: day, &random) else { return }
        let document = Document { writer in
            writer.append("_id", .string(nextAppointmentId()))
            writer.append("customerId", .string(customer.id))
            writer.append("tailorId", .string(tailor.id))
            writer.append("at", ValueView.date(at))
            writer.append("minutes", ValueView.int32(Int32(random.pick([30, 45, 60]))))
            customer.appendAddress(to: writer)
            writer.append("status", .string(status))
        }
        try sink.add("appointments", document)
    }

    /// What is in the calendars after the end: booked sessions, and visits that go with them.
    func bookAhead() throws {
        guard customerCount > 0 else { return }
        var random = shop.random(.session, 0)
        for _ in 0..<max(1, shop.options.orders / shop.options.days * 6) {
            let customer = returningCustomer(&random)
            // Slots are found backwards, by up to six days: none falls before the end.
            let session = bookSession(
                for: customer, before: shop.options.end + Int64(random.within(7...20)) * ShopModel.day, &random)
            try write(session, customer, status: "booked", products: [], &random)
            if session.isInHome && random.chance(0.6) {
                try makeAppointment(after: session, customer, status: "booked", &random)
            }
        }
    }
}
