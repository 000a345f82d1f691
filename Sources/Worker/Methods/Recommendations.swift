import BSON
import DocumentStore
import Glibc
import Graph
import Recommendations
import Synchronization

extension Method {
    static let recommendationsProducts = Method(
        "recommendations.products",
        "Products for a customer, a basket, like a product, or for a designer to show, with reasons.",
        parameters: [
            .database,
            .optional("customer", .string, "For this customer: their id."),
            .optional("basket", .array(of: .string, minimumCount: 1), "To go with these products: their ids."),
            .optional("like", .string, "Similar to this product: its id."),
            .optional(
                "designer", .string, "Of this designer: for `customer`, otherwise for all the customers who met them."),
            .optional(
                "method", .choice(RecommendationMethod.allCases.map(\.rawValue)),
                "How; a blend for customers and designers, the linear model for baskets, BM25 for similar products otherwise."
            ),
            .recommendationLimit, .explain,
            .optional("new", .boolean.defaulting(to: false), "Only what the customer never bought."),
            .optional("inStock", .boolean.defaulting(to: false), "Only what is free in the inventory."),
            .optional("minPrice", .number, "At least so dear."), .optional("maxPrice", .number, "At most so dear."),
            .optional("categories", .array(of: .string), "Only of these categories."),
            .optional("minSustainability", .number, "Of at least this sustainability score, 0 to 100."),
            .optional("filter", .document, "Only products whose documents match this filter."),
            .optional("exclude", .array(of: .string), "Never these products."),
            .optional("promote", .array(of: .string), "These products first, labelled so."),
            .optional("maxPerCategory", .integer(from: 1), "At most so many of one category."),
            .optional(
                "diversity", .number.defaulting(to: 0), "From 0, by score alone, to 1, as unlike each other as can be."),
            .refresh,
        ],
        result: .object(
            recommendationSummary + [
                .required("method", .string, "The method that was used."),
                .required(
                    "settings", .either(.document, .null),
                    "What it was set to: `source` (`kept` in the store, or `standard`), since when, chosen on how many "
                        + "orders, and its `parameters`; null where there is nothing to set."),
                .required(
                    "products", .documents,
                    "Best first: rank, productId, name, category, price, currency, designerId, score, source, `fallback` where "
                        + "the product does not rest on what was asked about, and with `explain` reasons of kind, productId, name, count and share."
                ),
            ])
    ) { call in
        var question = ProductQuestion(try call.productSubject())
        question.method = call.parameters.string("method").flatMap(RecommendationMethod.init)
        question.limit = call.recommendationLimit
        question.filter = try call.productFilter()
        let (answer, data) = try call.recommending { try question.answer($0, in: $1) }
        return call.result(
            answer.lastOrder, answer.fallback, answer.notes, data,
            [
                ("method", .string(answer.method.rawValue)),
                ("settings", answer.settings.map { .document($0) } ?? .null),
                (
                    "products",
                    .array(BSONArray(documents: answer.items.map { $0.document(explained: call.explains) }))
                ),
            ])
    }

    static let recommendationsDesigners = Method(
        "recommendations.designers", "Designers for a customer or for a brief, with reasons.",
        parameters: [
            .database, .optional("customer", .string, "For this customer: their id."),
            .optional("brief", .string, "For what a customer wants made, in words."), .recommendationLimit, .explain,
            .refresh,
        ],
        result: .object(
            recommendationSummary + [
                .required(
                    "designers", .documents,
                    "Best first: rank, designerId, name, expertise, score, `fallback` where it does not rest on what was asked "
                        + "about, and with `explain` reasons of reason and share."
                )
            ])
    ) { call in
        let subject: DesignerQuestion.Subject
        switch (call.parameters.string("customer"), call.parameters.string("brief")) {
        case (let id?, nil): subject = .customer(id)
        case (nil, let brief?): subject = .brief(brief)
        case (nil, nil): throw call.parameters.invalid("customer", "missing: give it or `brief`")
        default: throw call.parameters.invalid("brief", "not together with `customer`")
        }
        if subject.isEmpty { throw call.parameters.invalid("brief", "it has no word of three letters or more") }
        var question = DesignerQuestion(subject)
        question.limit = call.recommendationLimit
        let (answer, data) = try call.recommending { try question.answer($0, in: $1) }
        return call.result(
            answer.lastOrder, answer.fallback, answer.notes, data,
            [
                (
                    "designers",
                    .array(BSONArray(documents: answer.items.map { $0.document(explained: call.explains) }))
                )
            ])
    }

