import BSON

/// Puts a list of products together: scores, conditions, rules, and reasons.
struct Ranking {
    let recommender: Recommender
    let method: RecommendationMethod
    let audience: ProductQuestion.Audience
    let filter: ProductFilter
    let candidates: [String: ProductFacts]
    /// The names of products by id, also of those that are no candidates.
    let names: ([String]) throws -> [String: String]

    /// At most so many products, best first.
    ///
    /// What the method says nothing of is not recommended by it: where that leaves too few, popular products follow, and are
    /// labelled so.
    func list(_ limit: Int) throws -> [RecommendedProduct] {
        let log = recommender.log
        let scores = try scores()
        var chosen = Choice(rules: filter, facts: { candidates[log.products[Int($0)]] })
        for id in filter.promoted {
            guard let place = log.product(id), candidates[id] != nil, !audience.taken.contains(Int32(place)) else {
                continue
            }
            if chosen.entries.count < limit { chosen.take(Int32(place), scores[place], .promoted) }
        }
        var open = log.products.indices.filter { candidates[log.products[$0]] != nil }.map { Int32($0) }
        open = open.filter { !audience.taken.contains($0) && !chosen.contains($0) }
        func order(_ values: [Float]) -> [Int32] {
            open.filter { values[Int($0)] > 0 }.sorted {
                values[Int($0)] != values[Int($1)] ? values[Int($0)] > values[Int($1)] : $0 < $1
            }
        }
        let ranked = order(scores)
        if filter.diversity > 0 {
            try diversify(ranked, scores, limit, &chosen)
        } else {
            for place in ranked where chosen.entries.count < limit { chosen.offer(place, scores[Int(place)], .method) }
        }
        if chosen.entries.count < limit && method != .popularity {
            let popularity = try recommender.scores(.popularity, for: History(baskets: []))
            for place in order(popularity) where chosen.entries.count < limit && !chosen.contains(place) {
                chosen.offer(place, 0, .fallback)
            }
        }
        let reasons = try chosen.entries.map { $0.origin == .method ? try self.reasons(for: $0) : [] }
        let names = try names(Array(Set(reasons.joined().compactMap(\.productId))).sorted())
        return chosen.entries.enumerated().map { rank, entry in
            let id = log.products[Int(entry.place)]
            return RecommendedProduct(
                rank: rank + 1, productId: id, facts: candidates[id], score: Double(entry.score),
                source: source(of: entry, reasons[rank]),
                reasons: reasons[rank].map { $0.named(by: names) })
        }
    }

    /// By what a product is recommended, as its row says it.
    private func source(of entry: Choice.Entry, _ reasons: [Reason]) -> String {
        switch entry.origin {
        case .promoted: return RecommendedProduct.promoted
        case .fallback: return RecommendationMethod.popularity.rawValue
        case .method:
            // Where nothing but popularity speaks for it, the method had nothing to say.
            if !reasons.isEmpty, reasons.allSatisfy({ $0.kind == .popularity }) {
                return RecommendationMethod.popularity.rawValue
            }
            return audience.verb == "looked at" ? "viewed" : method.rawValue
        }
    }

    /// The mean of the scores for everybody in the audience, each one's divided by their largest where there are several.
    private func scores() throws -> [Float] {
        let histories = audience.histories.filter { !$0.isEmpty }
        guard histories.count > 1 else {
            return try recommender.scores(method, for: histories.first ?? History(baskets: []))
        }
        var sum = [Float](repeating: 0, count: recommender.log.products.count)
        for history in histories {
            let scores = try recommender.scores(method, for: history)
            let factor = 1 / Ranking.largest(scores) / Float(histories.count)
            for place in sum.indices { sum[place] += factor * scores[place] }
        }
        return sum
    }

    private static func largest(_ scores: [Float]) -> Float {
        let largest = scores.reduce(0) { max($0, $1.magnitude) }
        return largest > 0 ? largest : 1
    }

    /// Maximal marginal relevance (Carbonell and Goldstein, 1998): each next product is worth its score, less what the most
    /// similar one that is shown already takes away. Similarity is the cosine of who bought what.
    private func diversify(_ ranked: [Int32], _ scores: [Float], _ limit: Int, _ chosen: inout Choice) throws {
        guard let cosine = try recommender.model(.cosine) as? NeighbourModel, let first = ranked.first else { return }
        let largest = scores[Int(first)]
        // Beyond these, no product is good enough for being unlike the others.
        var pool = ranked.prefix(max(100, 10 * limit)).map { (place: $0, nearest: Float(0)) }
        let share = Float(filter.diversity)
        while chosen.entries.count < limit && !pool.isEmpty {
            var best = 0
            func worth(_ index: Int) -> Float {
                (1 - share) * scores[Int(pool[index].place)] / largest - share * pool[index].nearest
            }
            for index in pool.indices where worth(index) > worth(best) { best = index }
            let place = pool.remove(at: best).place
            chosen.offer(place, scores[Int(place)], .method)
            for index in pool.indices {
                let similarity = cosine.similarity(Int(place), Int(pool[index].place)) ?? 0
                pool[index].nearest = max(pool[index].nearest, similarity)
            }
        }
    }

