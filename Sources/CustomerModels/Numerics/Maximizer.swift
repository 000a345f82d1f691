import BSON
import CNLopt
import Glibc

/// Where a likelihood is greatest, and how sharply.
public struct LikelihoodMaximum: Sendable {
    /// The parameters, all above zero.
    public let parameters: [Double]
    public let logLikelihood: Double
    /// Of each parameter, from the observed information; nil where the likelihood is flat in some direction.
    public let standardErrors: [Double]?
    /// The greatest slope of the log-likelihood in the logarithm of any parameter, per observation: zero at a maximum.
    public let slope: Double
}

/// Maximum likelihood over parameters that are above zero.
///
/// The search runs over their logarithms: L-BFGS (NLopt), from several starts, then Newton steps to the last digit.
/// Source: J. Nocedal, "Updating quasi-Newton matrices with limited storage" (1980), as NLopt implements it.
struct LikelihoodMaximizer {
    /// The log-likelihood at these parameters, and its slopes in them.
    typealias Likelihood = (_ parameters: [Double], _ slopes: inout [Double]) -> Double

    let observations: Int
    let likelihood: Likelihood
    /// Called at every evaluation; throws to stop.
    let checkpoint: () throws -> Void

    /// No parameter is looked for beyond these.
    static let range = 1e-5...1e6

    /// - Parameter starts: at least one.
    /// - Throws: what `checkpoint` throws; `badValue` where no start leads anywhere.
    func maximum(from starts: [[Double]]) throws -> LikelihoodMaximum {
        var best: (point: [Double], value: Double)?
        for start in starts {
            let found = try climb(from: start.map(log))
            if found.value.isFinite, found.value > best?.value ?? -.infinity { best = found }
        }
        guard var (point, value) = best else {
            throw AtelierError(.badValue, "the likelihood cannot be computed for these data")
        }
        // Newton converges where the climb stops for lack of digits; a step that does not lead up is not taken.
        for _ in 0..<20 {
            try checkpoint()
            guard let step = newtonStep(at: point) else { break }
            let next = zip(point, step).map(+)
            guard next.allSatisfy({ LikelihoodMaximizer.range.contains(exp($0)) }) else { break }
            var slopes: [Double] = []
            let nextValue = evaluate(next, &slopes)
            guard nextValue.isFinite, nextValue >= value - 1e-9 else { break }
            (point, value) = (next, max(value, nextValue))
            if step.allSatisfy({ abs($0) < 1e-10 }) { break }
        }
        var slopes: [Double] = []
        value = evaluate(point, &slopes)
        let errors = covariance(at: point).map { matrix in
            point.indices.map { exp(point[$0]) * matrix[$0][$0].squareRoot() }
        }
        return LikelihoodMaximum(
            parameters: point.map(exp), logLikelihood: value, standardErrors: errors,
            slope: (slopes.map(abs).max() ?? 0) / Double(max(1, observations)))
    }

    /// The value and the slopes in the logarithms of the parameters.
    private func evaluate(_ point: [Double], _ slopes: inout [Double]) -> Double {
        let parameters = point.map(exp)
        slopes = [Double](repeating: 0, count: point.count)
        let value = likelihood(parameters, &slopes)
        for index in slopes.indices { slopes[index] *= parameters[index] }
        return value
    }

    private func climb(from start: [Double]) throws -> (point: [Double], value: Double) {
        guard let optimizer = nlopt_create(NLOPT_LD_LBFGS, UInt32(start.count)) else {
            throw AtelierError(.internalError, "cannot make an optimizer")
        }
        defer { nlopt_destroy(optimizer) }
        let search = Search { [self] point, slopes in
            try checkpoint()
            return evaluate(point, &slopes)
        }
        search.optimizer = optimizer
        nlopt_set_lower_bounds1(optimizer, log(LikelihoodMaximizer.range.lowerBound))
        nlopt_set_upper_bounds1(optimizer, log(LikelihoodMaximizer.range.upperBound))
        nlopt_set_ftol_rel(optimizer, 1e-14)
        nlopt_set_xtol_rel(optimizer, 1e-10)
        nlopt_set_maxeval(optimizer, 1000)
        var point = start
        var value = 0.0
        // NLopt calls back from within `nlopt_optimize` only, while `search` is alive.
        withExtendedLifetime(search) {
            nlopt_set_max_objective(
                optimizer,
                { count, point, slopes, data in
                    let search = Unmanaged<Search>.fromOpaque(data!).takeUnretainedValue()
                    return search.evaluate(UnsafeBufferPointer(start: point, count: Int(count)), slopes)
                }, Unmanaged.passUnretained(search).toOpaque())
            // L-BFGS may end with "failure" where the last digits are reached; the best point it saw counts.
            nlopt_optimize(optimizer, &point, &value)
        }
        if let error = search.error { throw error }
        return search.best
    }

