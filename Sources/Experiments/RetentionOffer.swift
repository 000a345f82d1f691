import Analytics
import BSON

/// A number that is not known exactly: normal around a mean.
public struct Uncertain: Sendable {
    public var mean: Double
    public var deviation: Double

    public init(_ mean: Double, deviation: Double = 0) {
        self.mean = mean
        self.deviation = deviation
    }

    /// Reads `0.15` or, with its standard deviation, `0.15:0.05`.
    public init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        guard (1...2).contains(parts.count), parts.allSatisfy(\.isFinite), parts.count == 1 || parts[1] >= 0 else {
            throw AtelierError(
                .badValue, "expected a number, and as needed its standard deviation, found \"\(text)\"",
                advice: "For example: 0.15 or 0.15:0.05")
        }
        self.init(parts[0], deviation: parts.count == 2 ? parts[1] : 0)
    }
}

/// What is offered to customers at risk, and what that is supposed to do.
public struct RetentionOffer: Sendable {
    public var rule = AtRiskRule()
    /// By what share the offer raises the probability to come back.
    public var effect = Uncertain(0.15, deviation: 0.05)
    /// Of reaching one customer, in the orders' currency.
    public var contactCost = Uncertain(0.5, deviation: 0.1)
    /// The share of what they spend that is given away to all who come back, also those who would have anyway.
    public var discount = 0.1
    /// The share of what is spent that is left after the goods' cost.
    public var margin = Uncertain(0.4, deviation: 0.05)
    /// Days within which coming back counts.
    public var window = 60
    /// The day the offer goes out (since 1970-01-01); nil for the day after the last purchase.
    public var day: Int?
    public var simulations = 10_000
    public var seed: UInt64 = 1
    /// Bars of a histogram of the profit instead of the summary; nil for the summary.
    public var bars: Int?

    public init() {}

    /// - Throws: `badValue` for numbers out of range.
    public func check() throws {
        func refuse(_ message: String) throws -> Never { throw AtelierError(.badValue, message) }
        for number in [effect, contactCost, margin] where !number.mean.isFinite || !(number.deviation >= 0) {
            try refuse("expected finite numbers and standard deviations of 0 or more")
        }
        guard rule.quantile > 0 && rule.quantile <= 1 else { try refuse("the quantile lies above 0 and up to 1") }
        guard rule.leastPurchases >= 2 else { try refuse("an interval wants two purchases at least") }
        guard (0...1).contains(discount) else { try refuse("the discount lies between 0 and 1") }
        guard (0...1).contains(margin.mean) else { try refuse("the margin lies between 0 and 1") }
        guard contactCost.mean >= 0 else { try refuse("the cost is 0 or more") }
        guard effect.mean >= -1 else { try refuse("the effect is -1 or more: nobody can come back less than never") }
        guard (1...3650).contains(window) else { try refuse("the window is 1 to 3650 days") }
        guard (1...10_000_000).contains(simulations) else { try refuse("expected 1 to 10000000 simulations") }
        if let bars, !(2...1000).contains(bars) { try refuse("expected 2 to 1000 bars") }
    }
}

/// What an offer may bring, simulated on what customers at risk have done before.
///
/// A window before the offer's day, customers who were at risk then show how many come back by themselves, and what they
/// spend. Each simulation draws these anew (bootstrap), draws effect, cost and margin, and then what each customer does.
public struct RetentionSimulation: Sendable {
    public let offer: RetentionOffer
    /// Customers who are at risk now.
    public let audience: Int
    /// Of those who were at risk a window earlier: how many there were, and what those spent who came back.
    public let past: Int
    let spent: [Double]
    let day: Int

    /// - Throws: `badValue` where nobody is at risk, or too few were to learn from.
    public init(_ purchases: CustomerPurchases, _ offer: RetentionOffer) throws {
        try offer.check()
        self.offer = offer
        let day = offer.day ?? purchases.lastDay + 1
        self.day = day
        guard day > purchases.firstDay && day <= purchases.lastDay + 1 else {
            throw AtelierError(
                .badValue,
                "the day lies outside the data, which cover \(dayText(purchases.firstDay)) to \(dayText(purchases.lastDay))"
            )
        }
        let before = day - offer.window
        var audience = 0
        var past = 0
        var spent: [Double] = []
        for customer in purchases.customers {
            if offer.rule.holds(for: customer, on: day) { audience += 1 }
            guard offer.rule.holds(for: customer, on: before) else { continue }
            past += 1
            let later = customer.days.indices.filter { customer.days[$0] >= before && customer.days[$0] < day }
            if !later.isEmpty { spent.append(later.reduce(0) { $0 + customer.values[$1] }) }
        }
        guard audience > 0 else {
            throw AtelierError(
                .badValue, "nobody is at risk on \(dayText(day)) (\(offer.rule.description))",
                advice: "Lower the quantile or the purchases that are wanted.")
        }
        guard past >= 20, spent.count >= 5 else {
            throw AtelierError(
                .badValue,
                "\(past) customers were at risk on \(dayText(before)), of whom \(spent.count) came back: too few to learn from (20 and 5 are wanted)",
                advice: "Choose another window or day, or a wider rule.")
        }
        self.audience = audience
        self.past = past
        self.spent = spent
    }