    static let recommendationsCustomers = Method(
        "recommendations.customers", "Customers who buy like one, with what they have in common.",
        parameters: [
            .database, .required("like", .string, "The customer's id."),
            .optional(
                "consented", .boolean.defaulting(to: false),
                "Only customers who agree to be written to (`consent.marketing` is true)."),
            .recommendationLimit, .explain, .refresh,
        ],
        result: .object(
            recommendationSummary + [
                .required(
                    "customers", .documents,
                    "Most alike first: rank, customerId, similarity from 0 to 1, sharedProducts, and with `explain` reasons of "
                        + "reason and share.")
            ])
    ) { call in
        var question = CustomerQuestion(like: call.parameters.string("like") ?? "")
        question.limit = call.recommendationLimit
        question.consented = call.parameters.bool("consented") ?? false
        let (answer, data) = try call.recommending { try question.answer($0, in: $1) }
        return call.result(
            answer.lastOrder, nil, answer.notes, data,
            [
                (
                    "customers",
                    .array(BSONArray(documents: answer.items.map { $0.document(explained: call.explains) }))
                )
            ])
    }
}

extension Method {
    static let recommendationsTune = Method(
        "recommendations.tune",
        "Chooses the methods' settings on the store's own orders and keeps them in it, for every later answer.",
        parameters: [.database],
        result: .object([
            .required("keptAt", .any, "When they were chosen, a date."),
            .required("orders", .integer(from: 0), "How many orders they were chosen on."),
            .required("parameters", .document, "By method, what was chosen."),
        ])
    ) { call in
        let log = try PurchaseLog(reading: call.database) { count in
            try call.cancellation.check()
            call.progress?.report(done: count)
        }
        let kept = try KeptSettings.choose(
            on: log, for: call.database, observe: { _ in try call.cancellation.check() },
            check: { [cancellation = call.cancellation] in try cancellation.check() })
        return [
            "keptAt": .date(kept.keptAt), "orders": .integer(kept.orders),
            "parameters": .document(kept.settings.parameters),
        ]
    }
}

private let recommendationSummary: [Property] = [
    .required(
        "lastOrder", .any, "The moment of the last order that was learnt from, as a date; null without one."),
    .required(
        "fallback", .either(.string, .null), "Why the answer does not rest on what was asked about; null where it does."
    ),
    .required("notes", .array(of: .string), "What else to know."),
    .required(
        "data",
        .object([
            .required("readAt", .any, "When the orders were read, or the store told that they are the same."),
            .required("latest", .any, "The moment of the last order; null without one."),
            .required(
                "freshness", .choice([Freshness.read, .states, .counts].map(\.rawValue)),
                "How it is known that nothing newer was there: all was `read`; the collections' `states` told that nothing had "
                    + "changed; or their `counts` and the last order's moment did, which a change in place escapes."),
        ]), "The time of the data that was learnt from."),
]

extension Property {
    fileprivate static let recommendationLimit = Property.optional(
        "limit", .integer(1...10_000).defaulting(to: 10), "How many at most.")
    fileprivate static let explain = Property.optional(
        "explain", .boolean.defaulting(to: false), "Whether to say why.")
    fileprivate static let refresh = Property.optional(
        "refresh", .boolean.defaulting(to: false),
        "Read the orders again. Otherwise that is done where orders or customers have changed; on a deployment that is not "
            + "Atelier's own, where their number or the last order's moment has.")
}

/// What was learnt last, kept for the next request.
final class RecommenderCache: Sendable {
    private struct Entry {
        let database: String
        let state: OrderState
        let kept: KeptSettings?
        let recommender: Recommender
    }

    private let kept = Mutex<Entry?>(nil)

