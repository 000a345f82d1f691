import Platform
import Testing

@Suite struct SeededRandomTests {
    @Test func theSequenceOfASeedIsThePublishedOne() {
        // Of the reference implementation, https://prng.di.unimi.it/splitmix64.c, for this seed.
        var random = SeededRandom(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect((0..<5).map { _ in random.next() } == expected)
    }

    @Test func numbersStayWithinTheirBounds() {
        var random = SeededRandom(seed: 1)
        var seen = [Int](repeating: 0, count: 5)
        for _ in 0..<1000 {
            let uniform = random.uniform()
            #expect(uniform >= 0 && uniform < 1)
            seen[random.index(below: 5)] += 1
        }
        #expect(seen.allSatisfy { $0 > 150 })
    }

    @Test func shufflingKeepsEveryElementAndIsTheSameForASeed() {
        func shuffled(_ seed: UInt64) -> [Int] {
            var random = SeededRandom(seed: seed)
            var numbers = Array(0..<100)
            random.shuffle(&numbers)
            return numbers
        }
        #expect(shuffled(3).sorted() == Array(0..<100))
        #expect(shuffled(3) == shuffled(3))
        #expect(shuffled(3) != shuffled(4) && shuffled(3) != Array(0..<100))
    }
}
