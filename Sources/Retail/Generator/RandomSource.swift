import Platform

/// A reproducible source of random numbers: the same seed, stream and index give the same numbers on every machine.
///
/// Streams make parts of the generated data independent of one another: customer 7 is the same person whatever was drawn
/// before.
struct RandomSource {
    private var random: SeededRandom

    init(seed: UInt64, stream: UInt64 = 0, index: Int = 0) {
        random = SeededRandom(
            seed: SeededRandom.mixed(seed)
                ^ SeededRandom.mixed(stream &* 0x9FB2_1C65_1E98_DF25 &+ UInt64(bitPattern: Int64(index))))
    }

    mutating func next() -> UInt64 { random.next() }

    /// Uniform in 0 ..< 1.
    mutating func unit() -> Double { random.uniform() }

    /// Uniform in 0 ..< bound.
    mutating func below(_ bound: Int) -> Int { random.index(below: bound) }

    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }

    /// Mean 0, deviation 1, between -6 and 6: twelve uniform numbers (Irwin–Hall), so that no library function is involved.
    mutating func normal() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += unit() }
        return sum
    }

    /// Above 0, with this mean.
    mutating func exponential(mean: Double) -> Double { -mean * PortableMath.log(1 - unit()) }

    /// How many of these weights lie before a uniform draw; the weights are cumulative and end with their sum.
    mutating func index(cumulative: [Double]) -> Int {
        let target = unit() * cumulative[cumulative.count - 1]
        var (low, high) = (0, cumulative.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] <= target { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Functions made of IEEE 754's basic operations alone, which give the same bits everywhere; a libm may differ in the last.
enum PortableMath {
    private static let ln2 = 0.693_147_180_559_945_3

    /// eˣ for moderate x: a power of two times a Taylor polynomial.
    static func exp(_ x: Double) -> Double {
        let power = (x / ln2).rounded()
        let rest = x - power * ln2
        var (term, sum) = (1.0, 1.0)
        for n in 1...16 {
            term *= rest / Double(n)
            sum += term
        }
        return sum * Double(sign: .plus, exponent: Int(power), significand: 1)
    }

    /// ln x for positive, normal x: the exponent times ln 2, and 2 artanh((m-1)/(m+1)).
    static func log(_ x: Double) -> Double {
        let z = (x.significand - 1) / (x.significand + 1)
        var (power, sum) = (z, 0.0)
        for n in stride(from: 1, through: 33, by: 2) {
            sum += power / Double(n)
            power *= z * z
        }
        return Double(x.exponent) * ln2 + 2 * sum
    }

    static func pow(_ base: Double, _ exponent: Double) -> Double { exp(exponent * log(base)) }
}
