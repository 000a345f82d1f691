import BSON
import DocumentStore

/// Writes the products, sellers, customers, orders and reviews of the Olist tables.
struct OlistDocuments {
    private static let country = "Brazil"
    private static let currency = "BRL"

    let tables: OlistTables
    let load: Load

    func write() throws {
        try writeProducts()
        try writeSellers()
        try writeCustomers()
        try writeOrders()
        try writeReviews()
        if tables.pointsAbroad > 0 {
            load.report.notes.append("\(tables.pointsAbroad) points lie outside Brazil; no location was made of them.")
        }
    }

    private func writeProducts() throws {
        let writer = LoadWriter(
            load.collection("products"),
            existing: .updated(updateKeepingEarliest(["kind", "name", "category", "price", "currency", "attributes"])))
        var untranslated: Set<Int32> = []
        for (index, product) in tables.products.enumerated() {
            if product.category >= 0 && tables.englishCategories[product.category] == nil {
                untranslated.insert(product.category)
            }
            try writer.append { append(product, index, to: $0) }
        }
        load.report.add(try writer.finish())
        if !untranslated.isEmpty {
            let names = untranslated.map { tables.words.text(Int($0)) }.sorted().joined(separator: ", ")
            load.report.notes.append(
                "\(untranslated.count) categories have no English name and keep the Portuguese one: \(names).")
        }
        note(tables.products.count { $0.isListed && $0.category < 0 }, "products have no category.")
        note(
            tables.products.count { !$0.isListed },
            "products stand on orders but not in the products file; only their id is known.")
    }

    private func append(_ product: OlistTables.Product, _ index: Int, to writer: BSONWriter) {
        let id = tables.productIds.text(index)
        let category = product.category < 0 ? nil : tables.englishCategories[product.category] ?? product.category
        let categoryName = category.map { tables.words.text(Int($0)) }
        writer.append("_id", .string(id))
        writer.append("kind", .string("product"))
        // Olist keeps names to itself; category and id make one to tell products apart by.
        writer.append("name", .string("\(categoryName ?? "product") \(id.prefix(8))"))
        if let categoryName { writer.append("category", .string(categoryName)) }
        if let price = product.price { writer.append("price", .decimal(price)) }
        writer.append("currency", .string(OlistDocuments.currency))
        if product.attributes.contains(where: { $0 != nil }) {
            writer.document("attributes") { writer in
                let names = [
                    "nameLength", "descriptionLength", "photos", "weightGrams", "lengthCm", "heightCm", "widthCm",
                ]
                for (name, value) in zip(names, product.attributes) {
                    if let value { writer.append(name, ValueView.int32(value)) }
                }
            }
        }
        writer.append("active", ValueView.bool(true))
        if let firstSold = product.firstSold { writer.append("createdAt", ValueView.date(firstSold)) }
    }

    private func writeSellers() throws {
        let writer = LoadWriter(load.collection("sellers"), existing: .updated(updateKeepingEarliest(["address"])))
        for (index, seller) in tables.sellers.enumerated() {
            try writer.append { writer in
                writer.append("_id", .string(tables.sellerIds.text(index)))
                if let place = seller.place { appendAddress(place, to: writer) }
            }
        }
        load.report.add(try writer.finish())
        note(
            tables.sellers.count { $0.place == nil },
            "sellers stand on orders but not in the sellers file; only their id is known.")
    }

    private func writeCustomers() throws {
        let writer = LoadWriter(load.collection("customers"), existing: .updated(updateKeepingEarliest(["address"])))
        for (index, person) in tables.persons.enumerated() {
            try writer.append { writer in
                writer.append("_id", .string(tables.personIds.text(index)))
                appendAddress(person.place, to: writer)
                if person.firstOrder != .max { writer.append("createdAt", ValueView.date(person.firstOrder)) }
            }
        }
        load.report.add(try writer.finish())
    }

    private func appendAddress(_ place: OlistTables.Place, to writer: BSONWriter) {
        writer.document("address") { writer in
            writer.append("city", .string(tables.words.text(Int(place.city))))
            writer.append("state", .string(tables.words.text(Int(place.state))))
            writer.append("postalCode", .string(tables.words.text(Int(place.postalCode))))
            writer.append("country", .string(OlistDocuments.country))
            guard let points = tables.points[place.postalCode] else { return }
            writer.document("location") { writer in
                writer.append("type", .string("Point"))
                writer.array("coordinates") { writer in
                    writer.appendElement(ValueView.double(points.longitude / Double(points.count)))
                    writer.appendElement(ValueView.double(points.latitude / Double(points.count)))
                }
            }
        }
    }

