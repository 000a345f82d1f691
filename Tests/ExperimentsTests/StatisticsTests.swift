import BSON
import Testing

@testable import Experiments

/// Tests of two samples, against values computed elsewhere.
@Suite struct StatisticsTests {
    @Test(.enabled(if: Reference.isThere, "the reference values are not there: set ATELIER_TEST_DATA"))
    func theHandCheckedCases() throws {
        let reference = try Reference.values()
        let two = reference.document("two_prop")
        let (a, b) = (two.doubles("A"), two.doubles("B"))
        let test = TwoProportions(try Proportion(Int(a[0]), of: Int(a[1])), try Proportion(Int(b[0]), of: Int(b[1])))
        #expect(agree(test.uplift, two.double("uplift")))
        #expect(agree(test.z, two.double("z_pooled")))
        #expect(agree(test.p, two.double("p_two_sided")))
        #expect(agree(test.chiSquare, two.double("chi2_no_yates")))
        // The reference takes 1.959963985 for the quantile: the interval agrees to its ten digits.
        let interval = test.interval(level: 0.95)
        #expect(abs(interval.lower - two.doubles("diff_ci95_unpooled")[0]) < 1e-9 * (interval.upper - interval.lower))
        #expect(abs(interval.upper - two.doubles("diff_ci95_unpooled")[1]) < 1e-9 * (interval.upper - interval.lower))
        #expect(agree(interval.upper - test.difference, 1.959963984540054 * test.standardError, 1e-14))
        #expect(agree(test.b.wilson(level: 0.95).lower, two.doubles("wilson95_B")[0]))
        #expect(agree(test.b.wilson(level: 0.95).upper, two.doubles("wilson95_B")[1]))

        let means = reference.document("welch")
        let welch = WelchTest(Moments(means.doubles("A")), Moments(means.doubles("B")))
        #expect(agree(welch.a.mean, means.double("mean_A")) && agree(welch.b.mean, means.double("mean_B")))
        #expect(agree(welch.t, means.double("t")))
        #expect(agree(welch.degrees, means.double("df")))
        #expect(agree(welch.p, means.double("p")))
        #expect(agree(welch.interval(level: 0.95)?.lower, means.doubles("ci95")[0]))
        #expect(agree(welch.interval(level: 0.95)?.upper, means.doubles("ci95")[1]))
        let rank = MannWhitney(means.doubles("A"), means.doubles("B"))
        #expect(rank.u == means.double("mannwhitney_U"))
        #expect(agree(rank.p, means.double("mannwhitney_p")))

        let split = reference.document("srm")
        let ratio = SampleRatio(split.doubles("observed").map { Int($0) }, shares: split.doubles("expected_ratio"))
        #expect(agree(ratio.chiSquare, split.double("chi2")) && agree(ratio.p, split.double("p")))
        #expect(!ratio.isAlarm && SampleRatio([10_000, 10_500], shares: [1, 1]).isAlarm)

        let size = reference.document("sample_size")
        for (measure, key) in [
            (SampleSize.Measure.arcsine, "n_per_arm_arcsine"), (.normal, "n_per_arm_normal_unpooled"),
        ] {
            let visitors = SampleSize.visitors(
                measure, from: size.double("p1"), to: size.double("p2"), alpha: size.double("alpha"),
                power: size.double("power"))
            #expect(agree(visitors, size.double(key)), "\(key)")
        }
    }

    // Revenue per visitor, most of whom buy nothing; values of scipy 1.17 and statsmodels 0.15.
    private static let a = [
        35.46, 0.03, 0, 0, 0, 0, 0, 0, 0, 21.63, 29.48, 0, 0, 6.14, 42.34, 26.77, 0, 0, 1.87, 0, 0, 0, 11.99, 0, 6.49,
        8.08, 0, 25.54, 26.48, 0,
    ]
    private static let b = [
        0, 19.13, 0, 5.86, 38.12, 0, 24.6, 0, 0, 0.66, 0, 6.49, 10.99, 131.02, 35.67, 20.9, 39.83, 0, 41.36, 6.56, 0,
        7.55, 0, 39.63, 0, 0, 0, 0, 1.16, 4.01, 14.97, 0, 1.24, 0, 1.98, 0, 0, 0, 38.74, 19.01,
    ]

