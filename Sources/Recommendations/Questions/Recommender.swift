import BSON
import DocumentStore
import Synchronization

/// Models of one state of a store, each learnt when it is asked for first and kept from then on.
public final class Recommender: Sendable {
    public let log: PurchaseLog
    public let settings: RecommendationSettings
    let matrix: InteractionMatrix
    private let models = Mutex<[RecommendationMethod: any ScoringModel]>([:])

    public init(_ log: PurchaseLog, settings: RecommendationSettings = RecommendationSettings()) {
        self.log = log
        self.settings = settings
        matrix = InteractionMatrix(log)
    }

    /// The same with settings chosen on the log itself, by holding out each customer's last order.
    public convenience init(
        tuning log: PurchaseLog, from settings: RecommendationSettings = RecommendationSettings(),
        observe: (String) throws -> Void = { _ in }, check: @escaping @Sendable () throws -> Void = {}
    ) throws {
        self.init(log, settings: try Tuning.choose(log, from: settings, check: check, observe: observe))
    }

    /// A model, learnt now if it was not yet.
    func model(_ method: RecommendationMethod) throws -> any ScoringModel {
        if let model = models.withLock({ $0[method] }) { return model }
        let builder = ModelBuilder(log, settings)
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