    /// What the C callback works on.
    private final class Search {
        let function: (_ point: [Double], _ slopes: inout [Double]) throws -> Double
        var optimizer: nlopt_opt?
        var error: (any Error)?
        private(set) var best: (point: [Double], value: Double) = ([], -.infinity)

        init(_ function: @escaping (_ point: [Double], _ slopes: inout [Double]) throws -> Double) {
            self.function = function
        }

        func evaluate(_ point: UnsafeBufferPointer<Double>, _ slopes: UnsafeMutablePointer<Double>?) -> Double {
            if error != nil { return -.infinity }
            do {
                let point = Array(point)
                var all: [Double] = []
                let value = try function(point, &all)
                if value > best.value || best.point.isEmpty { best = (point, value) }
                for (index, slope) in all.enumerated() { slopes?[index] = slope }
                return value
            } catch {
                self.error = error
                nlopt_force_stop(optimizer)
                return -.infinity
            }
        }
    }

    // MARK: Curvature

    /// The negative second derivatives in the logarithms, from differences of the slopes.
    private func information(at point: [Double]) -> [[Double]] {
        let step = 1e-4
        var rows: [[Double]] = []
        for index in point.indices {
            var (above, below) = (point, point)
            above[index] += step
            below[index] -= step
            var (high, low): ([Double], [Double]) = ([], [])
            _ = evaluate(above, &high)
            _ = evaluate(below, &low)
            rows.append(zip(high, low).map { -($0 - $1) / (2 * step) })
        }
        for row in rows.indices {
            for column in 0..<row {
                let mean = (rows[row][column] + rows[column][row]) / 2
                rows[row][column] = mean
                rows[column][row] = mean
            }
        }
        return rows
    }

    private func newtonStep(at point: [Double]) -> [Double]? {
        guard let covariance = covariance(at: point) else { return nil }
        var slopes: [Double] = []
        _ = evaluate(point, &slopes)
        let step = covariance.map { row in zip(row, slopes).reduce(0) { $0 + $1.0 * $1.1 } }
        return step.allSatisfy { abs($0) < 1 } ? step : nil
    }

    /// The inverse of the information; nil where it is not positive definite.
    private func covariance(at point: [Double]) -> [[Double]]? { SymmetricMatrix.inverse(information(at: point)) }
}

/// Small symmetric matrices.
enum SymmetricMatrix {
    /// The inverse, by Cholesky's decomposition; nil where the matrix is not positive definite to the digits at hand.
    static func inverse(_ matrix: [[Double]]) -> [[Double]]? {
        let size = matrix.count
        var lower = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
        for row in 0..<size {
            for column in 0...row {
                var sum = matrix[row][column]
                for k in 0..<column { sum -= lower[row][k] * lower[column][k] }
                if row == column {
                    guard sum > abs(matrix[row][row]) * 1e-10, sum.isFinite else { return nil }
                    lower[row][row] = sum.squareRoot()
                } else {
                    lower[row][column] = sum / lower[column][column]
                }
            }
        }
        var inverse = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
        for column in 0..<size {
            var solution = [Double](repeating: 0, count: size)
            for row in 0..<size {
                var sum = row == column ? 1.0 : 0
                for k in 0..<row { sum -= lower[row][k] * solution[k] }
                solution[row] = sum / lower[row][row]
            }
            for row in stride(from: size - 1, through: 0, by: -1) {
                var sum = solution[row]
                for k in (row + 1)..<max(size, row + 1) { sum -= lower[k][row] * solution[k] }
                solution[row] = sum / lower[row][row]
            }
            for row in 0..<size { inverse[row][column] = solution[row] }
        }
        return inverse
    }
}
