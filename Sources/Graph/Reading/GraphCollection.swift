import BSON

/// A collection that nodes or edges are read from, and how.
struct GraphCollection: Sendable {
    let name: String
    /// The edges its documents make.
    let types: Set<EdgeType>
    /// The nodes its documents are; nil where they are none.
    let nodes: NodeKind?
    /// The field that says when it happened; nil where documents have no such time.
    let time: String?
    /// The fields to ask for; nil for whole documents, where picking fields would cost more than it spares.
    let projection: Document?
    let read: @Sendable (DocumentView, StoreReader) -> Void

    static let all = [customers, products, designers, orders, productViews, reviews, designSessions]

    static let customers = nodes(.customer)
    static let designers = nodes(.designer)

    private static func nodes(_ kind: NodeKind) -> GraphCollection {
        let id = FieldName("_id")
        return GraphCollection(
            name: kind.collection, types: [], nodes: kind, time: nil, projection: ["_id": 1]
        ) { document, reader in _ = reader.builder.node(kind, document.find(id)) }
    }

    static let products: GraphCollection = {
        let (id, designer, createdAt) = (FieldName("_id"), FieldName("designerId"), FieldName("createdAt"))
        return GraphCollection(
            name: "products", types: [.designed], nodes: .product, time: nil,
            projection: ["designerId": 1, "createdAt": 1]
        ) { document, reader in
            guard let product = reader.builder.node(.product, document.find(id)), reader.wants(.designed),
                let designer = reader.builder.node(.designer, document.find(designer))
            else { return }
            reader.builder.add(.designed, from: designer, to: product, time: date(document.find(createdAt)))
        }
    }()

    static let orders = GraphCollection(
        name: "orders", types: [.bought, .boughtTogether], nodes: nil, time: "orderedAt",
        projection: nil
    ) { document, reader in
        guard let sale = OrderFields.sale(document) else { return }
        reader.addSale(customer: sale.customer, lines: sale.lines, time: sale.time)
    }

    static let productViews: GraphCollection = {
        let (customer, product, at) = (FieldName("customerId"), FieldName("productId"), FieldName("at"))
        return GraphCollection(
            name: "productViews", types: [.viewed], nodes: nil, time: "at",
            projection: nil
        ) { document, reader in
            guard let customer = reader.builder.node(.customer, document.find(customer)),
                let product = reader.builder.node(.product, document.find(product))
            else { return }
            reader.builder.add(.viewed, from: customer, to: product, time: date(document.find(at)))
        }
    }()

    static let reviews: GraphCollection = {
        let (customer, products) = (FieldName("customerId"), FieldName("productIds"))
        let (score, createdAt) = (FieldName("score"), FieldName("createdAt"))
        return GraphCollection(
            name: "reviews", types: [.reviewed], nodes: nil, time: "createdAt",
            projection: ["customerId": 1, "productIds": 1, "score": 1, "createdAt": 1]
        ) { document, reader in
            let products = document.find(products)
            guard products.type == .array, let score = document.find(score).numberAsDouble,
                let customer = reader.builder.node(.customer, document.find(customer))
            else { return }
            let time = date(document.find(createdAt))
            var product = products.asDocument.elements()
            while product.next() {
                guard let node = reader.builder.node(.product, product.value) else { continue }
                reader.builder.add(.reviewed, from: customer, to: node, weight: Float(score), time: time)
            }
        }
    }()

    static let designSessions: GraphCollection = {
        let (customer, designer) = (FieldName("customerId"), FieldName("designerId"))
        let (status, at) = (FieldName("status"), FieldName("scheduledAt"))
        return GraphCollection(
            name: "designSessions", types: [.met], nodes: nil, time: "scheduledAt",
            projection: nil
        ) { document, reader in
            let status = document.find(status)
            guard !isText(status, "cancelled"), !isText(status, "noShow"),
                let customer = reader.builder.node(.customer, document.find(customer)),
                let designer = reader.builder.node(.designer, document.find(designer))
            else { return }
            reader.builder.add(.met, from: customer, to: designer, time: date(document.find(at)))
        }
    }()
}

/// A date's milliseconds; `Graph.noTime` for anything else.
private func date(_ value: ValueView) -> Int64 { value.type == .date ? value.asDate : Graph.noTime }

private func isText(_ value: ValueView, _ text: StaticString) -> Bool {
    value.type == .string && Int(value.length) == text.utf8CodeUnitCount
        && value.bytes.elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}

/// What an order says about who bought what: one walk over its fields, one over each line's.
enum OrderFields {
    private static let kind = FieldName("kind")
    private static let status = FieldName("status")
    private static let customerId = FieldName("customerId")
    private static let orderedAt = FieldName("orderedAt")
    private static let items = FieldName("items")
    private static let productId = FieldName("productId")
    private static let quantity = FieldName("quantity")
    private static let unitPrice = FieldName("unitPrice")
    private static let service = FieldName("service")

    /// Nil where the order is no sale, was canceled, or could not be delivered.
    static func sale(_ order: DocumentView) -> (customer: ValueView, lines: DocumentView, time: Int64)? {
        var (customer, lines, time) = (ValueView.missing, ValueView.missing, Graph.noTime)
        var isSale = false
        var element = order.elements()
        while element.next() {
            if element.keyEquals(kind) {
                guard isText(element.value, "sale") else { return nil }
                isSale = true
            } else if element.keyEquals(status) {
                if isText(element.value, "canceled") || isText(element.value, "unavailable") { return nil }
            } else if element.keyEquals(customerId) {
                customer = element.value
            } else if element.keyEquals(orderedAt) {
                time = date(element.value)
            } else if element.keyEquals(items) {
                lines = element.value
            }
        }
        return isSale && lines.type == .array ? (customer, lines.asDocument, time) : nil
    }

    /// The product of a line; nil for services and for what was given away or taken back.
    @inline(__always)
    static func product(of line: DocumentView) -> ValueView? {
        var product = ValueView.missing
        var element = line.elements()
        while element.next() {
            if element.keyEquals(productId) {
                product = element.value
            } else if element.keyEquals(quantity) || element.keyEquals(unitPrice) {
                guard isPositive(element.value) else { return nil }
            } else if element.keyEquals(service) {
                if element.value.isTruthy { return nil }
            }
        }
        return product.isNullish ? nil : product
    }

    @inline(__always)
    private static func isPositive(_ value: ValueView) -> Bool {
        switch value.type {
        case .int32: value.asInt32 > 0
        case .int64: value.asInt64 > 0
        case .double: value.asDouble > 0
        case .decimal: !value.asDecimal.isNegative && !value.asDecimal.isZero
        default: false
        }
    }
}