    /// What one simulation ended with.
    struct Outcome: Sendable {
        var rateWithout = 0.0
        var rateWith = 0.0
        var additional = 0.0
        var revenue = 0.0
        var cost = 0.0
        var profit = 0.0
    }

    /// - Parameter check: called now and then, to stop by throwing.
    func outcomes(check: (Int) throws -> Void) rethrows -> [Outcome] {
        let random = RandomSource(seed: offer.seed)
        let rate = Double(spent.count) / Double(past)
        var outcomes: [Outcome] = []
        outcomes.reserveCapacity(offer.simulations)
        for index in 0..<offer.simulations {
            if index % 100 == 0 { try check(index) }
            outcomes.append(outcome(random, rate))
        }
        return outcomes
    }

    private func outcome(_ random: RandomSource, _ rate: Double) -> Outcome {
        // The past once more, with what chance would have made of it.
        let returned = max(1, random.binomial(past, rate))
        let pool = (0..<returned).map { _ in spent[random.index(below: spent.count)] }
        let without = Double(returned) / Double(past)
        let effect = random.normal(mean: offer.effect.mean, deviation: offer.effect.deviation)
        let with = min(1, max(0, without * (1 + effect)))
        let margin = min(1, max(0, random.normal(mean: offer.margin.mean, deviation: offer.margin.deviation)))
        let contact = max(0, random.normal(mean: offer.contactCost.mean, deviation: offer.contactCost.deviation))
        func spending(_ customers: Int) -> Double {
            (0..<customers).reduce(0) { sum, _ in sum + pool[random.index(below: pool.count)] }
        }
        // The same customers with and without the offer: it moves some of them over the line.
        let base = random.binomial(audience, without)
        let moved =
            with >= without
            ? (without < 1 ? random.binomial(audience - base, (with - without) / (1 - without)) : 0)
            : -random.binomial(base, 1 - with / without)
        let (kept, lost) = moved >= 0 ? (base, 0) : (base + moved, -moved)
        let keptSpending = spending(kept)
        let revenue = moved >= 0 ? spending(moved) : -spending(lost)
        let redeemed = keptSpending + max(0, revenue)
        let cost = contact * Double(audience) + offer.discount * redeemed
        return Outcome(
            rateWithout: Double(base) / Double(audience), rateWith: Double(base + moved) / Double(audience),
            additional: Double(moved), revenue: revenue, cost: cost, profit: margin * revenue - cost)
    }

    /// Visitors per arm that would show the mean effect with 80 % power.
    var confirmation: Double? {
        let rate = Double(spent.count) / Double(past)
        let raised = rate * (1 + offer.effect.mean)
        guard offer.effect.mean != 0, rate < 1, raised > 0, raised < 1 else { return nil }
        let visitors = SampleSize.visitors(.normal, from: rate, to: raised, alpha: 0.05, power: 0.8)
        return visitors < 1e15 ? visitors : nil
    }

    /// The distribution of what the offer brings, as a summary or a histogram of the profit.
    ///
    /// - Parameter check: called now and then with how many simulations are done, to stop by throwing.
    public func answer(check: (Int) throws -> Void) rethrows -> Answer {
        let outcomes = try outcomes(check: check)
        return offer.bars.map { histogram(outcomes, $0) } ?? summary(outcomes)
    }

