import BSON
import DocumentStore

/// Which customers are like one, by what they buy.
///
/// The cosine of two customers' purchases, with products that few buy counting more, as BM25 weighs them.
public struct CustomerQuestion: Sendable {
    public var customer: String
    public var limit = 10
    /// Only customers who agree to be written to (`consent.marketing` is true).
    public var consented = false

    public init(like customer: String) { self.customer = customer }

    /// - Throws: `noSuchKey` for a customer that there is not.
    public func answer(_ recommender: Recommender, in database: Database) throws -> CustomerAnswer {
        let log = recommender.log
        var answer = CustomerAnswer(customer: customer, lastOrder: log.lastOrder)
        let document = try database.collection("customers").findOne(["_id": .string(customer)])
        if document.map(declinesAnalysis) == true {
            answer.notes.append("\(customer) does not agree to be analysed.")
            return answer
        }
        guard let number = log.customer(customer) else {
            guard document != nil else { throw unknown("customer", customer, among: log.customers) }
            answer.notes.append("\(customer) has not bought anything yet: nobody is alike.")
            return answer
        }
        var allowed: Set<String>?
        if consented {
            allowed = Set(
                try database.texts(
                    of: "_id", in: "customers", [["$match": ["consent.marketing": true]], ["$project": ["_id": 1]]]))
        }
        let weights = CustomerQuestion.weights(recommender.matrix)
        let buyers = weights.transposed()
        var products = [Float](repeating: 0, count: log.customers.count)
        for entry in weights.entries(of: number) {
            for other in buyers.entries(of: Int(weights.columns[entry])) {
                products[Int(buyers.columns[other])] += weights.values[entry] * buyers.values[other]
            }
        }
        var list = TopList(limit)
        for other in products.indices where other != number && products[other] > 0 {
            if allowed?.contains(log.customers[other]) ?? true { list.offer(Int32(other), products[other]) }
        }
        let names = try names(of: log, in: database)
        let mine = Array(weights.entries(of: number))
        answer.items = list.sorted().enumerated().map { rank, entry in
            let theirs = weights.entries(of: Int(entry.place))
            var shared: [(product: Int32, amount: Double)] = []
            for place in mine {
                guard let other = theirs.first(where: { weights.columns[$0] == weights.columns[place] }) else {
                    continue
                }
                shared.append((weights.columns[place], Double(weights.values[place]) * Double(weights.values[other])))
            }
            return SimilarCustomer(
                rank: rank + 1, customerId: log.customers[Int(entry.place)], similarity: Double(entry.score),
                sharedProducts: shared.count,
                reasons: CustomerQuestion.reasons(shared) { names[Int($0)] ?? log.products[Int($0)] })
        }
        if answer.items.isEmpty { answer.notes.append("Nobody else bought any of what \(customer) bought.") }
        return answer
    }

    /// Customers by products: counts weighted by how few customers buy the product, rows of length 1.
    private static func weights(_ matrix: InteractionMatrix) -> InteractionMatrix {
        let sizes = matrix.columnSizes()
        var values = matrix.values
        for row in 0..<matrix.rowCount {
            let entries = matrix.entries(of: row)
            var squares = 0.0
            for entry in entries {
                let count = Double(values[entry])
                let rarity = logarithm(1 + Double(matrix.rowCount) / Double(sizes[Int(matrix.columns[entry])]))
                let value = count * 2.2 / (count + 1.2) * rarity
                squares += value * value
                values[entry] = Float(value)
            }
            let norm = Float(squares.squareRoot())
            if norm > 0 { for entry in entries { values[entry] /= norm } }
        }
        return matrix.replacing(values)
    }

    private static func reasons(_ shared: [(product: Int32, amount: Double)], name: (Int32) -> String)
        -> [(text: String, share: Double)]
    {
        let total = shared.reduce(0) { $0 + $1.amount }
        guard total > 0 else { return [] }
        let sorted = shared.sorted { $0.amount != $1.amount ? $0.amount > $1.amount : $0.product < $1.product }
        var reasons = sorted.prefix(3).map { (text: name($0.product), share: $0.amount / total) }
        if sorted.count > 3 {
            reasons.append(
                ("\(sorted.count - 3) more products", 1 - reasons.reduce(0) { $0 + $1.share }))
        }
        return reasons
    }

    private func names(of log: PurchaseLog, in database: Database) throws -> [String?] {
        var names = [String?](repeating: nil, count: log.products.count)
        try database.forEachRow(of: "products", [["$project": ["name": 1]]]) { row in
            let (id, name) = (row.find("_id"), row.find("name"))
            if id.type == .string, name.type == .string, let place = log.product(id.asString) {
                names[place] = name.asString
            }
        }
        return names
    }
}

/// Customers like one.
public struct CustomerAnswer: Sendable {
    public let customer: String
    public internal(set) var items: [SimilarCustomer] = []
    public let lastOrder: Int64?
    public internal(set) var notes: [String] = []

    init(customer: String, lastOrder: Int64?) {
        self.customer = customer
        self.lastOrder = lastOrder
    }
}

/// One similar customer.
public struct SimilarCustomer: Sendable {
    public let rank: Int
    public let customerId: String
    /// The cosine, from 0 to 1.
    public let similarity: Double
    public let sharedProducts: Int
    /// The products both bought that make them alike, the largest share first; shares add up to 1.
    public let reasons: [(text: String, share: Double)]

    public func document(explained: Bool) -> Document {
        var fields: [(String, BSONValue)] = [
            ("rank", .integer(rank)), ("customerId", .string(customerId)), ("similarity", .double(similarity)),
            ("sharedProducts", .integer(sharedProducts)),
        ]
        if explained { fields.append(("reasons", reasonValue(reasons))) }
        return Document(fields)
    }

    public var sentence: String { reasonSentence(reasons) }
}
