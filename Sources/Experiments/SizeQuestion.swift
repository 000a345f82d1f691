import Analytics
import BSON

/// How many visitors an experiment wants, what it finds with those it has, and when to look.
public struct SizeQuestion: Sendable {
    /// The control's rate, or its mean where `deviation` is given.
    public var baseline: Double
    /// What the variant is hoped to reach.
    public var target: Double?
    /// The standard deviation of means; nil for rates.
    public var deviation: Double?
    public var power = 0.8
    public var alpha = 0.05
    /// Visitors per variant that there will be.
    public var visitors: Int?
    public var looks: Int?
    public var spending = Spending.obrienFleming

    public init(baseline: Double) { self.baseline = baseline }

    private struct Row {
        let method: String
        let target: Double
        let power: Double
        let visitors: Double
    }

    /// - Throws: `badValue` for numbers out of range, or where neither a target nor visitors are given.
    public func answer() throws -> Answer {
        try check()
        let rows = try methods.compactMap { try row($0.name, $0.measure) }
        guard looks == nil else { return try looksAnswer(rows) }
        let isRate = deviation == nil
        let columns = [
            Column(name: "method", type: .string, title: "Method"),
            Column(name: "baseline", type: .number, title: "Baseline"),
            Column(name: "target", type: .number, title: "Target"),
            Column(name: "difference", type: .number, title: "Difference"),
            Column(name: "uplift", type: .number, unit: .ratio, title: "Uplift"),
            Column(name: "power", type: .number, unit: .ratio, title: "Power"),
            Column(name: "visitorsPerVariant", type: .integer, title: "Per variant"),
            Column(name: "total", type: .integer, title: "Total"),
        ]
        var notes = [
            "Two variants of equal size, a test of two sides with \(percent(alpha))% false alarms, one look at the end."
        ]
        if target == nil {
            notes.append(
                "The target is the least that is found with this power: smaller differences may well be missed.")
        } else if visitors == nil {
            notes.append("Visitors are rounded up; exactVisitors in json is before that.")
        }
        return Answer(
            heading: isRate ? "Sample size for a conversion rate" : "Sample size for a mean", columns: columns,
            rows: rows.map { row in
                Document { writer in
                    writer.append("method", BSONValue.string(row.method))
                    writer.append("baseline", BSONValue.double(baseline))
                    writer.append("target", BSONValue.double(row.target))
                    writer.append("difference", BSONValue.double(row.target - baseline))
                    writer.append("uplift", BSONValue(baseline == 0 ? nil : row.target / baseline - 1))
                    writer.append("power", BSONValue.double(row.power))
                    writer.append("visitorsPerVariant", BSONValue.integer(Int(row.visitors.rounded(.up))))
                    writer.append("total", BSONValue.integer(2 * Int(row.visitors.rounded(.up))))
                    writer.append("exactVisitors", BSONValue.double(row.visitors))
                    writer.append("alpha", BSONValue.double(alpha))
                }
            }, notes: notes)
    }

    private var methods: [(name: String, measure: SampleSize.Measure)] {
        if let deviation { return [("normal", .means(deviation: deviation))] }
        return [("arcsine", .arcsine), ("normal, unpooled", .normal)]
    }

    private func row(_ name: String, _ measure: SampleSize.Measure) throws -> Row? {
        if let target {
            if let visitors {
                let power = SampleSize.power(
                    measure, from: baseline, to: target, alpha: alpha, visitors: Double(visitors))
                return Row(method: name, target: target, power: power, visitors: Double(visitors))
            }
            let needed = SampleSize.visitors(measure, from: baseline, to: target, alpha: alpha, power: power)
            guard needed < 1e15 else {
                throw AtelierError(
                    .badValue, "the difference is too small for any experiment", advice: "Name a target further off.")
            }
            return Row(method: name, target: target, power: power, visitors: needed)
        }
        guard let visitors else { return nil }
        guard
            let difference = SampleSize.detectable(
                measure, from: baseline, alpha: alpha, power: power, visitors: Double(visitors))
        else {
            throw AtelierError(
                .badValue, "\(visitors) visitors per variant are too few to find any rise above \(baseline)",
                advice: "Give more --visitors.")
        }
        return Row(method: name, target: baseline + difference, power: power, visitors: Double(visitors))
    }

    private func looksAnswer(_ rows: [Row]) throws -> Answer {
        let design = GroupSequential(looks: looks ?? 1, alpha: alpha, spending: spending)
        // The last method is the one whose test the looks make.
        let single = rows.last?.visitors ?? 0
        let factor = visitors == nil ? design.inflation(power: power) : 1
        let columns = [
            Column(name: "look", type: .integer, title: "Look"),
            Column(name: "visitorsPerVariant", type: .integer, title: "Per variant"),
            Column(name: "share", type: .number, unit: .ratio, title: "Of all"),
            Column(name: "boundary", type: .number, title: "Stop at |z|"),
            Column(name: "nominalP", type: .number, title: "or p"),
            Column(name: "spent", type: .number, title: "Alpha spent"),
        ]
        return Answer(
            heading: "\(design.looks.count) looks (\(spending.rawValue))", columns: columns,
            rows: design.looks.enumerated().map { index, look in
                [
                    "look": .integer(index + 1),
                    "visitorsPerVariant": .integer(Int((single * factor * look.share).rounded(.up))),
                    "share": .double(look.share), "boundary": .double(look.boundary),
                    "nominalP": .double(look.nominalP), "spent": .double(look.spent),
                    "inflation": .double(factor),
                ]
            },
            notes: [
                "Stop at a look only where |z| reaches its boundary; all looks together raise \(percent(alpha))% false alarms.",
                visitors == nil
                    ? "For the looks, visitors are \(short(factor, 4)) times those of a test with one."
                    : "With these visitors the looks cost some of the power that one look would have.",
            ])
    }

    private func check() throws {
        func refuse(_ message: String, _ advice: String? = nil) throws -> Never {
            throw AtelierError(.badValue, message, advice: advice)
        }
        if target == nil && visitors == nil {
            try refuse("what is looked for is missing", "Give a target, an uplift, or the visitors there will be.")
        }
        guard alpha > 0 && alpha < 1 && power > 0 && power < 1 else {
            try refuse("alpha and power lie between 0 and 1")
        }
        if let visitors, !(2...(1 << 40)).contains(visitors) {
            try refuse("expected two visitors per variant at least")
        }
        if let looks, !(1...50).contains(looks) { try refuse("expected 1 to 50 looks, found \(looks)") }
        if let deviation {
            guard deviation > 0 && deviation.isFinite && baseline.isFinite else {
                try refuse("expected a standard deviation above 0, found \(deviation)")
            }
        } else {
            guard baseline > 0 && baseline < 1 else {
                try refuse(
                    "expected a rate between 0 and 1, found \(baseline)", "For a mean, give its standard deviation too."
                )
            }
            if let target, !(target > 0 && target < 1) {
                try refuse("expected a target rate between 0 and 1, found \(target)")
            }
        }
        if let target, target == baseline || !target.isFinite {
            try refuse("the target is the baseline: there is nothing to find")
        }
    }
}
