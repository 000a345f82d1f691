import BSON
import DocumentStore

/// Which products to recommend, to whom, and how.
public struct ProductQuestion: Sendable {
    public enum Subject: Sendable, Equatable {
        case customer(String)
        /// What lies in a basket; more is to be added.
        case basket([String])
        /// Products similar to one.
        case like(String)
        /// What a designer shows: to all the customers who met them.
        case designer(String)
    }

    public var subject: Subject
    /// Nil for the one that suits the subject.
    public var method: RecommendationMethod?
    public var limit = 10
    public var filter = ProductFilter()

    public init(_ subject: Subject) { self.subject = subject }

    /// - Throws: `noSuchKey` for a customer, product or designer that there is not.
    public func answer(_ recommender: Recommender, in database: Database) throws -> ProductAnswer {
        let candidates = try filter.candidates(in: database)
        var answer = ProductAnswer(subject: subject, lastOrder: recommender.log.lastOrder)
        answer.method = chosenMethod
        let audience = try audience(recommender, database, &answer)
        if audience.histories.allSatisfy(\.isEmpty) { answer.method = .popularity }
        let ranking = Ranking(
            recommender: recommender, method: answer.method, audience: audience, filter: filter, candidates: candidates,
            names: database.productNames)
        answer.items = try ranking.list(limit)
        label(&answer)
        answer.candidates = candidates.count
        answer.settings = try recommender.description(of: answer.method)
        if answer.items.isEmpty {
            answer.notes.append(
                recommender.log.isEmpty
                    ? "Nothing has been sold yet: there is nothing to learn from. Load orders with `atelier import`."
                    : candidates.isEmpty
                        ? "No product meets the conditions."
                        : "No product that meets the conditions was ever sold to a customer.")
        } else if answer.items.count < limit {
            answer.notes.append(
                answer.items.count == 1
                    ? "Only 1 product meets the conditions."
                    : "Only \(answer.items.count) products meet the conditions.")
        }
        answer.notes += try filter.oddities(recommender.log, candidates, in: database)
        if filter.inStock && candidates.isEmpty {
            answer.notes.append("--in-stock asks for products with a free quantity in the inventory.")
        }
        return answer
    }

    /// Says of what does not rest on the question what it rests on.
    private func label(_ answer: inout ProductAnswer) {
        let isPopular = answer.items.map { $0.source == RecommendationMethod.popularity.rawValue }
        let (count, method) = (isPopular.count(where: \.self), answer.method)
        if method != .popularity && count > 0 {
            if answer.items.allSatisfy({ $0.source != method.rawValue && $0.source != "viewed" }) {
                answer.fallback = answer.fallback ?? "the method \(method.rawValue) says nothing of these products"
                answer.method = .popularity
            } else {
                let what = count == 1 ? "1 product follows" : "\(count) products follow"
                answer.notes.append("\(what) by popularity: the method \(method.rawValue) says nothing of more.")
            }
        }
        for place in answer.items.indices where answer.items[place].source != RecommendedProduct.promoted {
            answer.items[place].fallback =
                answer.fallback
                ?? (isPopular[place] && answer.method != .popularity
                    ? "the method \(method.rawValue) says nothing of it" : nil)
        }
    }

    private var chosenMethod: RecommendationMethod {
        if let method { return method }
        switch subject {
        case .customer, .designer: return .blend
        case .basket: return .linear
        case .like: return .bm25
        }
    }

    /// For whom products are ranked: what they bought, and what they have already.
    struct Audience {
        var histories: [History] = []
        /// Products that are not to be recommended.
        var taken: Set<Int32> = []
        /// How reasons speak of what is in the histories.
        var verb = "bought"
    }

    private func audience(_ recommender: Recommender, _ database: Database, _ answer: inout ProductAnswer) throws
        -> Audience
    {
        let log = recommender.log
        func products(_ ids: [String]) throws -> [Int32] {
            try ids.compactMap { id in
                if let number = log.product(id) { return Int32(number) }
                guard try database.collection("products").findOne(["_id": .string(id)]) != nil else {
                    throw unknown("product", id, among: log.products)
                }
                answer.notes.append("Nobody has bought \(id) yet: nothing is known of what goes with it.")
                return nil
            }
        }
        var audience = Audience()
        switch subject {
        case .customer(let id):
            audience = try customer(id, log, database, &answer)
        case .basket(let ids):
            let numbers = Set(try products(ids)).sorted()
            audience.histories = [History(baskets: [numbers])]
            audience.taken = Set(numbers)
            audience.verb = "in the basket"
        case .like(let id):
            let numbers = try products([id])
            audience.histories = [History(baskets: [numbers])]
            audience.taken = Set(numbers)
            audience.verb = "like"
        case .designer(let id):
            guard try database.collection("designers").findOne(["_id": .string(id)]) != nil else {
                throw unknown("designer", id, among: try database.designerIds())
            }
            let met = try database.customersWhoMet(id)
            audience.histories = met.compactMap { log.customer($0).map(log.history(of:)) }
            if audience.histories.isEmpty {
                answer.fallback = "no customer who met \(id) has bought anything yet"
            }
            answer.audienceSize = audience.histories.count
        }
        if answer.fallback == nil && audience.histories.allSatisfy(\.isEmpty) {
            answer.fallback = "nobody has bought what is given"
        }
        return audience
    }

