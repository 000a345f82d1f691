import BSON

extension AggregationCatalog {
    /// What a refresh has to do.
    public struct Refreshes {
        public var requests: [(aggregation: SavedAggregation, arguments: Arguments)] = []
        /// Those that are left out, and why.
        public var skipped: [RefreshReport] = []
    }

    /// The aggregations that are kept as gold collections, with their arguments.
    ///
    /// Without names: every one that can be read, does not say `"refresh": "never"` and has no parameter that must be given.
    /// - Parameters:
    ///   - names: those to refresh; empty for all.
    ///   - arguments: checks what was given for one.
    /// - Throws: for names, what reading a definition or checking its arguments throws, and `illegalOperation` for one that
    ///   is never kept.
    public func refreshes(of names: [String], _ arguments: (SavedAggregation) throws -> Arguments) throws -> Refreshes {
        var result = Refreshes()
        for name in names.isEmpty ? self.names : unique(names) {
            do {
                let aggregation = try aggregation(named: name)
                guard aggregation.refresh != .never else {
                    throw AtelierError(
                        .illegalOperation, "\(name) is not kept as a gold collection", at: aggregation.path,
                        advice: "Its definition says \"refresh\": \"never\".")
                }
                result.requests.append((aggregation, try arguments(aggregation)))
            } catch let error as AtelierError where names.isEmpty {
                result.skipped.append(
                    RefreshReport(
                        gold: SavedAggregation.goldName(of: name), aggregation: name, outcome: .skipped,
                        reason: error.message, rows: nil, computed: 0, refreshedAt: nil, seconds: 0, error: nil))
            }
        }
        return result
    }

    private func unique(_ names: [String]) -> [String] {
        var seen = Set<String>()
        return names.filter { seen.insert($0).inserted }
    }
}
