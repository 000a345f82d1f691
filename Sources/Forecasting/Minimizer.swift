import CNLopt

/// Finds where a function of bounded variables is least, without derivatives.
enum Minimizer {
    private final class Objective {
        let function: ([Double]) -> Double
        init(_ function: @escaping ([Double]) -> Double) { self.function = function }
    }

    /// BOBYQA, which wants two variables or more, or Subplex for one. Deterministic.
    ///
    /// Source: NLopt reference, "NLopt Algorithms".
    /// - Parameters:
    ///   - start: lies within the bounds.
    ///   - function: finite everywhere within the bounds.
    /// - Returns: the best point that was seen, and the function there.
    static func minimize(
        from start: [Double], within bounds: [ClosedRange<Double>], evaluations: Int,
        _ function: @escaping ([Double]) -> Double
    ) -> (point: [Double], value: Double) {
        guard !start.isEmpty else { return (start, function(start)) }
        let algorithm = start.count == 1 ? NLOPT_LN_SBPLX : NLOPT_LN_BOBYQA
        guard let search = nlopt_create(algorithm, UInt32(start.count)) else { return (start, function(start)) }
        defer { nlopt_destroy(search) }
        nlopt_set_lower_bounds(search, bounds.map(\.lowerBound))
        nlopt_set_upper_bounds(search, bounds.map(\.upperBound))
        nlopt_set_xtol_rel(search, 1e-7)
        nlopt_set_ftol_rel(search, 1e-12)
        nlopt_set_maxeval(search, Int32(evaluations))
        let objective = Objective(function)
        // The search calls back only while it runs, and `objective` outlives that.
        let status = withExtendedLifetime(objective) {
            nlopt_set_min_objective(
                search,
                { count, point, _, context in
                    let point = Array(UnsafeBufferPointer(start: point, count: Int(count)))
                    return Unmanaged<Objective>.fromOpaque(context!).takeUnretainedValue().function(point)
                }, Unmanaged.passUnretained(objective).toOpaque())
            var point = start
            var value = 0.0
            let status = nlopt_optimize(search, &point, &value)
            return (code: status, point: point, value: value)
        }
        // Rounding limits the search near a flat minimum: the point it gives then is as good as it gets.
        let isUsable = status.code.rawValue > 0 || status.code == NLOPT_ROUNDOFF_LIMITED
        let atStart = function(start)
        return isUsable && status.value <= atStart ? (status.point, status.value) : (start, atStart)
    }
}
