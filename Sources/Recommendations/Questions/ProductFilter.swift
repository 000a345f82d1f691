import BSON
import DocumentStore

/// Which products may be recommended, and how a list of them has to look.
public struct ProductFilter: Sendable {
    /// On hand beyond what is reserved, anywhere.
    public var inStock = false
    public var minimumPrice: Decimal128?
    public var maximumPrice: Decimal128?
    /// Any of these; all where there are none.
    public var categories: [String] = []
    public var minimumSustainability: Double?
    /// Only products the customer never bought.
    public var isNew = false
    public var designer: String?
    /// A filter in MongoDB's query language on the products' documents.
    public var matching: Document = [:]
    /// Products that are never shown.
    public var excluded: [String] = []
    /// Products that come first, as long as the other conditions admit them, and are labelled so.
    public var promoted: [String] = []
    /// At most so many of one category.
    public var perCategory: Int?
    /// From 0, by score alone, to 1, as unlike each other as can be.
    public var diversity = 0.0

    public init() {}

    /// The conditions on a product's document.
    private var conditions: [Document] {
        var conditions: [Document] = [["active": ["$ne": false]], ["kind": ["$ne": "service"]]]
        if let minimumPrice { conditions.append(["price": ["$gte": .decimal(minimumPrice)]]) }
        if let maximumPrice { conditions.append(["price": ["$lte": .decimal(maximumPrice)]]) }
        if !categories.isEmpty {
            conditions.append(["category": ["$in": .array(BSONArray(categories.map { .string($0) }))]])
        }
        if let minimumSustainability {
            conditions.append(["sustainabilityScore": ["$gte": .double(minimumSustainability)]])
        }
        if let designer { conditions.append(["designerId": .string(designer)]) }
        if !excluded.isEmpty {
            conditions.append(["_id": ["$nin": .array(BSONArray(excluded.map { .string($0) }))]])
        }
        // Last, so that its place is known where something is wrong with it.
        if !matching.keys.isEmpty { conditions.append(matching) }
        return conditions
    }

    /// What was given and nothing has, or what cannot be as it was asked for, in sentences.
    func oddities(_ log: PurchaseLog, _ candidates: [String: ProductFacts], in database: Database) throws -> [String] {
        var notes: [String] = []
        func advice(_ id: String, _ ids: [String]) -> String {
            nearestName(to: id, among: ids.prefix(20_000)).map { " Did you mean \($0)?" } ?? ""
        }
        let named = promoted + excluded
        if !named.isEmpty {
            let there = Set(
                try database.texts(
                    of: "_id", in: "products",
                    [
                        ["$match": ["_id": ["$in": .array(BSONArray(named.map { .string($0) }))]]],
                        ["$project": ["_id": 1]],
                    ]))
            for (purpose, ids) in [("promote", promoted), ("exclude", excluded)] {
                for id in ids where !there.contains(id) && log.product(id) == nil {
                    notes.append("There is no product \(id) to \(purpose).\(advice(id, log.products))")
                }
            }
            for id in promoted where there.contains(id) && (candidates[id] == nil || log.product(id) == nil) {
                notes.append(
                    "\(id) is not promoted: "
                        + (candidates[id] == nil ? "it does not meet the conditions." : "nobody has bought it yet."))
            }
        }
        if !categories.isEmpty {
            let there = try database.texts(
                of: "_id", in: "products", [["$group": ["_id": "$category"]], ["$sort": ["_id": .int32(1)]]])
            for category in categories where !there.contains(category) {
                notes.append("There is no category \(category).\(advice(category, there))")
            }
        }
        return notes
    }

    /// The products that may be recommended, by id.
    func candidates(in database: Database) throws -> [String: ProductFacts] {
        var facts: [String: ProductFacts] = [:]
        let stages: [Document] = [
            ["$match": ["$and": .array(BSONArray(documents: conditions))]],
            [
                "$project": [
                    "name": 1, "category": 1, "price": 1, "currency": 1, "sustainabilityScore": 1, "designerId": 1,
                ]
            ],
        ]
        do {
            try database.forEachRow(of: "products", stages) { row in
                guard row.find("_id").type == .string else { return }
                facts[row.find("_id").asString] = ProductFacts(row)
            }
        } catch let error as AtelierError {
            // The place in the filter that was given, as other commands name it.
            let place = "pipeline[0].$match.$and[\(conditions.count - 1)]"
            guard !matching.keys.isEmpty, let location = error.location, location.hasPrefix(place) else { throw error }
            throw AtelierError(
                error.code, error.message, at: "filter\(location.dropFirst(place.count))", advice: error.advice)
        }
        guard inStock else { return facts }
        var available = Set<String>()
        let stock: [Document] = [
            [
                "$group": [
                    "_id": "$productId",
                    "free": ["$sum": ["$subtract": ["$onHand", ["$ifNull": ["$reserved", .int32(0)]]]]],
                ]
            ],
            ["$match": ["free": ["$gt": .int32(0)]]],
        ]
        try database.forEachRow(of: "inventory", stock) { row in
            if row.find("_id").type == .string { available.insert(row.find("_id").asString) }
        }
        return facts.filter { available.contains($0.key) }
    }
}

/// What is said of a product besides its id.
public struct ProductFacts: Sendable {
    public let name: String?
    public let category: String?
    public let price: BSONValue?
    public let currency: String?
    public let sustainability: BSONValue?
    public let designer: String?

    init(_ row: DocumentView) {
        func text(_ field: String) -> String? {
            let value = row.find(field)
            return value.type == .string ? value.asString : nil
        }
        func number(_ field: String) -> BSONValue? {
            let value = row.find(field)
            return value.numberAsDouble == nil ? nil : BSONValue(copying: value)
        }
        name = text("name")
        category = text("category")
        price = number("price")
        currency = text("currency")
        sustainability = number("sustainabilityScore")
        designer = text("designerId")
    }
}
