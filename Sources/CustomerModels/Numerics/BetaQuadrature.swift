import Glibc

/// Means over a Beta distribution: ∫₀¹ f(p) p^(a−1) (1−p)^(b−1) / B(a, b) dp, for f that is smooth on [0, 1].
///
/// The double exponential rule: with p = 1/(1+e^−s) and s = π/2·sinh(u) the trapezoidal sum over u converges faster than any
/// power of its step, whatever the singularities at the ends (a or b below one). The step is halved until the density's
/// sum stays the same. Source: H. Takahasi and M. Mori, "Double Exponential Formulas for Numerical Integration" (1974).
struct BetaQuadrature {
    /// Where f is looked at, and how much each place counts; the weights sum to one.
    private(set) var nodes: [Double] = []
    private(set) var weights: [Double] = []

    init(a: Double, b: Double) {
        let logBeta =
            SpecialFunctions.logGamma(a) + SpecialFunctions.logGamma(b) - SpecialFunctions.logGamma(a + b)
        var step = 0.05
        fill(a, b, logBeta, step)
        var mass = weights.reduce(0, +)
        // ln Γ of large arguments has few digits after the point: the mass is what the steps agree on, not 1.
        for _ in 0..<10 {
            let before = mass
            step /= 2
            fill(a, b, logBeta, step)
            mass = weights.reduce(0, +)
            if abs(mass - before) <= 1e-12 * mass { break }
        }
        for index in weights.indices { weights[index] /= mass }
    }

    private mutating func fill(_ a: Double, _ b: Double, _ logBeta: Double, _ step: Double) {
        nodes.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        let count = Int(12 / step)
        for index in -count...count {
            let u = Double(index) * step
            let s = Double.pi / 2 * sinh(u)
            let (logP, logRest) = s > 0 ? (-log1p(exp(-s)), -s - log1p(exp(-s))) : (s - log1p(exp(s)), -log1p(exp(s)))
            let logWeight = a * logP + b * logRest - logBeta
            guard logWeight > -60 else { continue }
            nodes.append(exp(logP))
            weights.append(exp(logWeight) * Double.pi / 2 * cosh(u) * step)
        }
    }

    func mean(_ f: (Double) -> Double) -> Double {
        var sum = 0.0
        for index in nodes.indices { sum += weights[index] * f(nodes[index]) }
        return sum
    }
}
