import BSON

/// Products that were recommended, and on what grounds.
public struct ProductAnswer: Sendable {
    public let subject: ProductQuestion.Subject
    public internal(set) var method = RecommendationMethod.blend
    public internal(set) var items: [RecommendedProduct] = []
    /// Why the answer does not rest on purchases; nil where it does.
    public internal(set) var fallback: String?
    /// The moment of the last order that was learnt from, in milliseconds since 1970; nil where there is none.
    public let lastOrder: Int64?
    /// Over how many customers it is, of a designer.
    public internal(set) var audienceSize = 1
    /// How many products met the conditions.
    public internal(set) var candidates = 0
    public internal(set) var notes: [String] = []
    /// What the method was set to and since when: `{source, since, orders, parameters}`; nil where there is nothing to set.
    public internal(set) var settings: Document?

    init(subject: ProductQuestion.Subject, lastOrder: Int64?) {
        self.subject = subject
        self.lastOrder = lastOrder
    }
}

/// One recommended product.
public struct RecommendedProduct: Sendable {
    public let rank: Int
    public let productId: String
    public let facts: ProductFacts?
    /// In the method's own measure; comparable within one answer.
    public let score: Double
    /// The method, `viewed` where that rests on what the customer looked at, `popularity` where it had nothing to say, or
    /// `promoted`.
    public let source: String
    /// The largest first. Shares of what speaks for the product add up to 1; what speaks against it comes last.
    public let reasons: [Reason]
    /// Why the product does not rest on what was asked about; nil where it does.
    public internal(set) var fallback: String?

    static let promoted = "promoted"

    public func document(explained: Bool) -> Document {
        var fields: [(String, BSONValue)] = [
            ("rank", .integer(rank)), ("productId", .string(productId)),
        ]
        if let facts {
            if let name = facts.name { fields.append(("name", .string(name))) }
            if let category = facts.category { fields.append(("category", .string(category))) }
            if let price = facts.price { fields.append(("price", price)) }
            if let currency = facts.currency { fields.append(("currency", .string(currency))) }
            if let designer = facts.designer { fields.append(("designerId", .string(designer))) }
        }
        fields.append(("score", .double(score)))
        fields.append(("source", .string(source)))
        if let fallback { fields.append(("fallback", .string(fallback))) }
        if explained { fields.append(("reasons", .array(BSONArray(documents: reasons.map(\.document))))) }
        return Document(fields)
    }
}

/// A part of a score, in words and as a share.
public struct Reason: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// A product somebody bought, looked at or has in the basket.
        case product(String)
        /// The product itself was bought before.
        case again
        /// The product itself was looked at.
        case seen
        case popularity
        /// All further reasons together.
        case others
        /// All that speaks against the product together.
        case against
    }

    public let kind: Kind
    public let productId: String?
    public let name: String?
    /// Of `again` in how many orders, of `popularity` by how many customers, of `others` and `against` how many reasons.
    public let count: Int
    /// Of all that speaks for the product; below zero of `against`.
    public let share: Double
    /// Whether there are customers who were not counted because they do not agree to be analysed.
    public var isOfConsenting = false

    public var document: Document {
        var fields: [(String, BSONValue)] = [("kind", .string(kindName))]
        if let productId { fields.append(("productId", .string(productId))) }
        if let name { fields.append(("name", .string(name))) }
        if productId == nil && count > 0 { fields.append(("count", .integer(count))) }
        fields.append(("share", .double(share)))
        return Document(fields)
    }

    func named(by names: [String: String]) -> Reason {
        guard let productId else { return self }
        return Reason(kind: kind, productId: productId, name: names[productId], count: count, share: share)
    }

    private var kindName: String {
        switch kind {
        case .product("in the basket"): "basket"
        case .product("looked at"): "viewed"
        case .product("like"): "similar"
        case .product: "bought"
        case .again: "again"
        case .seen: "seen"
        case .popularity: "popularity"
        case .others: "others"
        case .against: "against"
        }
    }

    /// Such as `JUMBO BAG (81 %)`; the only reason there is goes without a share.
    var text: String {
        let part = share == 1 ? "" : " (\(Int((share * 100).rounded())) %)"
        switch kind {
        case .product: return (name ?? productId ?? "") + part
        case .again: return (count == 1 ? "in one order" : count > 1 ? "in \(count) orders" : "before") + part
        case .seen: return "looked at it" + part
        case .popularity:
            let who = count == 1 ? "customer" : "customers"
            return "\(count) \(who)\(isOfConsenting ? " who \(count == 1 ? "agrees" : "agree") to analysis" : "")"
                + part
        case .against:
            let loss = Int((-share * 100).rounded())
            return "\(count) \(count == 1 ? "reason speaks" : "reasons speak") against it (\(loss) %)"
        case .others: return "\(count) smaller \(count == 1 ? "reason" : "reasons")" + part
        }
    }
}

extension RecommendedProduct {
    /// Why, as a sentence: `13085 bought it in 3 orders (79 %), and it goes with …`; empty where nothing is known.
    public func sentence(about subject: ProductQuestion.Subject) -> String {
        if source == RecommendedProduct.promoted { return "promoted" }
        var clauses: [String] = []
        let worthTelling = reasons.filter { ($0.share * 100).rounded().magnitude >= 1 }
        let products = worthTelling.filter { if case .product = $0.kind { true } else { false } }
        if let again = worthTelling.first(where: { $0.kind == .again }) {
            clauses.append("\(subject.text) bought it \(again.text)")
        }
        if let seen = worthTelling.first(where: { $0.kind == .seen }) {
            clauses.append("\(subject.text) \(seen.text)")
        }
        if !products.isEmpty {
            let list = Reason.enumerated(products.map(\.text))
            switch products[0].kind {
            case .product("in the basket"): clauses.append("it goes with \(list)")
            case .product("like"): clauses.append("customers buy it who buy \(list)")
            case .product("looked at"):
                clauses.append("it goes with \(list), which \(clauses.isEmpty ? subject.text : "they") looked at")
            default: clauses.append("it goes with \(list), which \(clauses.isEmpty ? subject.text : "they") bought")
            }
        }
        if let popular = worthTelling.first(where: { $0.kind == .popularity }) {
            if clauses.isEmpty { return "bought by \(popular.text)" }
            let clause = "\(popular.text) bought it"
            clauses.insert(clause, at: popular.share == worthTelling.map(\.share).max() ? 0 : clauses.count)
        }
        if clauses.isEmpty && source == RecommendationMethod.popularity.rawValue { return "popular with everybody" }
        let text =
            clauses.count > 2
            ? clauses.dropLast().joined(separator: ", ") + ", and " + clauses[clauses.count - 1]
            : clauses.joined(separator: ", and ")
        let others = worthTelling.first { $0.kind == .others }.map { "besides \($0.text)" }
        let rest = [others, worthTelling.first { $0.kind == .against }?.text].compactMap(\.self)
        return rest.isEmpty || clauses.isEmpty ? text : text + "; " + rest.joined(separator: ", and ")
    }
}

extension Reason {
    static func enumerated(_ texts: [String]) -> String {
        guard let last = texts.last, texts.count > 1 else { return texts.first ?? "" }
        return texts.dropLast().joined(separator: ", ") + " and " + last
    }
}

extension ProductQuestion.Subject {
    /// As it is spoken of.
    public var text: String {
        switch self {
        case .customer(let id): id
        case .basket(let ids): "a basket of \(Reason.enumerated(ids))"
        case .like(let id): id
        case .designer: "the designer’s customers"
        }
    }
}
