import Glibc
import Platform

extension SeededRandom {
    public mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
    public mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    /// The seed of this run, printed: `ATELIER_TEST_SEED` replays one, else it is new each time.
    public static func announced(_ test: String = #function) -> SeededRandom {
        let seed =
            getenv("ATELIER_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 0...UInt64.max)
        print("\(test): seed \(seed) (replay with ATELIER_TEST_SEED=\(seed))")
        return SeededRandom(seed: seed)
    }
}
