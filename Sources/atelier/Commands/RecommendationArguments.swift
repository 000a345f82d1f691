import BSON
import DocumentStore
import Recommendations

extension Invocation {
    /// Reads who bought what, and says how far it is.
    func purchases(of database: Database) throws -> PurchaseLog {
        let progress = Progress("Reading orders", counting: "documents", isQuiet: isQuiet)
        defer { progress.finish() }
        return try PurchaseLog(reading: database) { progress.advance(to: $0) }
    }

    /// The option's values as methods, each once.
    func recommendationMethods(_ option: Option) throws -> [RecommendationMethod] {
        var methods: [RecommendationMethod] = []
        for name in values(option) {
            guard let method = RecommendationMethod(rawValue: name) else {
                let names = RecommendationMethod.allCases.map(\.rawValue)
                let nearest = nearestName(to: name, among: names).map { "Did you mean \($0)? " } ?? ""
                throw UsageError(
                    "--\(option.name): there is no method \(name)",
                    advice: nearest + "There are \(names.joined(separator: ", ")).")
            }
            if !methods.contains(method) { methods.append(method) }
        }
        return methods
    }
}

/// A moment as text, to the second.
func momentText(_ milliseconds: Int64) -> String {
    UTCDate(milliseconds: milliseconds).iso8601(milliseconds: .whenNotZero)
}
