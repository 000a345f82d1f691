import Analytics
import BSON
import DocumentStore
import Experiments

extension Method {
    static let experimentsSize = Method(
        "experiments.size", "How many visitors an experiment wants, or what is found with those there are.",
        parameters: [
            .required("baseline", .number, "The control's rate, or its mean where `deviation` is given."),
            .optional("target", .number, "What the variant is hoped to reach."),
            .optional("deviation", .number, "The standard deviation of means; rates have none to give."),
            .optional("power", .number.defaulting(to: 0.8), "How probably the difference is found."),
            .optional("alpha", .number.defaulting(to: 0.05), "How probable a false alarm is."),
            .optional("visitors", .integer(2...1_000_000_000_000), "Visitors per variant that there will be."),
            .looks, .spending,
        ],
        result: .object(Property.answer)
    ) { call in
        var question = SizeQuestion(baseline: call.number("baseline") ?? .nan)
        question.target = call.number("target")
        question.deviation = call.number("deviation")
        question.power = call.number("power") ?? 0.8
        question.alpha = call.number("alpha") ?? 0.05
        question.visitors = call.parameters.int("visitors")
        question.looks = call.parameters.int("looks")
        question.spending = call.spending
        return try call.refusing("baseline") { try question.answer() }.document
    }

    static let experimentsCompare = Method(
        "experiments.compare", "What an experiment showed: every variant against the control, metric by metric.",
        parameters: [
            .optional("a", counts, "Conversions of the control that are counted already; `b` goes with it."),
            .optional("b", counts, "Those of the variant."),
            .optional(
                "observations", .array(of: .openObject([.required("variant", .any, "What the visitor saw.")])),
                "A row a visitor: variant, as needed visitor, and numbers such as converted or revenue."),
            .optional("pipeline", .documents, "Stages that yield such rows."),
            .optional("collection", .string.defaulting(to: "orders"), "Where the pipeline starts."),
            .optional("control", .string, "The variant the others are compared with; the first by name."),
            .optional("split", .array(of: .number), "How visitors were to be split, by the variants' names; equally."),
            .optional("ratios", .array(of: .string), "Ratios of two metrics' sums, such as `revenue/orders`."),
            .optional("level", .number.defaulting(to: 0.95), "Of the intervals and tests."),
            .optional(
                "scale", .number, "Differences expected, for any-time intervals; a tenth of the control's value."),
            .looks, .optional("look", .integer(1...50), "Which of the looks this is; the last."), .spending,
            .database, .maxTimeMS,
        ],
        result: .object(Property.answer)
    ) { call in
        var options = ComparisonOptions()
        options.level = call.number("level") ?? 0.95
        options.control = call.parameters.string("control")
        options.shares = call.parameters["split"]?.arrayValue.map { $0.compactMap(\.doubleValue) }
        options.ratios = call.parameters["ratios"]?.arrayValue?.compactMap(\.stringValue) ?? []
        options.scale = call.number("scale")
        options.spending = call.spending
        if let looks = call.parameters.int("looks") { options.looks = (looks, call.parameters.int("look") ?? looks) }
        if call.parameters["look"] != nil && options.looks == nil {
            throw call.parameters.invalid("look", "it goes with `looks`")
        }
        let given = ["a", "observations", "pipeline"].filter { call.parameters[$0] != nil }
        guard given.count == 1, (call.parameters["b"] != nil) == (given == ["a"]) else {
            throw call.parameters.invalid(
                given.first ?? "a", "what is compared comes from one of `a` and `b`, `observations`, and `pipeline`")
        }
        if given == ["a"] {
            if !options.ratios.isEmpty || options.control != nil {
                throw call.parameters.invalid("a", "`ratios` and `control` go with `observations` or `pipeline`")
            }
            return try call.refusing("a") {
                try Comparison(a: call.proportion("a"), b: call.proportion("b"), options).answer().document
            }
        }
        var observations = Observations()
        if given == ["observations"] {
            for row in call.parameters.documents("observations") {
                try call.refusing("observations") { try row.withView { try observations.add($0) } }
            }
        } else {
            let rows = try call.database.collection(call.parameters.string("collection") ?? "orders").aggregate(
                call.parameters.documents("pipeline"), allowDiskUse: true, maxTimeMS: call.parameters.int("maxTimeMS"))
            var count = 0
            while try rows.withNext({ row in try call.refusing("pipeline") { try observations.add(row) } }) != nil {
                count += 1
                if count & 1023 == 0 {
                    try call.cancellation.check()
                    call.progress?.report(done: count)
                }
            }
        }
        return try call.refusing(given[0]) { try Comparison(observations, options).answer().document }
    }

