import Analytics
import BSON

/// What to compare, and how strictly.
public struct ComparisonOptions: Sendable {
    public var level = 0.95
    /// The variant that the others are compared with; nil for the first by name.
    public var control: String?
    /// The planned split, in the order of the variants' names; nil for equal shares.
    public var shares: [Double]?
    /// Ratios of two metrics' sums: `revenue/orders`.
    public var ratios: [String] = []
    /// How many looks were planned, and which one this is.
    public var looks: (planned: Int, this: Int)?
    public var spending = Spending.obrienFleming
    /// How large differences are expected to be, for the any-time intervals, in the metric's unit; nil for a tenth of
    /// the control's value.
    public var scale: Double?

    public init() {}
}

/// The result of an experiment: every variant against the control, metric by metric.
public struct Comparison: Sendable {
    /// One metric of one variant.
    struct Row: Sendable {
        var metric: String
        var test: String
        var variant: String
        var controlCount: Int
        var count: Int
        var controlValue: Double?
        var value: Double?
        var error: Double
        var interval: (lower: Double, upper: Double)?
        var statistic: Double?
        var degrees: Double?
        var p: Double?
        var rank: MannWhitney?
        var proportions: TwoProportions?
        var adjusted: Double?

        var difference: Double? { value.flatMap { value in controlValue.map { value - $0 } } }
        var uplift: Double? { difference.flatMap { d in controlValue.flatMap { $0 == 0 ? nil : d / $0 } } }
    }

    private let options: ComparisonOptions
    private let controlName: String
    private var rows: [Row] = []
    private let counts: [(name: String, visitors: Int)]
    private let sampleRatio: SampleRatio
    private let excluded: Int

    /// Conversions that have been counted already: A is the control.
    /// - Throws: `badValue` for options that do not fit.
    public init(a: Proportion, b: Proportion, _ options: ComparisonOptions = ComparisonOptions()) throws {
        self.options = options
        controlName = "A"
        counts = [("A", a.visitors), ("B", b.visitors)]
        excluded = 0
        sampleRatio = try Comparison.sampleRatio(counts, options)
        try Comparison.check(options)
        rows = [Comparison.row("conversion", "B", TwoProportions(a, b), options)]
        adjust()
    }

    /// Visitors' values.
    /// - Throws: `badValue` where there are not two variants, or options do not fit.
    public init(_ observations: Observations, _ options: ComparisonOptions = ComparisonOptions()) throws {
        self.options = options
        let (samples, excluded) = observations.samples()
        self.excluded = excluded
        try Comparison.check(options)
        guard samples.count > 1 else {
            throw AtelierError(
                .badValue,
                samples.isEmpty
                    ? "there are no visitors"
                    : "all visitors saw one variant, \(samples[0].name): there is nothing to compare")
        }
        guard samples.count <= 20 else {
            throw AtelierError(
                .badValue, "there are \(samples.count) variants; up to 20 can be compared",
                advice: "The field variant names what a visitor was shown, not the visitor.")
        }
        let controlName = options.control ?? samples[0].name
        self.controlName = controlName
        guard let control = samples.first(where: { $0.name == controlName }) else {
            throw AtelierError(
                .badValue, "there is no variant \(controlName)",
                advice: "There are \(samples.map(\.name).joined(separator: ", ")).")
        }
        let counts = samples.map { (name: $0.name, visitors: $0.count) }
        self.counts = counts
        sampleRatio = try Comparison.sampleRatio(counts, options)
        let ratios = try options.ratios.map { try Comparison.ratio($0, observations.metrics) }
        for variant in samples where variant.name != controlName {
            for (index, metric) in observations.metrics.enumerated() {
                rows.append(
                    try Comparison.row(metric, variant.name, control.columns[index], variant.columns[index], options))
            }
            for (name, numerator, denominator) in ratios {
                rows.append(
                    Comparison.row(
                        name, variant.name, RatioMetric(control.columns[numerator], control.columns[denominator]),
                        RatioMetric(variant.columns[numerator], variant.columns[denominator]), options))
            }
        }
        guard !rows.isEmpty else {
            throw AtelierError(
                .badValue, "there are no numbers to compare",
                advice: "Each row wants numbers such as converted or revenue.")
        }
        adjust()
    }

    private static func check(_ options: ComparisonOptions) throws {
        guard options.level > 0 && options.level < 1 else {
            throw AtelierError(.badValue, "expected a level between 0 and 1, found \(options.level)")
        }
        if let looks = options.looks, !(1...50).contains(looks.planned) || !(1...looks.planned).contains(looks.this) {
            throw AtelierError(.badValue, "expected up to 50 looks, this being one of them")
        }
        if let scale = options.scale, !(scale > 0 && scale.isFinite) {
            throw AtelierError(.badValue, "expected a scale above 0, found \(scale)")
        }
    }

