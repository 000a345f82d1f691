import Glibc

/// SplitMix64: the same numbers for the same seed, everywhere.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    public mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
    public mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    /// The seed of this run, printed: `ATELIER_TEST_SEED` replays one, else it is new each time.
    public static func announced(_ test: String = #function) -> SeededGenerator {
        let seed =
            getenv("ATELIER_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 0...UInt64.max)
        print("\(test): seed \(seed) (replay with ATELIER_TEST_SEED=\(seed))")
        return SeededGenerator(seed: seed)
    }
}