    private func customer(
        _ id: String, _ log: PurchaseLog, _ database: Database, _ answer: inout ProductAnswer
    ) throws -> Audience {
        var audience = Audience()
        let document = try database.collection("customers").findOne(["_id": .string(id)])
        // Asked now, and not only when the log was read: who has taken their consent back since is not analysed.
        if document.map(declinesAnalysis) == true {
            answer.fallback = "\(id) does not agree to be analysed"
            if filter.isNew {
                answer.notes.append(
                    "“Only new” could not be applied: the orders of \(id) may not be analysed, and what they bought may be among "
                        + "these.")
            }
            return audience
        }
        if let number = log.customer(id) {
            let history = log.history(of: number)
            audience.histories = [history]
            if filter.isNew { audience.taken = Set(history.baskets.joined()) }
            return audience
        }
        guard document != nil else { throw unknown("customer", id, among: log.customers) }
        let seen = try database.productsSeen(by: id).compactMap { log.product($0).map { Int32($0) } }
        if seen.isEmpty {
            answer.fallback = "\(id) has not bought anything yet"
        } else {
            answer.fallback = "\(id) has not bought anything yet, but looked at products"
            audience.histories = [History(baskets: [Array(Set(seen)).sorted()])]
            audience.verb = "looked at"
        }
        return audience
    }
}

/// Whether a customer's document says that they do not agree to be analysed.
func declinesAnalysis(_ customer: Document) -> Bool {
    customer["consent"]?.documentValue?["analytics"]?.boolValue == false
}

extension Database {
    /// Shows what a pipeline yields, row by row.
    func forEachRow(of collection: String, _ pipeline: [Document], _ body: (DocumentView) throws -> Void) throws {
        let cursor = try self.collection(collection).aggregate(pipeline, allowDiskUse: true)
        while try cursor.withNext(body) != nil {}
    }

    /// The texts in a field of what a pipeline yields.
    func texts(of field: String, in collection: String, _ pipeline: [Document]) throws -> [String] {
        var texts: [String] = []
        try forEachRow(of: collection, pipeline) { row in
            let value = row.find(field)
            if value.type == .string { texts.append(value.asString) }
        }
        return texts
    }

    /// The names of products that have one.
    func productNames(_ ids: [String]) throws -> [String: String] {
        var names: [String: String] = [:]
        let wanted: Document = ["_id": ["$in": .array(BSONArray(ids.map { .string($0) }))]]
        try forEachRow(of: "products", [["$match": .document(wanted)], ["$project": ["name": 1]]]) { row in
            let (id, name) = (row.find("_id"), row.find("name"))
            if id.type == .string, name.type == .string { names[id.asString] = name.asString }
        }
        return names
    }

    func designerIds() throws -> [String] {
        try texts(of: "_id", in: "designers", [["$project": ["_id": 1]], ["$sort": ["_id": .int32(1)]]])
    }

    /// The customers of a designer's sessions that were not cancelled or missed, in the order of their ids.
    fileprivate func customersWhoMet(_ designer: String) throws -> [String] {
        let held: Document = [
            "designerId": .string(designer),
            "status": ["$nin": .array(BSONArray([.string("cancelled"), .string("noShow")]))],
        ]
        return try texts(
            of: "_id", in: "designSessions",
            [["$match": .document(held)], ["$group": ["_id": "$customerId"]], ["$sort": ["_id": .int32(1)]]])
    }

    /// What a customer looked at or was shown in a session.
    fileprivate func productsSeen(by customer: String) throws -> [String] {
        let theirs: Document = ["$match": ["customerId": .string(customer)]]
        return try texts(of: "productId", in: "productViews", [theirs, ["$project": ["productId": 1]]])
            + texts(
                of: "productIds", in: "designSessions",
                [theirs, ["$unwind": "$productIds"], ["$project": ["productIds": 1]]])
    }
}