    static let experimentsSimulate = Method(
        "experiments.simulate", "What an offer to customers at risk would bring, simulated on what such customers did.",
        parameters: [
            .optional("effect", uncertain, "By what share the offer raises the return rate; 0.15 ± 0.05."),
            .optional("cost", uncertain, "Of reaching one customer; 0.5 ± 0.1."),
            .optional("margin", uncertain, "The share of what is spent that is left after costs; 0.4 ± 0.05."),
            .optional("discount", .number.defaulting(to: 0.1), "The share of what they spend that is given away."),
            .optional("window", .integer(1...3650).defaulting(to: 60), "Days within which coming back counts."),
            .optional("quantile", .number.defaulting(to: 0.9), "At risk beyond this quantile of the own intervals."),
            .optional("minPurchases", .integer(2...10_000).defaulting(to: 3), "Days with purchases that make a habit."),
            .optional("maxAway", .integer(1...36_500).defaulting(to: 365), "Who is away for more days is lost."),
            .optional("asOf", .string, "The offer's day; that after the last order."),
            .optional("simulations", .integer(1...10_000_000).defaulting(to: 10_000), "How many."),
            .optional("seed", .integer(0...Int64(Int32.max)).defaulting(to: 1), "Another number draws other chances."),
            .optional("histogram", .integer(2...1000), "Bars of a histogram of the profit, instead of the summary."),
            .database, .maxTimeMS,
        ],
        result: .object(Property.answer)
    ) { call in
        var offer = RetentionOffer()
        offer.effect = call.uncertain("effect") ?? offer.effect
        offer.contactCost = call.uncertain("cost") ?? offer.contactCost
        offer.margin = call.uncertain("margin") ?? offer.margin
        offer.discount = call.number("discount") ?? offer.discount
        offer.window = call.parameters.int("window") ?? offer.window
        offer.rule.quantile = call.number("quantile") ?? offer.rule.quantile
        offer.rule.leastPurchases = call.parameters.int("minPurchases") ?? offer.rule.leastPurchases
        offer.rule.mostDaysAway = call.parameters.int("maxAway") ?? offer.rule.mostDaysAway
        offer.simulations = call.parameters.int("simulations") ?? offer.simulations
        offer.seed = UInt64(call.parameters.int("seed") ?? 1)
        offer.bars = call.parameters.int("histogram")
        if let text = call.parameters.string("asOf") {
            guard let moment = UTCDate.milliseconds(iso8601: text), moment % 86_400_000 == 0 else {
                throw call.parameters.invalid("asOf", "expected a date such as 2010-09-30")
            }
            offer.day = Int(moment / 86_400_000)
        }
        do {
            try offer.check()
        } catch let error as AtelierError {
            throw RPCError.invalidParams(call.parameters.path, error.message)
        }
        let purchases = try CustomerPurchases(in: call.database, maxTimeMS: call.parameters.int("maxTimeMS"))
        try call.cancellation.check()
        return try RetentionSimulation(purchases, offer).answer { done in
            try call.cancellation.check()
            call.progress?.report(done: done, of: offer.simulations)
        }.document
    }
}

private let counts = Schema.object([
    .required("successes", .integer(from: 0), "How many did it."),
    .required("visitors", .integer(from: 1), "Of how many."),
])

private let uncertain = Schema.object([
    .required("mean", .number, "The middle of a normal distribution."),
    .optional("deviation", .number.defaulting(to: 0), "Its standard deviation."),
])

extension Property {
    fileprivate static let looks = Property.optional(
        "looks", .integer(1...50), "Boundaries for so many looks at equal distances.")
    fileprivate static let spending = Property.optional(
        "spending", .choice(Spending.allCases.map(\.rawValue)).defaulting(to: "obrien-fleming"),
        "How false alarms are spent over the looks.")
}

extension Call {
    fileprivate var spending: Spending {
        parameters.string("spending").flatMap(Spending.init(rawValue:)) ?? .obrienFleming
    }

    fileprivate func proportion(_ name: String) throws -> Proportion {
        let counts = parameters.object(name) ?? [:]
        return try Proportion(
            Int(counts["successes"]?.integerValue ?? 0), of: Int(counts["visitors"]?.integerValue ?? 0))
    }

    fileprivate func uncertain(_ name: String) -> Uncertain? {
        guard let value = parameters.object(name) else { return nil }
        return Uncertain(value["mean"]?.doubleValue ?? .nan, deviation: value["deviation"]?.doubleValue ?? 0)
    }
}
