import Glibc

/// What somebody bought before, most often and most lately first: in many shops the best guess of all.
///
/// A product's score is the sum over the orders that hold it of `decay` to the power of how many orders came after, times
/// how usual it is to buy the product again, to the power `returnPower`, times the share of customers who bought it of those
/// who bought the most popular one, to the power `popularityPower`. Products that were not bought score below all that were,
/// by popularity.
struct RepeatModel: ScoringModel {
    struct Settings: Sendable, Equatable {
        var decay: Float = 0.9
        var returnPower = 0.5
        var popularityPower = 0.3

        /// In how many orders the product is, ties by popularity: the plain method.
        static let counts = Settings(decay: 1, returnPower: 0, popularityPower: 0)
    }

    let method = RecommendationMethod.repeat
    let settings: Settings
    private let factors: [Float]
    private let customers: [Int]
    /// Below a thousandth: decides ties, and what follows the products that were bought.
    private let popularity: [Float]

    init(_ matrix: InteractionMatrix, _ settings: Settings) {
        self.settings = settings
        let customers = matrix.columnSizes()
        var again = [Int](repeating: 0, count: matrix.columnCount)
        for entry in matrix.columns.indices where matrix.values[entry] >= 2 { again[Int(matrix.columns[entry])] += 1 }
        // Shrunk towards a quarter, as of eight more customers.
        let rates = customers.indices.map { Double(again[$0] + 2) / Double(customers[$0] + 8) }
        let mean = rates.reduce(0, +) / Double(max(1, rates.count))
        let most = Double(max(1, customers.max() ?? 1))
        factors = customers.indices.map { place in
            Float(
                pow(rates[place] / mean, settings.returnPower)
                    * pow(Double(max(1, customers[place])) / most, settings.popularityPower))
        }
        self.customers = customers
        popularity = customers.map { Float(Double($0) / (most + 1) * 1e-3) }
    }

    func score(_ history: History, into scores: UnsafeMutableBufferPointer<Float>) {
        for place in popularity.indices { scores[place] = popularity[place] }
        let weights = history.weights(decay: settings.decay)
        for (place, weight) in zip(weights.places, weights.values) {
            scores[Int(place)] += weight * factors[Int(place)]
        }
    }

    func contributions(to product: Int, from history: History) -> [Contribution] {
        let weights = history.weights(decay: settings.decay)
        var result: [Contribution] = []
        if let entry = weights.places.firstIndex(of: Int32(product)) {
            let times = history.baskets.count { $0.contains(Int32(product)) }
            result.append(
                Contribution(source: .bought(times: times), amount: weights.values[entry] * factors[product]))
        }
        result.append(Contribution(source: .popularity(customers: customers[product]), amount: popularity[product]))
        return result
    }
}
