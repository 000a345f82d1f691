import BSON
import DocumentStore
import Glibc

/// Settings that were chosen on a store's own orders and are kept in it, for every answer from then on.
///
/// They lie in the collection `recommendationSettings`, as its one document, `_id: "current"`.
public struct KeptSettings: Sendable, Equatable {
    public static let collection = "recommendationSettings"

    public let settings: RecommendationSettings
    /// When they were chosen, in milliseconds since 1970.
    public let keptAt: Int64
    /// How many orders they were chosen on.
    public let orders: Int

    /// Chooses settings on a log, by holding out each customer's last order, and keeps them in the log's store.
    ///
    /// - Throws: `badValue` where nobody ordered often enough to choose by; what `observe` and `check` throw.
    public static func choose(
        on log: PurchaseLog, for database: Database, from settings: RecommendationSettings = RecommendationSettings(),
        observe: (String) throws -> Void = { _ in }, check: @escaping @Sendable () throws -> Void = {}
    ) throws -> KeptSettings {
        guard !HoldoutSplit(log).cases.isEmpty else {
            throw AtelierError(
                .badValue, "no customer has two orders to choose settings by",
                advice: "The standard settings serve until there are more orders.")
        }
        let chosen = try Tuning.choose(log, from: settings, check: check, observe: observe)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let kept = KeptSettings(settings: chosen, keptAt: Int64(now.tv_sec) * 1000, orders: log.basketCount)
        try database.collection(collection).replaceOne(["_id": "current"], kept.document, upsert: true).orThrow()
        return kept
    }

    /// Those that a store keeps; nil where it keeps none.
    ///
    /// - Parameter limit: the most products that the linear model may have; it is not kept.
    /// - Throws: `badValue` where what is kept are no settings.
    public static func read(
        from database: Database, linearLimit limit: Int = RecommendationSettings().linearLimit
    ) throws -> KeptSettings? {
        guard let document = try database.collection(collection).findOne(["_id": "current"]) else { return nil }
        guard let parameters = document["parameters"]?.documentValue, let keptAt = document["keptAt"]?.dateValue,
            let orders = document["orders"]?.integerValue, var settings = RecommendationSettings(parameters)
        else {
            throw AtelierError(
                .badValue, "the settings kept in \(collection) cannot be read", at: collection,
                advice: "Choose them anew with `atelier recommend products … --tune --keep`, or delete the document.")
        }
        settings.linearLimit = limit
        return KeptSettings(settings: settings, keptAt: keptAt, orders: Int(orders))
    }

    /// As it is kept and shown: `{_id, keptAt, orders, parameters}`.
    public var document: Document {
        [
            "_id": "current", "keptAt": .date(keptAt), "orders": .integer(orders),
            "parameters": .document(settings.parameters),
        ]
    }
}

extension RecommendationSettings {
    private static let kept: [RecommendationMethod] = [.blend, .linear, .bm25, .cosine, .walk, .repeat]

    /// By method, everything that can be chosen.
    public var parameters: Document {
        Document(RecommendationSettings.kept.map { ($0.rawValue, BSONValue.document(document(of: $0))) })
    }

    /// Reads what `parameters` gives; nil where something is missing or cannot be.
    init?(_ parameters: Document) {
        self.init()
        var isWhole = true
        func number(_ method: RecommendationMethod, _ name: String, _ range: ClosedRange<Double>) -> Double {
            guard let value = parameters[method.rawValue]?.documentValue?[name]?.doubleValue, range.contains(value)
            else {
                isWhole = false
                return range.lowerBound
            }
            return value
        }
        linearWeight = Float(number(.blend, "linear", 0...1000))
        bm25Weight = Float(number(.blend, "bm25", 0...1000))
        walkWeight = Float(number(.blend, "walk", 0...1000))
        popularityWeight = Float(number(.blend, "popularity", 0...1000))
        linear.regularisation = number(.linear, "regularisation", 0.001...1e9)
        linear.customerPower = number(.linear, "customerPower", 0...10)
        linear.decay = Float(number(.linear, "decay", 0.001...1))
        bm25.neighbours = Int(number(.bm25, "neighbours", 1...100_000))
        bm25.k1 = number(.bm25, "k1", 0...1000)
        bm25.b = number(.bm25, "b", 0...1)
        cosine.neighbours = Int(number(.cosine, "neighbours", 1...100_000))
        damping = number(.walk, "damping", 0...0.9999)
        again.decay = Float(number(.repeat, "decay", 0.001...1))
        again.returnPower = number(.repeat, "returnPower", 0...100)
        again.popularityPower = number(.repeat, "popularityPower", 0...100)
        if !isWhole { return nil }
    }
}