    /// The models, and the time of their data: `{readAt, latest, freshness}`.
    func recommender(
        for database: Database, refresh: Bool, read: () throws -> PurchaseLog
    ) throws -> (Recommender, data: Document) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let readAt = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
        func result(_ recommender: Recommender, _ freshness: Freshness) -> (Recommender, data: Document) {
            let latest = recommender.log.lastOrder
            return (
                recommender,
                [
                    "readAt": .date(readAt), "latest": latest.map { .date($0) } ?? .null,
                    "freshness": .string(freshness.rawValue),
                ]
            )
        }
        let state = try OrderState(of: database)
        let settings = try KeptSettings.read(from: database)
        if !refresh, let entry = kept.withLock({ $0 }), entry.database == database.name, entry.state == state,
            entry.kept == settings
        {
            if case .states = state { return result(entry.recommender, .states) }
            return result(entry.recommender, .counts)
        }
        let recommender = Recommender(try read(), kept: settings)
        kept.withLock {
            $0 = Entry(database: database.name, state: state, kept: settings, recommender: recommender)
        }
        return result(recommender, .read)
    }
}

extension Call {
    fileprivate var recommendationLimit: Int { parameters.int("limit") ?? 10 }
    fileprivate var explains: Bool { parameters.bool("explain") ?? false }

    fileprivate func recommending<R>(_ work: (Recommender, Database) throws -> R) throws -> (R, data: Document) {
        let (recommender, data) = try service.recommenders.recommender(
            for: database, refresh: parameters.bool("refresh") ?? false
        ) {
            try PurchaseLog(reading: database) { count in
                try cancellation.check()
                progress?.report(done: count)
            }
        }
        return (try work(recommender, database), data)
    }

    fileprivate func result(
        _ lastOrder: Int64?, _ fallback: String?, _ notes: [String], _ data: Document,
        _ fields: [(String, BSONValue)]
    ) -> Document {
        Document(
            fields + [
                ("lastOrder", lastOrder.map { .date($0) } ?? .null),
                ("fallback", fallback.map { .string($0) } ?? .null),
                ("notes", .array(BSONArray(notes.map { .string($0) }))),
                ("data", .document(data)),
            ])
    }

    fileprivate func productSubject() throws -> ProductQuestion.Subject {
        let given = ["customer", "basket", "like"].filter { parameters[$0] != nil }
        if given.count > 1 { throw parameters.invalid(given[1], "not together with `\(given[0])`") }
        if let id = parameters.string("customer") { return .customer(id) }
        if let ids = parameters["basket"]?.arrayValue { return .basket(ids.compactMap(\.stringValue)) }
        if let id = parameters.string("like") { return .like(id) }
        if let id = parameters.string("designer") { return .designer(id) }
        throw parameters.invalid("customer", "missing: give it, `basket`, `like` or `designer`")
    }

    fileprivate func productFilter() throws -> ProductFilter {
        var filter = ProductFilter()
        func texts(_ name: String) -> [String] { (parameters[name]?.arrayValue ?? []).compactMap(\.stringValue) }
        filter.isNew = parameters.bool("new") ?? false
        if filter.isNew && parameters["customer"] == nil {
            throw parameters.invalid("new", "only with `customer`")
        }
        filter.inStock = parameters.bool("inStock") ?? false
        filter.minimumPrice = try price("minPrice")
        filter.maximumPrice = try price("maxPrice")
        filter.categories = texts("categories")
        filter.minimumSustainability = parameters["minSustainability"]?.doubleValue
        filter.designer = parameters.string("designer")
        filter.matching = parameters.object("filter") ?? [:]
        filter.excluded = texts("exclude")
        filter.promoted = texts("promote")
        filter.perCategory = parameters.int("maxPerCategory")
        filter.diversity = parameters["diversity"]?.doubleValue ?? 0
        guard 0...1 ~= filter.diversity else { throw parameters.invalid("diversity", "must be from 0 to 1") }
        return filter
    }

    private func price(_ name: String) throws -> Decimal128? {
        guard let value = parameters[name] else { return nil }
        let text: String
        switch value {
        case .double(let number): text = number.description
        case .decimal(let number): return number
        default: text = value.integerValue.map { String($0) } ?? ""
        }
        guard let price = Decimal128(text) else { throw parameters.invalid(name, "expected a price such as 19.95") }
        return price
    }
}
