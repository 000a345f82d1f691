import BSON
import DocumentStore

/// Writes the products, customers and orders of a book of invoices.
struct OnlineRetailDocuments {
    let book: InvoiceBook
    let currency: String
    let load: Load

    func write() throws {
        try writeProducts()
        try writeCustomers()
        try writeOrders()
        noteConflicts()
    }

    private func writeProducts() throws {
        // What other sources know of a product stays; the earliest sighting counts.
        let writer = LoadWriter(
            load.collection("products"),
            existing: .updated(updateKeepingEarliest(["kind", "name", "price", "currency"])))
        let names = book.names()
        for (index, product) in book.products.enumerated() {
            try writer.append { writer in
                let id = ValueView.string(borrowing: book.productIds[index])
                writer.append("_id", id)
                writer.append("kind", .string(product.isService ? "service" : "product"))
                writer.append("name", names[index] < 0 ? id : .string(borrowing: book.descriptions[Int(names[index])]))
                if product.price >= 0 { writer.append("price", .decimal(book.prices[Int(product.price)])) }
                writer.append("currency", .string(currency))
                writer.append("active", ValueView.bool(true))
                writer.append("createdAt", ValueView.date(product.firstSeen))
            }
        }
        load.report.add(try writer.finish())
        let nameless = names.count { $0 < 0 }
        if nameless > 0 {
            load.report.notes.append("\(nameless) products have no description; their code is their name.")
        }
        let priceless = book.products.count { $0.price < 0 }
        if priceless > 0 {
            load.report.notes.append("\(priceless) products were never sold at a price above zero; they have no price.")
        }
    }

    private func writeCustomers() throws {
        let writer = LoadWriter(
            load.collection("customers"), existing: .updated(updateKeepingEarliest(["address.country"])))
        for (index, customer) in book.customers.enumerated() {
            try writer.append { writer in
                writer.append("_id", ValueView.string(borrowing: book.customerIds[index]))
                if customer.country >= 0 {
                    writer.document("address") {
                        $0.append("country", ValueView.string(borrowing: book.countries[Int(customer.country)]))
                    }
                }
                writer.append("createdAt", ValueView.date(customer.firstSeen))
            }
        }
        load.report.add(try writer.finish())
    }

    private func writeOrders() throws {
        let writer = LoadWriter(load.collection("orders"), existing: .replaced)
        let names = OrderFieldNames()
        for (index, invoice) in book.invoices.enumerated() where invoice.firstLine >= 0 {
            try writer.append { append(invoice, index, names, to: $0) }
            if index & 0xFFF == 0 { load.progress("orders", index, of: book.invoices.count) }
        }
        let written = try writer.finish()
        load.report.add(written)
        load.progress("orders", book.invoices.count, of: book.invoices.count)
        if written.modified > 0 {
            load.report.notes.append(
                "\(written.modified) orders were there with other content and were replaced; their earlier rows are in raw_online_retail."
            )
        }
    }

    private func append(_ invoice: InvoiceBook.Invoice, _ index: Int, _ names: OrderFieldNames, to writer: BSONWriter) {
        writer.append("_id", ValueView.string(borrowing: book.invoiceIds[index]))
        if invoice.customer >= 0 {
            writer.append("customerId", ValueView.string(borrowing: book.customerIds[Int(invoice.customer)]))
        }
        writer.append("kind", .string(invoice.kind.kind))
        writer.append("status", .string(invoice.kind.status))
        writer.append("orderedAt", ValueView.date(invoice.date))
        writer.append("channel", .string("online"))
        if invoice.country >= 0 {
            writer.append("country", ValueView.string(borrowing: book.countries[Int(invoice.country)]))
        }
        var total = Decimal128.zero
        writer.beginArray("items")
        var position = invoice.firstLine
        var number: Int32 = 0
        while position >= 0 {
            let line = book.lines[Int(position)]
            number += 1
            let price = book.prices[Int(line.price)]
            total = total + price * Decimal128(Int64(line.quantity))
            writer.beginElement(.document)
            writer.append(names.line, .int32(number))
            writer.append(names.productId, .string(borrowing: book.productIds[Int(line.product)]))
            writer.append(names.quantity, .int32(line.quantity))
            price.withValue { writer.append(names.unitPrice, $0) }
            if book.products[Int(line.product)].isService { writer.append(names.service, .bool(true)) }
            writer.end()
            position = line.next
        }
        writer.end()
        writer.append("total", .decimal(total))
    }

    private func noteConflicts() {
        let dates = book.invoices.count { $0.hasOtherDates }
        let customers = book.invoices.count { $0.hasOtherCustomers }
        let countries = book.invoices.count { $0.hasOtherCountries }
        if dates > 0 {
            load.report.notes.append("\(dates) invoices have rows with different times; the first row's counts.")
        }
        if customers > 0 {
            load.report.notes.append("\(customers) invoices have rows with different customers; the first counts.")
        }
        if countries > 0 {
            load.report.notes.append("\(countries) invoices have rows with different countries; the first counts.")
        }
    }
}

/// The names inside an order's lines, which are written once a row.
private struct OrderFieldNames {
    let line = FieldName("line")
    let productId = FieldName("productId")
    let quantity = FieldName("quantity")
    let unitPrice = FieldName("unitPrice")
    let service = FieldName("service")
}

extension Decimal128 {
    /// Shows the number as a value for the length of the call.
    @inline(__always)
    func withValue<R>(_ body: (ValueView) throws -> R) rethrows -> R {
        var words = (low.littleEndian, high.littleEndian)
        return try withUnsafeBytes(of: &words) {
            try body(ValueView(type: .decimal, pointer: $0.baseAddress!, length: 16))
        }
    }
}

/// The update that sets these paths as the new document has them and keeps the earlier `createdAt`.
func updateKeepingEarliest(_ paths: [String]) -> (Document) -> Document {
    { document in
        Document { writer in
            let values = paths.compactMap { path in value(at: path, in: document).map { (path, $0) } }
            if !values.isEmpty { writer.append("$set", .document(Document(values))) }
            if let createdAt = document["createdAt"] { writer.append("$min", .document(["createdAt": createdAt])) }
        }
    }
}

private func value(at path: String, in document: Document) -> BSONValue? {
    let parts = path.split(separator: ".").map(String.init)
    return parts.dropFirst().reduce(document[parts[0]]) { $0?.documentValue?[$1] }
}
