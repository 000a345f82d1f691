import BSON
import DocumentStore

/// How well designers are foretold: each customer's last design session is held out, with what they ordered from then on,
/// and the designers recommended from what was before are compared with the one it was held with.
///
/// Customers count who have two sessions or more that were not cancelled or missed and agree to be analysed. What others
/// did later is known, which flatters every method alike.
public struct DesignerEvaluation: Sendable {
    /// One method in one setting.
    public struct Row: Sendable {
        /// `blend` (what `recommend designers` does), `sessions` (who was met most), `popularity` (who holds most sessions).
        public let method: String
        /// `all`, or `new`: only designers the customer had not met, and nobody else is recommended.
        public let setting: String
        let first: RankingQuality
        let three: RankingQuality

        public var document: Document {
            [
                "method": .string(method), "setting": .string(setting), "users": .integer(three.users),
                "hitRate1": .double(first.hitRate), "hitRate3": .double(three.hitRate),
                "hitRate3Low": .double(three.hitRateInterval.lowerBound),
                "hitRate3High": .double(three.hitRateInterval.upperBound), "mrr3": .double(three.reciprocalRank),
                "coverage3": .double(three.coverage),
            ]
        }
    }

    public let rows: [Row]
    public let designers: Int
    public let sessions: Int

    private struct Session {
        let time: Int64
        let id: String
        let designer: String
        let weight: Double
    }

    private struct Customer {
        var sessions: [Session] = []
        var styles: Set<String> = []
        var isWithheld = false
    }

    /// - Parameters:
    ///   - log: all orders.
    ///   - seed: draws the bootstrap samples.
    /// - Throws: `badValue` where no customer has two sessions; what the store and `check` throw.
    public init(
        _ log: PurchaseLog, in database: Database, settings: RecommendationSettings = RecommendationSettings(),
        seed: UInt64 = 1, check: @escaping @Sendable () throws -> Void = {}
    ) throws {
        let designers = try Designer.all(in: database)
        let numbers = Dictionary(
            designers.enumerated().map { ($1.id, Int32($0)) }, uniquingKeysWith: { first, _ in first })
        let customers = try DesignerEvaluation.customers(in: database)
        let judged = customers.filter {
            !$0.value.isWithheld && $0.value.sessions.count > 1 && numbers[$0.value.sessions.last!.designer] != nil
        }.sorted { $0.key < $1.key }
        guard !judged.isEmpty else {
            throw AtelierError(
                .badValue, "no customer has two design sessions that were held",
                advice: "Quality is measured on customers' last sessions; load more of them first.")
        }
        let heldOut = Dictionary(uniqueKeysWithValues: judged.map { ($0.key, $0.value.sessions.last!.time) })
        let training = log.before { heldOut[$0] }
        let recommender = Recommender(training, settings: settings)
        let makers = try Designer.makers(in: database, training)
        var popularity = [Double](repeating: 0, count: designers.count)
        for (id, customer) in customers {
            for session in customer.sessions.dropLast(heldOut[id] == nil ? 0 : 1) {
                if let number = numbers[session.designer] { popularity[Int(number)] += 1 }
            }
        }
        let names = ["blend", "sessions", "popularity"]
        let settingNames = HoldoutSplit.Setting.allCases.map(\.rawValue)
        var lists = [[[(list: [Int32], truth: Int32)]]](
            repeating: [[(list: [Int32], truth: Int32)]](repeating: [], count: settingNames.count), count: names.count)
        for (id, customer) in judged {
            try check()
            let known = customer.sessions.dropLast()
            let history = training.customer(id).map(training.history(of:)) ?? History(baskets: [])
            let match = DesignerMatch(
                sessions: known.map { ($0.designer, $0.weight) }, bought: history.weights(decay: 0.9),
                liked: history.isEmpty ? [] : try recommender.scores(.bm25, for: history), styles: customer.styles)
            let blend = match.reasons(for: designers, makers: makers).map { $0.reduce(0) { $0 + $1.amount } }
            let met = designers.map { designer in
                known.reduce(0) { $0 + ($1.designer == designer.id ? $1.weight : 0) }
            }
            let truth = numbers[customer.sessions.last!.designer]!
            let isNew = met[Int(truth)] == 0
            for (method, scores) in [blend, met, popularity].enumerated() {
                // Of equals the one who holds more sessions, as the others do.
                let order = designers.indices.sorted {
                    (scores[$1], popularity[$1], $0) < (scores[$0], popularity[$0], $1)
                }.map { Int32($0) }
                lists[method][0].append((order, truth))
                if isNew { lists[method][1].append((order.filter { met[Int($0)] == 0 }, truth)) }
            }
        }
        rows = names.indices.flatMap { method in
            settingNames.indices.compactMap { setting -> Row? in
                let judged = lists[method][setting]
                // Of whom nobody met, meeting says nothing.
                guard !judged.isEmpty, !(names[method] == "sessions" && setting == 1) else { return nil }
                func quality(_ length: Int) -> RankingQuality {
                    RankingQuality(
                        judged.map { .init($0.list, truth: [$0.truth], length: length) },
                        recommended: Set(judged.flatMap { $0.list.prefix(length) }), products: designers.count,
                        seed: seed)
                }
                return Row(
                    method: names[method], setting: settingNames[setting], first: quality(1), three: quality(3))
            }
        }
        self.designers = designers.count
        sessions = customers.values.reduce(0) { $0 + $1.sessions.count }
    }

    /// Everybody who had a session that was not cancelled or missed, with these, oldest first.
    private static func customers(in database: Database) throws -> [String: Customer] {
        var customers: [String: Customer] = [:]
        let held: Document = ["status": ["$nin": .array(BSONArray([.string("cancelled"), .string("noShow")]))]]
        try database.forEachRow(of: "designSessions", [["$match": .document(held)]]) { row in
            let (customer, designer, time) = (
                row.find("customerId"), row.find("designerId"), row.find("scheduledAt")
            )
            guard customer.type == .string, designer.type == .string, time.type == .date else { return }
            let feedback = row.find("feedback")
            let score = feedback.type == .document ? feedback.asDocument.find("score").numberAsDouble : nil
            customers[customer.asString, default: Customer()].sessions.append(
                Session(
                    time: time.asDate, id: row.find("_id").type == .string ? row.find("_id").asString : "",
                    designer: designer.asString, weight: (score ?? 4) / 5))
        }
        for id in Array(customers.keys) {
            customers[id]?.sessions.sort { ($0.time, $0.id) < ($1.time, $1.id) }
        }
        try database.forEachRow(
            of: "customers", [["$project": ["preferredStyles": 1, "consent.analytics": 1]]]
        ) { row in
            guard row.find("_id").type == .string, customers[row.find("_id").asString] != nil else { return }
            let document = Document(copying: row)
            let styles = (document["preferredStyles"]?.arrayValue ?? []).compactMap(\.stringValue)
            customers[row.find("_id").asString]?.styles = Set(styles)
            customers[row.find("_id").asString]?.isWithheld = declinesAnalysis(document)
        }
        return customers
    }
}

extension PurchaseLog {
    /// This log without what customers ordered at a moment of theirs and later; nil where all of a customer's stays.
    func before(_ moment: (String) -> Int64?) -> PurchaseLog {
        var parts = Parts()
        for customer in customers.indices {
            let end = moment(customers[customer]) ?? Int64.max
            for basket in baskets(of: customer) where times[basket] < end {
                parts.append(products(of: basket), at: times[basket])
            }
            parts.endCustomer()
        }
        return parts.finish(customers: customers, products: products)
    }
}
