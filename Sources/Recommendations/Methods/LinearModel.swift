import BSON
import Glibc

/// A linear model of the EASE kind: which products foretell which others, all at once.
///
/// It finds the matrix B with a zero diagonal for which the purchases X, each customer's weighted, are nearest to X·B, with
/// `regularisation`·‖B‖² against chance. With P = (XᵀX + λI)⁻¹ that is B = −P / diag P off the diagonal (Steck, Embarrassingly
/// Shallow Autoencoders for Sparse Data, 2019). A customer of n products weighs n to the power −`customerPower`, so that
/// those who buy everything do not decide alone. What somebody bought counts `decay` to the power of how many orders
/// came after.
///
/// Takes 4·n² bytes and O(n³) time for n products.
struct LinearModel: ScoringModel {
    struct Settings: Sendable, Equatable {
        var regularisation = 300.0
        var customerPower = 0.25
        var decay: Float = 0.7
    }

    /// How many products the model takes unless another number is given: 256 MiB, and some ten seconds.
    static let standardLimit = 8000

    let method = RecommendationMethod.linear
    let settings: Settings
    private let inverse: FloatMatrix
    private let algebra: LinearAlgebra

    /// - Throws: `exceededMemoryLimit` where there are more products than the limit; where there is no BLAS.
    init(_ matrix: InteractionMatrix, _ settings: Settings, limit: Int = standardLimit) throws {
        let size = matrix.columnCount
        guard size <= limit else {
            throw AtelierError(
                .queryExceededMemory,
                "the linear model of \(size) products needs \(4 * size * size >> 20) MiB; the limit is \(limit) products",
                advice: "Allow more with --max-linear-products, or ask for --method bm25.")
        }
        self.settings = settings
        algebra = try LinearAlgebra.shared()
        inverse = FloatMatrix(size)
        LinearModel.addProducts(of: matrix, settings, to: inverse)
        for place in 0..<size { inverse.base[place * size + place] += Float(settings.regularisation) }
        if size > 0 { try algebra.invert(inverse.base, size: size) }
    }

    /// The same learnt from the same purchases, for other histories' decay.
    init(_ model: LinearModel, decay: Float) {
        var settings = model.settings
        settings.decay = decay
        self.settings = settings
        inverse = model.inverse
        algebra = model.algebra
    }

    /// Adds the upper triangle of XᵀX, where a purchase counts once however often it was made.
    private static func addProducts(of matrix: InteractionMatrix, _ settings: Settings, to sums: FloatMatrix) {
        let mean = Double(matrix.entryCount) / Double(max(1, matrix.rowCount))
        matrix.columns.withUnsafeBufferPointer { columns in
            for row in 0..<matrix.rowCount {
                let entries = matrix.entries(of: row)
                let weight = Float(pow(Double(entries.count) / mean, -2 * settings.customerPower))
                for entry in entries {
                    let base = sums.base + Int(columns[entry]) * sums.size
                    var other = entry
                    while other < entries.upperBound {
                        base[Int(columns[other])] += weight
                        other += 1
                    }
                }
            }
        }
    }

    func score(_ history: History, into scores: UnsafeMutableBufferPointer<Float>) {
        scores.update(repeating: 0)
        guard let base = scores.baseAddress else { return }
        let size = inverse.size
        let weights = history.weights(decay: settings.decay)
        for (place, weight) in zip(weights.places, weights.values) {
            algebra.add(weight, inverse.base + Int(place) * size, to: base, count: size)
        }
        for place in 0..<size { base[place] /= -inverse.base[place * size + place] }
        // The diagonal counts nothing, where the sum above took −P/P = −1.
        for (place, weight) in zip(weights.places, weights.values) { base[Int(place)] += weight }
    }

    func contributions(to product: Int, from history: History) -> [Contribution] {
        let weights = history.weights(decay: settings.decay)
        return zip(weights.places, weights.values).compactMap { place, weight in
            Int(place) == product
                ? nil
                : Contribution(source: .product(place), amount: weight * self.weight(from: Int(place), to: product))
        }
    }

    /// How much having bought one product foretells another.
    func weight(from product: Int, to other: Int) -> Float {
        let size = inverse.size
        return product == other
            ? 0 : -inverse.base[product * size + other] / inverse.base[other * size + other]
    }
}

/// A square matrix in memory of its own.
///
/// `@unchecked Sendable`: it is written only before the model that owns it is complete.
private final class FloatMatrix: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let size: Int

    init(_ size: Int) {
        self.size = size
        base = .allocate(capacity: max(1, size * size))
        base.initialize(repeating: 0, count: size * size)
    }

    deinit { base.deallocate() }
}
