import Glibc
import Platform

/// Products that the same customers buy: a product's score is the sum, over what somebody bought, of how often they bought it
/// times how similar the two are.
///
/// For cosine a product is the vector of how often each customer bought it. For BM25 a product is read as a text whose words
/// are customers: a customer's weight saturates with how often they bought it (`k1`), shrinks for products that sell much
/// (`b`) and for customers who buy everything (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009). Each
/// product keeps its `neighbours` most similar ones, itself among them.
struct NeighbourModel: ScoringModel {
    struct Settings: Sendable, Equatable {
        enum Similarity: String, Sendable { case cosine, bm25 }

        var similarity = Similarity.bm25
        var neighbours = 200
        var k1 = 1.2
        var b = 0.75
    }

    var method: RecommendationMethod { settings.similarity == .bm25 ? .bm25 : .cosine }
    let settings: Settings
    /// Products by products, by rows: the neighbours of each.
    let similarities: InteractionMatrix

    init(_ matrix: InteractionMatrix, _ settings: Settings, check: @escaping @Sendable () throws -> Void = {}) throws {
        self.settings = settings
        let customers = NeighbourModel.weighted(matrix, settings)
        similarities = try NeighbourModel.neighbours(
            of: customers.transposed(), customers, settings.neighbours, check: check)
    }

    // MARK: Learning

    /// Customers by products with the weights that similarities are sums of products of.
    static func weighted(_ matrix: InteractionMatrix, _ settings: Settings) -> InteractionMatrix {
        var values = matrix.values
        switch settings.similarity {
        case .cosine:
            var squares = [Double](repeating: 0, count: matrix.columnCount)
            for entry in values.indices {
                squares[Int(matrix.columns[entry])] += Double(values[entry]) * Double(values[entry])
            }
            let norms = squares.map { Float($0.squareRoot()) }
            for entry in values.indices { values[entry] /= norms[Int(matrix.columns[entry])] }
        case .bm25:
            var lengths = [Double](repeating: 0, count: matrix.columnCount)
            for entry in values.indices { lengths[Int(matrix.columns[entry])] += Double(values[entry]) }
            let mean = lengths.reduce(0, +) / Double(max(1, matrix.columnCount))
            let (k1, b) = (settings.k1, settings.b)
            let saturations = lengths.map { k1 * (1 - b + b * $0 / mean) }
            let count = log(Double(max(1, matrix.columnCount)))
            for row in 0..<matrix.rowCount {
                let entries = matrix.entries(of: row)
                let rarity = count - log1p(Double(entries.count))
                for entry in entries {
                    let value = Double(values[entry])
                    let saturation = saturations[Int(matrix.columns[entry])]
                    values[entry] = Float(value * (k1 + 1) / (saturation + value) * rarity)
                }
            }
        }
        return matrix.replacing(values)
    }

    private static func neighbours(
        of products: InteractionMatrix, _ customers: InteractionMatrix, _ count: Int,
        check: @escaping @Sendable () throws -> Void
    ) throws -> InteractionMatrix {
        let size = products.rowCount
        let kept = min(count, size)
        var places = [Int32](repeating: 0, count: size * kept)
        var values = [Float](repeating: 0, count: size * kept)
        var lengths = [Int](repeating: 0, count: size)
        try places.withUnsafeMutableBufferPointer { places in
            try values.withUnsafeMutableBufferPointer { values in
                try lengths.withUnsafeMutableBufferPointer { lengths in
                    let (places, values, lengths) = (Slots(base: places), Slots(base: values), Slots(base: lengths))
                    try SideBySide.forEachRange(of: size, size: 64) { range in
                        try check()
                        var sums = RowSums(size)
                        defer { sums.free() }
                        var list = TopList(kept)
                        for product in range {
                            sums.multiply(products, product, customers)
                            list.removeAll()
                            sums.offer(to: &list)
                            let best = list.sorted().sorted { $0.place < $1.place }
                            lengths.base[product] = best.count
                            for (index, entry) in best.enumerated() {
                                places.base[product * kept + index] = entry.place
                                values.base[product * kept + index] = entry.score
                            }
                            sums.clear()
                        }
                    }
                }
            }
        }
        var (starts, columns, similarities): ([Int], [Int32], [Float]) = ([0], [], [])
        columns.reserveCapacity(places.count)
        similarities.reserveCapacity(places.count)
        for product in 0..<size {
            let row = product * kept..<product * kept + lengths[product]
            columns.append(contentsOf: places[row])
            similarities.append(contentsOf: values[row])
            starts.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: size, columnCount: size, starts: starts, columns: columns, values: similarities)
    }

