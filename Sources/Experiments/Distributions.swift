// The generators' names are global variables in C that nobody changes.
@preconcurrency import CGSL

/// Probabilities and quantiles of the distributions that tests go by, from the GNU Scientific Library.
enum Distribution {
    /// GSL ends the process on an error unless told not to; its functions then return NaN.
    static let ready: Void = { _ = gsl_set_error_handler_off() }()

    static func normalQuantile(_ probability: Double) -> Double {
        ready
        return gsl_cdf_ugaussian_Pinv(probability)
    }

    static func normal(below z: Double) -> Double { gsl_cdf_ugaussian_P(z) }
    static func normal(above z: Double) -> Double { gsl_cdf_ugaussian_Q(z) }

    /// How probable a standard normal number is to lie at least so far from 0.
    static func normalTwoSided(_ z: Double) -> Double { min(1, 2 * gsl_cdf_ugaussian_Q(abs(z))) }

    static func tTwoSided(_ t: Double, _ degrees: Double) -> Double {
        ready
        return min(1, 2 * gsl_cdf_tdist_Q(abs(t), degrees))
    }

    static func tQuantile(_ probability: Double, _ degrees: Double) -> Double {
        ready
        return gsl_cdf_tdist_Pinv(probability, degrees)
    }

    static func chiSquare(above value: Double, _ degrees: Double) -> Double {
        ready
        return gsl_cdf_chisq_Q(value, degrees)
    }
}

/// A stream of random numbers that a seed determines: the Mersenne twister (MT19937).
final class RandomSource {
    private let generator: UnsafeMutablePointer<gsl_rng>

    init(seed: UInt64) {
        Distribution.ready
        generator = gsl_rng_alloc(gsl_rng_mt19937)
        gsl_rng_set(generator, UInt(truncatingIfNeeded: seed))
    }

    deinit { gsl_rng_free(generator) }

    func normal(mean: Double, deviation: Double) -> Double { mean + gsl_ran_gaussian(generator, deviation) }
    /// From 0 up to but without `limit`, which is above 0.
    func index(below limit: Int) -> Int { Int(gsl_rng_uniform_int(generator, UInt(limit))) }
    func uniform() -> Double { gsl_rng_uniform(generator) }
    func binomial(_ count: Int, _ probability: Double) -> Int {
        count <= 0 ? 0 : Int(gsl_ran_binomial(generator, min(1, max(0, probability)), UInt32(count)))
    }
}