    @Test func revenuePerVisitor() {
        let test = WelchTest(Moments(Self.a), Moments(Self.b))
        #expect(agree(test.t, 1.050904367329923))
        #expect(agree(test.degrees, 62.524518081329504))
        #expect(agree(test.p, 0.29734739638670027))
        #expect(agree(test.interval(level: 0.9)?.lower, -2.7436266665231672))
        #expect(agree(test.interval(level: 0.9)?.upper, 12.064293333189838))
        let rank = MannWhitney(Self.a, Self.b)
        #expect(rank.u == 668.5 && agree(rank.p, 0.38830105594073894))
    }

    @Test func smallProportions() throws {
        let test = TwoProportions(try Proportion("11/60"), try Proportion("3/50"))
        #expect(agree(test.z, -1.9325814424613599) && agree(test.p, 0.053287780331230786))
        let none = try Proportion("0/20").wilson(level: 0.95)
        #expect(none.lower < 1e-15 && agree(none.upper, 0.1611251580528194))
        let few = try Proportion("3/50").wilson(level: 0.9)
        #expect(agree(few.lower, 0.02423125703121838) && agree(few.upper, 0.14094194646069935))
    }

    @Test func powerAndWhatIsDetectable() throws {
        #expect(
            agree(SampleSize.power(.arcsine, from: 0.048, to: 0.053, alpha: 0.05, visitors: 20_000), 0.627074611199497))
        #expect(
            agree(
                SampleSize.power(.means(deviation: 15), from: 10, to: 12, alpha: 0.05, visitors: 500),
                0.5589395626303161))
        for measure in [SampleSize.Measure.arcsine, .normal, .means(deviation: 0.3)] {
            let visitors = SampleSize.visitors(measure, from: 0.2, to: 0.23, alpha: 0.05, power: 0.9)
            let found = SampleSize.detectable(measure, from: 0.2, alpha: 0.05, power: 0.9, visitors: visitors)
            #expect(agree(found, 0.03, 1e-6))
        }
        #expect(SampleSize.detectable(.normal, from: 0.9, alpha: 0.05, power: 0.8, visitors: 5) == nil)
    }

    @Test func holm() {
        let adjusted = Holm.adjusted([0.01, 0.04, 0.03, 0.005, 0.5])
        for (value, expected) in zip(adjusted, [0.04, 0.09, 0.09, 0.025, 0.5]) { #expect(agree(value, expected)) }
        #expect(Holm.adjusted([]) == [] && Holm.adjusted([0.7]) == [0.7])
    }

    @Test("Boundaries are those published for five looks, and keep what they promise")
    func boundaries() {
        let design = GroupSequential(looks: 5, alpha: 0.05, spending: .obrienFleming)
        // Of the program ldbounds, whose documentation has this example.
        for (look, expected) in zip(design.looks, [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]) {
            #expect(abs(look.boundary - expected) < 2e-4)
        }
        for spending in Spending.allCases {
            let design = GroupSequential(looks: 4, alpha: 0.05, spending: spending)
            #expect(abs(design.power(drift: 0) - 0.05) < 1e-9)
            #expect(agree(design.looks.last?.spent, 0.05))
            let single = SampleSize.reach(alpha: 0.05, power: 0.8)
            #expect(abs(design.power(drift: single * design.inflation(power: 0.8).squareRoot()) - 0.8) < 1e-6)
            #expect(design.inflation(power: 0.8) > 1)
        }
        let one = GroupSequential(looks: 1, alpha: 0.05, spending: .pocock)
        #expect(agree(one.looks[0].boundary, 1.959963984540054, 1e-9))
    }

    @Test func whatCannotBeTestedHasNoValue() throws {
        #expect(TwoProportions(try Proportion("0/10"), try Proportion("0/12")).p == nil)
        #expect(TwoProportions(try Proportion("0/10"), try Proportion("2/12")).uplift == nil)
        #expect(WelchTest(Moments([1]), Moments([1, 2])).p == nil)
        #expect(WelchTest(Moments([1, 1]), Moments([1, 1])).interval(level: 0.95) == nil)
        #expect(MannWhitney([2, 2], [2, 2, 2]).p == nil)
        #expect(RatioMetric([1, 2], [0, 0]).value == nil)
        for text in ["1", "5/4", "-1/4", "0/0", "a/b", "1/2/3", ""] {
            #expect(throws: AtelierError.self) { try Proportion(text) }
        }
    }
}