    private static func sampleRatio(_ counts: [(name: String, visitors: Int)], _ options: ComparisonOptions) throws
        -> SampleRatio
    {
        let shares = options.shares ?? counts.map { _ in 1 }
        guard shares.count == counts.count, shares.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw AtelierError(
                .badValue, "expected a share above 0 for each of \(counts.map(\.name).joined(separator: ", "))",
                advice: "For example: \(counts.map { _ in "1" }.joined(separator: ","))")
        }
        return SampleRatio(counts.map(\.visitors), shares: shares)
    }

    private static func ratio(_ text: String, _ metrics: [String]) throws -> (name: String, Int, Int) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let numerator = metrics.firstIndex(of: parts[0]),
            let denominator = metrics.firstIndex(of: parts[1])
        else {
            throw AtelierError(
                .badValue, "expected a ratio of two metrics, found \"\(text)\"",
                advice: "There are \(metrics.joined(separator: ", ")); for example revenue/orders.")
        }
        return (text, numerator, denominator)
    }

    // MARK: Rows

    private static func row(_ metric: String, _ variant: String, _ test: TwoProportions, _ options: ComparisonOptions)
        -> Row
    {
        Row(
            metric: metric, test: "two proportions", variant: variant, controlCount: test.a.visitors,
            count: test.b.visitors, controlValue: test.a.rate, value: test.b.rate, error: test.standardError,
            interval: test.interval(level: options.level), statistic: test.z, p: test.p, proportions: test)
    }

    private static func row(
        _ metric: String, _ variant: String, _ a: [Double], _ b: [Double], _ options: ComparisonOptions
    ) throws -> Row {
        func isBinary(_ values: [Double]) -> Bool { values.allSatisfy { $0 == 0 || $0 == 1 } }
        if isBinary(a) && isBinary(b) {
            return row(
                metric, variant,
                TwoProportions(
                    try Proportion(a.count { $0 == 1 }, of: a.count), try Proportion(b.count { $0 == 1 }, of: b.count)),
                options)
        }
        let test = WelchTest(Moments(a), Moments(b))
        return Row(
            metric: metric, test: "Welch", variant: variant, controlCount: a.count, count: b.count,
            controlValue: test.a.mean, value: test.b.mean, error: test.standardError,
            interval: test.interval(level: options.level), statistic: test.t, degrees: test.degrees, p: test.p,
            rank: MannWhitney(a, b))
    }

    private static func row(
        _ name: String, _ variant: String, _ a: RatioMetric, _ b: RatioMetric, _ options: ComparisonOptions
    ) -> Row {
        let error = (a.variance + b.variance).squareRoot()
        var row = Row(
            metric: name, test: "delta method", variant: variant, controlCount: a.customers, count: b.customers,
            controlValue: a.value, value: b.value, error: error)
        if let difference = row.difference, error > 0 {
            let width = Distribution.normalQuantile((1 + options.level) / 2) * error
            row.interval = (difference - width, difference + width)
            row.statistic = difference / error
            row.p = Distribution.normalTwoSided(difference / error)
        }
        return row
    }

    /// Every test with a p-value is one of the family that Holm's correction is for.
    private mutating func adjust() {
        let tested = rows.indices.filter { rows[$0].p != nil }
        for (index, value) in zip(tested, Holm.adjusted(tested.compactMap { rows[$0].p })) {
            rows[index].adjusted = value
        }
    }

    // MARK: The answer

    public func answer() -> Answer {
        let level = percent(options.level)
        let several = rows.count { $0.p != nil } > 1
        let sequential = options.looks.map {
            GroupSequential(looks: $0.planned, alpha: 1 - options.level, spending: options.spending).looks[$0.this - 1]
        }
        var columns = [
            Column(name: "metric", type: .string, title: "Metric"),
            Column(name: "variant", type: .string, title: "Variant"),
            Column(name: "test", type: .string, title: "Test"),
            Column(name: "controlValue", type: .number, title: controlName),
            Column(name: "value", type: .number, title: counts.count == 2 ? rows[0].variant : "Value"),
            Column(name: "difference", type: .number, title: "Difference"),
            Column(name: "lower", type: .number, title: "Lower \(level)%"),
            Column(name: "upper", type: .number, title: "Upper \(level)%"),
            Column(name: "uplift", type: .number, unit: .ratio, title: "Uplift"),
            Column(name: "statistic", type: .number, title: "Statistic"),
            Column(name: "degreesOfFreedom", type: .number, title: "df"),
            Column(name: "p", type: .number, title: "p"),
            Column(name: "pHolm", type: .number, title: "p (Holm)"),
            Column(name: "pRank", type: .number, title: "p (rank)"),
            Column(name: "anyTimeLower", type: .number, title: "Any-time lower"),
            Column(name: "anyTimeUpper", type: .number, title: "Any-time upper"),
        ]
        if counts.count == 2 { columns.removeAll { $0.name == "variant" } }
        if !several { columns.removeAll { $0.name == "pHolm" } }
        if rows.allSatisfy({ $0.degrees == nil }) { columns.removeAll { $0.name == "degreesOfFreedom" } }
        if rows.allSatisfy({ $0.rank == nil }) { columns.removeAll { $0.name == "pRank" } }
        return Answer(
            heading: "Every variant against \(controlName): "
                + counts.map { "\($0.name) \($0.visitors) visitors" }.joined(separator: ", "),
            columns: columns, rows: rows.map { document($0, sequential) }, notes: notes(level, several, sequential))
    }

    private func document(_ row: Row, _ look: GroupSequential.Look?) -> Document {
        Document { writer in
            writer.append("metric", BSONValue.string(row.metric))
            writer.append("variant", BSONValue.string(row.variant))
            writer.append("test", BSONValue.string(row.test))
            writer.append("control", BSONValue.string(controlName))
            writer.append("controlVisitors", BSONValue.integer(row.controlCount))
            writer.append("visitors", BSONValue.integer(row.count))
            writer.append("controlValue", BSONValue(row.controlValue))
            writer.append("value", BSONValue(row.value))
            writer.append("difference", BSONValue(row.difference))
            writer.append("lower", BSONValue(row.interval?.lower))
            writer.append("upper", BSONValue(row.interval?.upper))
            writer.append("uplift", BSONValue(row.uplift))
            writer.append("statistic", BSONValue(row.statistic))
            writer.append("degreesOfFreedom", BSONValue(row.degrees))
            writer.append("p", BSONValue(row.p))
            writer.append("pHolm", BSONValue(row.adjusted))
            if let rank = row.rank {
                writer.append("mannWhitneyU", BSONValue.double(rank.u))
                writer.append("pRank", BSONValue(rank.p))
            }
            if let test = row.proportions {
                writer.append("chiSquare", BSONValue(test.chiSquare))
                for (name, proportion) in [("wilsonControl", test.a), ("wilson", test.b)] {
                    let interval = proportion.wilson(level: options.level)
                    writer.append(name, .array([.double(interval.lower), .double(interval.upper)]))
                }
            }
            let scale = options.scale ?? abs(row.controlValue ?? 0) / 10
            let width = AlwaysValid.halfWidth(error: row.error, scale: scale, level: options.level)
            let isKnown = width > 0 && row.difference != nil
            writer.append("anyTimeLower", BSONValue(isKnown ? row.difference.map { $0 - width } : nil))
            writer.append("anyTimeUpper", BSONValue(isKnown ? row.difference.map { $0 + width } : nil))
            if let look {
                writer.append("boundary", BSONValue.double(look.boundary))
                writer.append("isCrossed", row.p.map { BSONValue.bool($0 <= look.nominalP) } ?? .null)
            }
            writer.append("sampleRatioP", BSONValue.double(sampleRatio.p))
            writer.append("sampleRatioAlarm", BSONValue.bool(sampleRatio.isAlarm))
        }
    }

    private func notes(_ level: String, _ several: Bool, _ look: GroupSequential.Look?) -> [String] {
        let test =
            "chi-square \(short(sampleRatio.chiSquare)), p \(short(sampleRatio.p)), alarm below \(SampleRatio.threshold)"
        var notes = [
            sampleRatio.isAlarm
                ? "SAMPLE RATIO MISMATCH: visitors were not split as planned (\(test)). Find out why before reading anything else here."
                : "Visitors were split as planned, as far as can be seen (\(test))."
        ]
        if excluded > 0 {
            notes.append(
                "\(excluded) \(excluded == 1 ? "visitor" : "visitors") saw more than one variant and are left out.")
        }
        for row in rows {
            guard let test = row.proportions else { continue }
            let (a, b) = (test.a.wilson(level: options.level), test.b.wilson(level: options.level))
            notes.append(
                "\(row.metric), Wilson's \(level)% intervals: \(controlName) \(short(a.lower, 5)) to \(short(a.upper, 5)), "
                    + "\(row.variant) \(short(b.lower, 5)) to \(short(b.upper, 5)).")
        }
        if several { notes.append("Several tests are made: go by p (Holm), which allows for that.") }
        if let look, let looks = options.looks {
            notes.append(
                "At look \(looks.this) of \(looks.planned) stop only where |statistic| reaches \(short(look.boundary)) (p \(look.nominalP < 0.001 ? "\(look.nominalP)" : short(look.nominalP, 4)), "
                    + "\(options.spending.rawValue)): "
                    + rows.map {
                        "\($0.metric) \($0.p.map { $0 <= look.nominalP ? "does" : "does not" } ?? "cannot be told")"
                    }
                    .joined(separator: ", ") + ".")
        } else {
            notes.append(
                "p and the \(level)% interval hold for one look at the planned size: looking again and again until p is small finds differences that are not there. The any-time interval holds whenever one looks."
            )
        }
        return notes
    }
}

/// `95`, `97.5`.
func percent(_ level: Double) -> String {
    let tenths = Int((level * 1000).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
}

/// A number to so many digits after the point, for sentences.
func short(_ number: Double, _ places: Int = 3) -> String {
    guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
    return Decimal128(exactly34: number).rounded(toPlaces: places).description
}
