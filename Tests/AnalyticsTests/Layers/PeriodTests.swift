import BSON
import Platform
import StorageWorkload
import Testing

@testable import Analytics

@Suite struct PeriodTests {
    @Test(arguments: Period.allCases)
    func periodsAreNumberedWithoutGapsAndNamedInOrder(period: Period) {
        var last = period.number(ofDay: -40_000)
        for day in -40_000...40_000 {
            let number = period.number(ofDay: day)
            #expect(number == last || number == last + 1)
            if number != last || day == -40_000 {
                #expect(day == -40_000 || period.firstDay(of: number) == day)
                #expect(period.number(named: period.name(of: number)) == number)
                if day >= -30_000 { #expect(period.name(of: last) < period.name(of: number)) }
            }
            last = number
        }
    }

    @Test func namesAreThoseOfTheQueryLanguage() {
        func name(_ period: Period, _ text: String) -> String {
            let day = UTCDate.milliseconds(iso8601: text + "T00:00:00Z")! / 86_400_000
            return period.name(of: period.number(ofDay: Int(day)))
        }
        #expect(name(.week, "2010-01-03") == "2009-W53")
        #expect(name(.week, "2010-01-04") == "2010-W01")
        #expect(name(.week, "2012-12-31") == "2013-W01")
        #expect(name(.month, "2010-12-31") == "2010-12")
        #expect(name(.quarter, "2010-04-01") == "2010-Q2")
        #expect(name(.day, "2012-02-29") == "2012-02-29")
        #expect(name(.year, "1969-12-31") == "1969")
        #expect(Period.month.number(named: "2010-13") == nil)
        #expect(Period.month.number(named: "2010-3") == nil)
        #expect(Period.week.number(named: "2010-W54") == nil)
    }

    /// Every row that may differ is replaced, and everything it may depend on is read; what is not replaced cannot differ.
    @Test func windowsCoverWhatMayDiffer() {
        for seed in UInt64(1)...400 {
            var random = SeededRandom(seed: seed)
            let neighbours = Int.random(in: 0...3, using: &random)
            let kept = Set((0..<40).filter { _ in Int.random(in: 0..<3, using: &random) > 0 })
            let changed = Set(
                (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 0..<40, using: &random) })
            // The changed periods may have rows afterwards, or not: the two extremes.
            for rows in [kept.subtracting(changed), kept.union(changed)] {
                let windows = PeriodWindow.covering(changed, kept: kept, neighbours: neighbours)
                let sorted = rows.sorted()
                for (index, row) in sorted.enumerated() {
                    let near = sorted[max(0, index - neighbours)...min(sorted.count - 1, index + neighbours)]
                    let span = near.first!...near.last!
                    let mayDiffer = changed.contains { span.contains($0) || reaches($0, row, sorted, neighbours) }
                    let window = windows.first { holds($0.replaced, row) }
                    if mayDiffer { #expect(window != nil, "seed \(seed), period \(row)") }
                    if let window { #expect(near.allSatisfy { holds(window.read, $0) }, "seed \(seed), period \(row)") }
                }
            }
            for (first, second) in zip(
                PeriodWindow.covering(changed, kept: kept, neighbours: neighbours),
                PeriodWindow.covering(changed, kept: kept, neighbours: neighbours).dropFirst())
            {
                #expect(first.read.last! < second.read.first!)
            }
        }
    }

    private func holds(_ bounds: (first: Int?, last: Int?), _ number: Int) -> Bool {
        number >= bounds.first ?? number && number <= bounds.last ?? number
    }

    /// Whether fewer than so many rows lie between a changed period and a row, so that a row appearing there would be its
    /// neighbour.
    private func reaches(_ changed: Int, _ row: Int, _ rows: [Int], _ neighbours: Int) -> Bool {
        let between = rows.count { ($0 > min(changed, row)) && ($0 < max(changed, row)) }
        return changed == row || between < neighbours
    }

    @Test func aHashTellsBytesApart() {
        var seen = Set<UInt64>()
        for length in 0...40 {
            for flipped in -1..<(length * 8) {
                var bytes = [UInt8](repeating: 7, count: length)
                if flipped >= 0 { bytes[flipped / 8] ^= 1 << (flipped % 8) }
                #expect(seen.insert(bytes.withUnsafeBytes { ContentHash.of($0) }).inserted)
            }
        }
    }

    /// Stored digests are compared with those of later versions, so the hash may never change.
    @Test func aHashIsTheSameForEver() {
        let text = Array("The quick brown fox jumps over the lazy dog".utf8)
        #expect(text.withUnsafeBytes { ContentHash.of($0) } == 3_280_328_006_708_078_153)
    }
}
