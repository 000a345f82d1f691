import BSON
import Testing

@testable import Experiments

/// Visitors' rows and what is said of them.
@Suite struct ComparisonTests {
    private func observations(_ rows: [(String?, String, [(String, Double)])]) throws -> Observations {
        var observations = Observations()
        for (visitor, variant, values) in rows {
            try observations.add(visitor: visitor, variant: variant, values.map { (name: $0.0, value: $0.1) })
        }
        return observations
    }

    @Test("Rows of a visitor are added up, who saw both is left out, who has no row of a number has 0 of it")
    func visitors() throws {
        let (samples, excluded) = try observations([
            ("x", "A", [("converted", 1), ("revenue", 10)]), ("x", "A", [("converted", 1), ("revenue", 5)]),
            ("y", "A", [("converted", 0)]), ("z", "B", [("converted", 1), ("revenue", 7)]),
            ("w", "A", [("converted", 1)]), ("w", "B", [("converted", 1)]), (nil, "B", [("revenue", 2)]),
        ]).samples()
        #expect(excluded == 1)
        #expect(samples.map(\.name) == ["A", "B"] && samples.map(\.count) == [2, 2])
        #expect(samples[0].columns == [[1, 0], [15, 0]])
        #expect(samples[1].columns == [[1, 0], [7, 2]])
    }

    @Test("Each number gets the test that fits it, all of them Holm's correction")
    func tests() throws {
        var rows: [(String?, String, [(String, Double)])] = []
        for index in 0..<200 {
            let (isB, buys) = (index % 2 == 1, index % 5 < (index % 2 == 1 ? 3 : 2))
            rows.append(
                (
                    "\(index)", isB ? "B" : "A",
                    [
                        ("converted", buys ? 1 : 0), ("revenue", buys ? Double(10 + index % 7) : 0),
                        ("orders", buys ? Double(1 + index % 3) : 0),
                    ]
                ))
        }
        var options = ComparisonOptions()
        options.ratios = ["revenue/orders"]
        let answer = try Comparison(try observations(rows), options).answer()
        #expect(answer.rows.map { $0["test"] } == ["two proportions", "Welch", "Welch", "delta method"])
        let p = answer.rows.map { $0.double("p") }
        for (row, adjusted) in zip(answer.rows, Holm.adjusted(p)) { #expect(row.double("pHolm") == adjusted) }
        for row in answer.rows {
            #expect(row.double("lower") < row.double("difference") && row.double("difference") < row.double("upper"))
            // Whenever one looks costs something.
            #expect(row.double("anyTimeLower") < row.double("lower"))
        }
        #expect(answer.rows[0]["pRank"] == nil && answer.rows[1]["pRank"] != nil)
        #expect(answer.notes.contains { $0.hasPrefix("Several tests") })
        #expect(answer.notes.contains { $0.contains("looking again and again") })
        options.ratios = ["revenue/visits"]
        #expect(throws: AtelierError.self) { try Comparison(try observations(rows), options) }
    }

    @Test("A split that is not as planned is said before all else")
    func sampleRatio() throws {
        let (a, b) = (try Proportion("100/1000"), try Proportion("90/1200"))
        let broken = try Comparison(a: a, b: b).answer()
        #expect(broken.notes[0].hasPrefix("SAMPLE RATIO MISMATCH"))
        #expect(broken.rows[0]["sampleRatioAlarm"] == true)
        var options = ComparisonOptions()
        options.shares = [10, 12]
        #expect(try Comparison(a: a, b: b, options).answer().rows[0]["sampleRatioAlarm"] == false)
        options.shares = [1]
        #expect(throws: AtelierError.self) { try Comparison(a: a, b: b, options) }
    }

    @Test("At a look the boundary counts")
    func looks() throws {
        let (a, b) = (try Proportion("480/10000"), try Proportion("560/10000"))
        var options = ComparisonOptions()
        options.looks = (4, 1)
        let early = try Comparison(a: a, b: b, options).answer().rows[0]
        #expect(early.double("p") < 0.05 && early["isCrossed"] == false)
        options.looks = (4, 4)
        #expect(try Comparison(a: a, b: b, options).answer().rows[0]["isCrossed"] == true)
        options.looks = (4, 5)
        #expect(throws: AtelierError.self) { try Comparison(a: a, b: b, options) }
    }

    @Test func oneVariantIsNothingToCompare() throws {
        let one = try observations([("x", "A", [("revenue", 1)])])
        #expect(throws: AtelierError.self) { try Comparison(one) }
        #expect(throws: AtelierError.self) { try Comparison(Observations()) }
        #expect(throws: AtelierError.self) { try observations([("x", "A", [("revenue", .nan)])]) }
        #expect(throws: AtelierError.self) { try observations([("x", "A", [("revenue", 1e200)])]) }
        let none = try observations([("x", "A", []), ("y", "B", [])])
        #expect(throws: AtelierError.self) { try Comparison(none) }
    }

    @Test func rowsOfFilesAndPipelines() throws {
        var file = Observations()
        try file.add(
            names: ["Visitor", "variant", "Converted", "revenue"],
            rows: [(2, ["x", "A", "true", "5"]), (3, ["y", "B", "0", ""])], named: "f")
        #expect(file.metrics == ["converted", "revenue"])
        #expect(file.samples().samples.map(\.columns) == [[[1], [5]], [[0], [0]]])
        for bad in [["x", "A", "1", "much"], ["x", "", "1", "2"], ["", "A", "1", "2"], ["x", "A", "1", "nan"]] {
            var file = Observations()
            let error = #expect(throws: AtelierError.self) {
                try file.add(names: ["visitor", "variant", "converted", "revenue"], rows: [(7, bad)], named: "f")
            }
            #expect(error?.location == "f:7")
        }
        var store = Observations()
        let rows: [Document] = [
            ["_id": 1, "variant": "A", "converted": true, "revenue": .decimal(Decimal128(5))],
            ["_id": 2, "variant": 7, "visitor": "v", "revenue": .null],
        ]
        for row in rows { try row.withView { try store.add($0) } }
        #expect(store.samples().samples.map(\.name) == ["7", "A"])
        for bad: Document in [["revenue": 1], ["variant": "A", "revenue": "much"]] {
            #expect(throws: AtelierError.self) { try bad.withView { try store.add($0) } }
        }
    }

    @Test func questionsOfSize() throws {
        var question = SizeQuestion(baseline: 0.048)
        question.target = 0.053
        #expect(try question.answer().rows.map { $0["visitorsPerVariant"] } == [30_091, 30_105])
        question.visitors = 10_000
        #expect(try question.answer().rows.allSatisfy { (0.3...0.4).contains($0.double("power")) })
        question.looks = 3
        let looks = try question.answer().rows
        #expect(looks.map { $0["visitorsPerVariant"] } == [3334, 6667, 10_000])
        for change in [
            { (q: inout SizeQuestion) in q.target = 0.048 }, { $0.target = 1.2 }, { $0.baseline = 0 },
            { $0.deviation = -1 }, { $0.alpha = 1 }, { $0.looks = 0 },
            {
                $0.target = nil
                $0.visitors = nil
            },
        ] {
            var wrong = question
            change(&wrong)
            #expect(throws: AtelierError.self) { try wrong.answer() }
        }
    }
}