    // MARK: Reasons

    /// What made up a score, the largest part first: shares of what speaks for the product, which add up to 1, and last what
    /// speaks against it, below zero, as a share of the same.
    private func reasons(for entry: Choice.Entry) throws -> [Reason] {
        let model = try recommender.model(method)
        var bySource: [Contribution.Source: Double] = [:]
        let histories = audience.histories.filter { !$0.isEmpty }
        for history in histories.isEmpty ? [History(baskets: [])] : histories {
            var factor = 1.0
            if histories.count > 1 {
                factor = 1 / Double(Ranking.largest(try recommender.scores(method, for: history)))
            }
            for part in try model.contributions(to: Int(entry.place), from: history) {
                var source = part.source
                // Nothing is explained by itself: that it was bought is the reason.
                if source == .product(entry.place) {
                    source = .bought(times: history.baskets.count { $0.contains(entry.place) })
                }
                // Several people's purchases of the same product are one reason.
                if histories.count > 1, case .bought = source { source = .bought(times: 0) }
                bySource[source, default: 0] += factor * Double(part.amount)
            }
        }
        let sorted = bySource.sorted {
            $0.value != $1.value ? $0.value > $1.value : Ranking.order($0.key) < Ranking.order($1.key)
        }
        let (speaking, opposing) = (sorted.filter { $0.value > 0 }, sorted.filter { $0.value < 0 })
        let total = speaking.reduce(0) { $0 + $1.value }
        guard total > 0 else { return [] }
        var reasons = speaking.prefix(Ranking.reasonCount).map { reason($0.key, $0.value / total) }
        func summary(_ kind: Reason.Kind, _ parts: some Collection<(key: Contribution.Source, value: Double)>) {
            guard !parts.isEmpty else { return }
            let share = parts.reduce(0) { $0 + $1.value } / total
            reasons.append(Reason(kind: kind, productId: nil, name: nil, count: parts.count, share: share))
        }
        summary(.others, speaking.dropFirst(Ranking.reasonCount))
        summary(.against, opposing)
        return reasons
    }

    private static let reasonCount = 3

    private static func order(_ source: Contribution.Source) -> Int {
        switch source {
        case .bought: -2
        case .popularity: -1
        case .product(let place): Int(place)
        }
    }

    private func reason(_ source: Contribution.Source, _ share: Double) -> Reason {
        switch source {
        case .bought where audience.verb == "looked at":
            return Reason(kind: .seen, productId: nil, name: nil, count: 0, share: share)
        case .bought(let times): return Reason(kind: .again, productId: nil, name: nil, count: times, share: share)
        case .popularity(let customers):
            return Reason(
                kind: .popularity, productId: nil, name: nil, count: customers, share: share,
                isOfConsenting: recommender.log.withheldCustomers > 0)
        case .product(let place):
            let id = recommender.log.products[Int(place)]
            return Reason(
                kind: .product(audience.verb), productId: id, name: nil, count: 1, share: share)
        }
    }
}

/// Products chosen so far, within the rules.
private struct Choice {
    enum Origin { case promoted, method, fallback }

    struct Entry {
        let place: Int32
        let score: Float
        let origin: Origin
    }

    let rules: ProductFilter
    let facts: (Int32) -> ProductFacts?
    private(set) var entries: [Entry] = []
    private var places: Set<Int32> = []
    private var perCategory: [String: Int] = [:]

    init(rules: ProductFilter, facts: @escaping (Int32) -> ProductFacts?) {
        self.rules = rules
        self.facts = facts
    }

    func contains(_ place: Int32) -> Bool { places.contains(place) }

    /// Takes the product unless a rule forbids it.
    mutating func offer(_ place: Int32, _ score: Float, _ origin: Origin) {
        if let most = rules.perCategory, let category = facts(place)?.category,
            perCategory[category, default: 0] >= most
        {
            return
        }
        take(place, score, origin)
    }

    mutating func take(_ place: Int32, _ score: Float, _ origin: Origin) {
        guard places.insert(place).inserted else { return }
        entries.append(Entry(place: place, score: score, origin: origin))
        if let category = facts(place)?.category { perCategory[category, default: 0] += 1 }
    }
}
