import BSON
import DocumentStore
import Glibc
import Synchronization

/// Models of one state of a store, each learnt when it is asked for first and kept from then on.
public final class Recommender: Sendable {
    /// Where settings come from.
    public enum SettingsSource: Sendable, Equatable {
        /// The standard ones, with the weight of popularity in the blend that suits the log.
        case standard
        /// Chosen on the log, for this recommender alone.
        case tuned
        /// Chosen before and kept in the store.
        case kept(at: Int64, orders: Int)
    }

    public let log: PurchaseLog
    public let source: SettingsSource
    /// When it began to learn, in milliseconds since 1970.
    public let learntAt: Int64
    let settings: RecommendationSettings
    let matrix: InteractionMatrix
    private let models = Mutex<[RecommendationMethod: any ScoringModel]>([:])
    /// What the blend is set to, once it is known.
    private let weighed = Mutex<RecommendationSettings?>(nil)

    /// - Parameters:
    ///   - settings: of `.standard` what popularity's weight is chosen beside, when the blend is asked for first.
    public init(
        _ log: PurchaseLog, settings: RecommendationSettings = RecommendationSettings(),
        source: SettingsSource = .standard
    ) {
        self.log = log
        self.settings = settings
        self.source = source
        matrix = InteractionMatrix(log)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        learntAt = Int64(now.tv_sec) * 1000
    }

    /// With the settings that a store keeps, and without any with the standard ones.
    ///
    /// - Parameter standard: taken where the store keeps none.
    public convenience init(
        _ log: PurchaseLog, kept: KeptSettings?, standard: RecommendationSettings = RecommendationSettings()
    ) {
        if let kept {
            self.init(log, settings: kept.settings, source: .kept(at: kept.keptAt, orders: kept.orders))
        } else {
            self.init(log, settings: standard)
        }
    }

    /// The same with settings chosen on the log itself, by holding out each customer's last order.
    public convenience init(
        tuning log: PurchaseLog, from settings: RecommendationSettings = RecommendationSettings(),
        observe: (String) throws -> Void = { _ in }, check: @escaping @Sendable () throws -> Void = {}
    ) throws {
        self.init(log, settings: try Tuning.choose(log, from: settings, check: check, observe: observe), source: .tuned)
    }

    /// The settings of a method: of the blend's, popularity's weight is chosen now if it was not yet.
    func settings(of method: RecommendationMethod) throws -> RecommendationSettings {
        guard method == .blend, source == .standard else { return settings }
        if let known = weighed.withLock({ $0 }) { return known }
        // Two threads that are here at once choose the same.
        let chosen = try settings.weighingPopularity(by: log)
        weighed.withLock { $0 = chosen }
        return chosen
    }

    /// The settings that a method's answers rest on, as they are shown: `{source, since, orders, parameters}`; nil where
    /// there is nothing to set.
    public func description(of method: RecommendationMethod) throws -> Document? {
        let parameters = try settings(of: method).document(of: method)
        guard !parameters.keys.isEmpty else { return nil }
        let (name, since, orders) =
            switch source {
            case .standard: ("standard", learntAt, log.basketCount)
            case .tuned: ("tuned", learntAt, log.basketCount)
            case .kept(let time, let orders): ("kept", time, orders)
            }
        return [
            "source": .string(name), "since": .date(since), "orders": .integer(orders),
            "parameters": .document(parameters),
        ]
    }

    /// A model, learnt now if it was not yet.
    func model(_ method: RecommendationMethod) throws -> any ScoringModel {
        if let model = models.withLock({ $0[method] }) { return model }
        let builder = ModelBuilder(log, try settings(of: method))
        let model = method == .blend ? try builder.blend(self.model) : try builder.model(method)
        return models.withLock { models in
            // Another thread may have been faster; then its model stands.
            if let other = models[method] { return other }
            models[method] = model
            return model
        }
    }

    /// Scores of all products.
    func scores(_ method: RecommendationMethod, for history: History) throws -> [Float] {
        let model = try model(method)
        var scores = [Float](repeating: 0, count: log.products.count)
        try scores.withUnsafeMutableBufferPointer { try model.score(history, into: $0) }
        return scores
    }
}

/// An id that nothing has, with the nearest that something has.
func unknown(_ kind: String, _ id: String, among ids: [String]) -> AtelierError {
    // Of very many ids only those are compared that begin alike.
    var candidates = ids[...]
    if ids.count > 20_000 {
        let prefix = id.prefix(max(1, id.count - 2))
        candidates = ids.filter { $0.hasPrefix(prefix) }.prefix(20_000)
    }
    let nearest = nearestName(to: id, among: candidates)
    return AtelierError(
        .noSuchKey, "there is no \(kind) \(id)",
        advice: nearest.map { "Did you mean \($0)?" } ?? "`atelier find \(kind)s` shows which there are.")
}