    private func writeOrders() throws {
        let writer = LoadWriter(load.collection("orders"), existing: .replaced)
        for (index, order) in tables.orders.enumerated() {
            try writer.append { append(order, to: $0) }
            if index & 0xFFF == 0 { load.progress("orders", index, of: tables.orders.count) }
        }
        load.report.add(try writer.finish())
        load.progress("orders", tables.orders.count, of: tables.orders.count)
        note(tables.orders.count { $0.items.isEmpty }, "orders have no items; their total is 0.")
        note(
            tables.orders.count { $0.customer < 0 },
            "orders name a customer who is not in the customers file; they have none.")
    }

    private func append(_ order: OlistTables.Order, to writer: BSONWriter) {
        let customer = order.customer < 0 ? nil : tables.customers[Int(order.customer)]
        writer.append("_id", .string(tables.orderIds.text(Int(order.id))))
        if let customer { writer.append("customerId", .string(tables.personIds.text(Int(customer.person)))) }
        writer.append("kind", .string("sale"))
        writer.append("status", .string(tables.words.text(Int(order.status))))
        writer.append("orderedAt", ValueView.date(order.orderedAt))
        if let date = order.approvedAt { writer.append("approvedAt", ValueView.date(date)) }
        writer.append("channel", .string("online"))
        writer.append("country", .string(OlistDocuments.country))
        var total = Decimal128.zero
        writer.array("items") { writer in
            for item in order.items.sorted(by: { $0.line < $1.line }) {
                total = total + item.price + item.freight
                writer.beginElement(.document)
                writer.append("line", ValueView.int32(item.line))
                writer.append("productId", ValueView.string(borrowing: tables.productIds[Int(item.product)]))
                writer.append("sellerId", ValueView.string(borrowing: tables.sellerIds[Int(item.seller)]))
                writer.append("quantity", ValueView.int32(1))
                writer.append("unitPrice", .decimal(item.price))
                writer.append("freight", .decimal(item.freight))
                writer.end()
            }
        }
        if !order.payments.isEmpty { appendPayments(order, to: writer) }
        writer.document("delivery") { writer in
            writer.append("method", .string("ship"))
            if let place = customer?.place {
                writer.append("postalCode", .string(tables.words.text(Int(place.postalCode))))
                writer.append("state", .string(tables.words.text(Int(place.state))))
            }
            if let date = order.estimatedAt { writer.append("estimatedAt", ValueView.date(date)) }
            if let date = order.shippedAt { writer.append("shippedAt", ValueView.date(date)) }
            if let date = order.deliveredAt { writer.append("deliveredAt", ValueView.date(date)) }
        }
        writer.append("total", .decimal(total))
    }

    private func appendPayments(_ order: OlistTables.Order, to writer: BSONWriter) {
        writer.array("payments") { writer in
            for payment in order.payments.sorted(by: { $0.sequence < $1.sequence }) {
                writer.beginElement(.document)
                writer.append("sequence", ValueView.int32(payment.sequence))
                writer.append("type", .string(tables.words.text(Int(payment.type))))
                writer.append("installments", ValueView.int32(payment.installments))
                writer.append("amount", .decimal(payment.amount))
                writer.end()
            }
        }
    }

    private func writeReviews() throws {
        let writer = LoadWriter(load.collection("reviews"), existing: .replaced)
        for review in tables.reviews {
            let order = tables.orders[Int(review.order)]
            let suffix = review.occurrence > 1 ? ":\(review.occurrence)" : ""
            try writer.append { writer in
                writer.append(
                    "_id",
                    .string(
                        "\(tables.reviewIds.text(Int(review.id))):\(tables.orderIds.text(Int(review.order)))\(suffix)"))
                writer.append("orderId", .string(tables.orderIds.text(Int(review.order))))
                if order.customer >= 0 {
                    let person = tables.customers[Int(order.customer)].person
                    writer.append("customerId", .string(tables.personIds.text(Int(person))))
                }
                writer.array("productIds") { writer in
                    var seen: Set<Int32> = []
                    for item in order.items.sorted(by: { $0.line < $1.line }) where seen.insert(item.product).inserted {
                        writer.appendElement(ValueView.string(borrowing: tables.productIds[Int(item.product)]))
                    }
                }
                writer.append("score", ValueView.int32(review.score))
                if !review.title.isEmpty { writer.append("title", .string(review.title)) }
                if !review.comment.isEmpty { writer.append("comment", .string(review.comment)) }
                writer.append("createdAt", ValueView.date(review.createdAt))
                if let date = review.answeredAt { writer.append("answeredAt", ValueView.date(date)) }
            }
        }
        load.report.add(try writer.finish())
        note(
            tables.reviews.count - tables.reviewIds.count,
            "review ids cover a second order; a review's _id is review_id:order_id.")
    }

    private func note(_ count: Int, _ text: String) {
        if count > 0 { load.report.notes.append("\(count) \(text)") }
    }
}