    private func summary(_ outcomes: [Outcome]) -> Answer {
        let measures: [(name: String, title: String, of: (Outcome) -> Double)] = [
            ("rateWithout", "Return rate without", \.rateWithout), ("rateWith", "Return rate with", \.rateWith),
            ("uplift", "Uplift of the rate", { $0.rateWith - $0.rateWithout }),
            ("additionalCustomers", "Additional customers", \.additional),
            ("additionalRevenue", "Additional revenue", \.revenue), ("cost", "Cost of the offer", \.cost),
            ("profit", "Profit", \.profit),
        ]
        let quantiles: [(name: String, title: String, at: Double)] = [
            ("p5", "5%", 0.05), ("p25", "25%", 0.25), ("p50", "Median", 0.5), ("p75", "75%", 0.75),
            ("p95", "95%", 0.95),
        ]
        let columns =
            [
                Column(name: "measure", type: .string, title: "Measure"),
                Column(name: "mean", type: .number, title: "Mean"),
            ] + quantiles.map { Column(name: $0.name, type: .number, title: $0.title) }
            + [Column(name: "probabilityPositive", type: .number, unit: .ratio, title: "P(> 0)")]
        let rows = measures.map { measure in
            let values = outcomes.map(measure.of).sorted()
            return Document { writer in
                writer.append("measure", BSONValue.string(measure.title))
                writer.append("name", BSONValue.string(measure.name))
                writer.append("mean", BSONValue.double(values.reduce(0, +) / Double(values.count)))
                for quantile in quantiles {
                    writer.append(quantile.name, BSONValue.double(sampleQuantile(values, quantile.at)))
                }
                writer.append(
                    "probabilityPositive", BSONValue.double(Double(values.count { $0 > 0 }) / Double(values.count)))
                writer.append("seed", BSONValue.int64(Int64(bitPattern: offer.seed)))
                writer.append("audience", BSONValue.integer(audience))
                writer.append("visitorsPerArmToConfirm", BSONValue(confirmation.map { $0.rounded(.up) }))
            }
        }
        return Answer(heading: heading, columns: columns, rows: rows, notes: notes(outcomes))
    }

    private func histogram(_ outcomes: [Outcome], _ bars: Int) -> Answer {
        let profits = outcomes.map(\.profit)
        let (low, high) = (profits.min() ?? 0, profits.max() ?? 0)
        let width = high > low ? (high - low) / Double(bars) : 1
        var counts = [Int](repeating: 0, count: bars)
        for profit in profits { counts[min(bars - 1, Int((profit - low) / width))] += 1 }
        let columns = [
            Column(name: "from", type: .number, unit: .currency, title: "Profit from"),
            Column(name: "to", type: .number, unit: .currency, title: "to"),
            Column(name: "simulations", type: .integer, title: "Simulations"),
            Column(name: "share", type: .number, unit: .ratio, title: "Share"),
        ]
        let rows = counts.enumerated().map { index, count -> Document in
            [
                "from": .double(low + Double(index) * width), "to": .double(low + Double(index + 1) * width),
                "simulations": .integer(count), "share": .double(Double(count) / Double(outcomes.count)),
            ]
        }
        return Answer(heading: heading, columns: columns, rows: rows, notes: notes(outcomes))
    }

    private var heading: String { "An offer on \(dayText(day)) to \(audience) customers at risk" }

    private func notes(_ outcomes: [Outcome]) -> [String] {
        func text(_ number: Uncertain) -> String {
            number.deviation == 0 ? "\(number.mean)" : "\(number.mean) ± \(number.deviation)"
        }
        let gains = Double(outcomes.count { $0.profit > 0 }) / Double(outcomes.count)
        let rate = Double(spent.count) / Double(past)
        var notes = [
            "The offer pays off in \(percent(gains))% of \(outcomes.count) simulations (seed \(offer.seed)).",
            "Assumed: the offer raises the return rate by a share of \(text(offer.effect)); reaching a customer costs \(text(offer.contactCost)); \(percent(offer.discount))% of what they spend is given away to all who come back, also those who would have anyway; margin \(text(offer.margin)).",
            "From the data: \(offer.rule.description). Of \(past) who were at risk \(offer.window) days earlier, \(spent.count) (\(percent(rate))%) came back within \(offer.window) days by themselves.",
        ]
        if let confirmation {
            let needed = Int(confirmation.rounded(.up))
            notes.append(
                "To confirm the effect (80% power, 5% false alarms): \(needed) customers with the offer and \(needed) without; "
                    + (2 * needed <= audience
                        ? "there are enough." : "\(audience) are at risk, so one round cannot show it."))
        }
        return notes
    }
}

/// `2010-12-09`.
func dayText(_ day: Int) -> String {
    String(UTCDate(milliseconds: Int64(day) * 86_400_000).iso8601(milliseconds: .whenNotZero).prefix(10))
}