    // MARK: Scoring

    func score(_ history: History, into scores: UnsafeMutableBufferPointer<Float>) {
        scores.update(repeating: 0)
        let weights = history.weights()
        for (place, weight) in zip(weights.places, weights.values) {
            for entry in similarities.entries(of: Int(place)) {
                scores[Int(similarities.columns[entry])] += weight * similarities.values[entry]
            }
        }
    }

    func contributions(to product: Int, from history: History) -> [Contribution] {
        let weights = history.weights()
        return zip(weights.places, weights.values).compactMap { place, weight in
            similarity(Int(place), product).map { Contribution(source: .product(place), amount: weight * $0) }
        }
    }

    /// How similar the second product is where it is a neighbour of the first.
    func similarity(_ product: Int, _ other: Int) -> Float? {
        let entries = similarities.entries(of: product)
        return entries.first { similarities.columns[$0] == Int32(other) }.map { similarities.values[$0] }
    }

    /// The best products of every customer, best first, those already bought among them: all customers at once.
    func best(_ count: Int, for matrix: InteractionMatrix) throws -> [[TopList.Entry]] {
        try Slots.filled(matrix.rowCount, with: [TopList.Entry]()) { results in
            try SideBySide.forEachRange(of: matrix.rowCount, size: 64) { range in
                var sums = RowSums(matrix.columnCount)
                defer { sums.free() }
                var list = TopList(count)
                for customer in range {
                    sums.multiply(matrix, customer, similarities)
                    list.removeAll()
                    sums.offer(to: &list)
                    results.base[customer] = list.sorted()
                    sums.clear()
                }
            }
        }
    }
}

/// One row of a product of two sparse matrices: sums by place, and which places are in use.
private struct RowSums {
    private let sums: UnsafeMutablePointer<Float>
    private let touched: UnsafeMutablePointer<Int32>
    private var count = 0

    init(_ size: Int) {
        sums = .allocate(capacity: max(1, size))
        sums.initialize(repeating: 0, count: size)
        touched = .allocate(capacity: max(1, size))
        touched.initialize(repeating: 0, count: size)
    }

    func free() {
        sums.deallocate()
        touched.deallocate()
    }

    /// Adds a row of the left matrix times the right one. Products that are not above zero do not count.
    mutating func multiply(_ left: InteractionMatrix, _ row: Int, _ right: InteractionMatrix) {
        let (sums, touched) = (sums, touched)
        var count = count
        right.columns.withUnsafeBufferPointer { columns in
            right.values.withUnsafeBufferPointer { values in
                right.starts.withUnsafeBufferPointer { starts in
                    for entry in left.entries(of: row) {
                        let (middle, weight) = (Int(left.columns[entry]), left.values[entry])
                        var place = starts[middle]
                        let end = starts[middle + 1]
                        while place < end {
                            let column = Int(columns[place])
                            let sum = sums[column]
                            let product = weight * values[place]
                            place += 1
                            // Sums only grow, so that none becomes zero again.
                            guard product > 0 else { continue }
                            if sum == 0 {
                                touched[count] = Int32(column)
                                count += 1
                            }
                            sums[column] = sum + product
                        }
                    }
                }
            }
        }
        self.count = count
    }

    func offer(to list: inout TopList) {
        for index in 0..<count { list.offer(touched[index], sums[Int(touched[index])]) }
    }

    mutating func clear() {
        for index in 0..<count { sums[Int(touched[index])] = 0 }
        count = 0
    }
}
