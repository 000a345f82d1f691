import CGSL

/// Functions that the C library of mathematics lacks, or that it keeps global state for.
enum SpecialFunctions {
    /// GSL ends the process at an error unless told otherwise; done once, before its first call.
    private static let isReady: Bool = {
        gsl_set_error_handler_off()
        return true
    }()

    /// ln Γ(x), for x > 0; NaN elsewhere.
    static func logGamma(_ x: Double) -> Double {
        guard isReady, x > 0 else { return .nan }
        var result = gsl_sf_result()
        return gsl_sf_lngamma_e(x, &result) == 0 ? result.val : .nan
    }

    /// ψ(x), the slope of ln Γ, for x > 0; NaN elsewhere.
    static func digamma(_ x: Double) -> Double {
        guard isReady, x > 0 else { return .nan }
        var result = gsl_sf_result()
        return gsl_sf_psi_e(x, &result) == 0 ? result.val : .nan
    }

    /// Gauss's ₂F₁(a, b; c; x); nil where GSL's series do not converge.
    static func hypergeometric(_ a: Double, _ b: Double, _ c: Double, _ x: Double) -> Double? {
        guard isReady else { return nil }
        var result = gsl_sf_result()
        return gsl_sf_hyperg_2F1_e(a, b, c, x, &result) == 0 ? result.val : nil
    }
}
