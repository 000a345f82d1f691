import Analytics
import BSON
import DocumentStore
import Experiments
import Ingest

extension Option {
    fileprivate static let baseline = Option("baseline", value: "X", "size: the control's rate, or mean with --sd")
    fileprivate static let target = Option("target", value: "X", "size: what the variant is hoped to reach")
    fileprivate static let uplift = Option("uplift", value: "R", "size: the same as a share, 0.1 for 10 % more")
    fileprivate static let deviation = Option("sd", value: "S", "size: the standard deviation, for means")
    fileprivate static let power = Option("power", value: "P", "size: how probably a difference is found; 0.8")
    fileprivate static let alpha = Option("alpha", value: "P", "size: how probable a false alarm is; 0.05")
    fileprivate static let visitors = Option("visitors", value: "N", "size: visitors per variant that there will be")
    fileprivate static let looks = Option(
        "looks", value: "N", "size, compare: boundaries for so many looks at equal distances")
    fileprivate static let look = Option("look", value: "K", "compare: which of the looks this is; the last")
    fileprivate static let spending = Option(
        "spending", value: "FUNCTION", "size, compare: obrien-fleming or pocock; the first")
    fileprivate static let a = Option("a", value: "N/N", "compare: conversions and visitors of A, the control")
    fileprivate static let b = Option("b", value: "N/N", "compare: those of B")
    fileprivate static let file = Option(
        "file", value: "FILE", "compare: CSV of variant, as needed visitor, and numbers such as converted, revenue")
    fileprivate static let pipelineStart = Option(
        "collection", value: "NAME", "compare: where --pipeline starts; orders")
    fileprivate static let pipeline = Option(
        "pipeline", value: "JSON", "compare: stages that yield such rows from the store, or @FILE")
    fileprivate static let control = Option("control", value: "NAME", "compare: the control; the first by name")
    fileprivate static let split = Option("split", value: "N,N", "compare: how visitors were to be split; equally")
    fileprivate static let ratio = Option(
        "ratio", value: "X/Y", isRepeatable: true, "compare: a ratio of sums, such as revenue/orders; may be repeated")
    fileprivate static let confidence = Option("level", value: "P", "compare: of the intervals and tests; 0.95")
    fileprivate static let scale = Option(
        "scale", value: "X", "compare: differences expected, for any-time intervals; a tenth of the control's value")
    fileprivate static let effect = Option(
        "effect", value: "X:SD", "simulate: by what share the offer raises the return rate; 0.15:0.05")
    fileprivate static let cost = Option("cost", value: "X:SD", "simulate: of reaching one customer; 0.5:0.1")
    fileprivate static let giveaway = Option(
        "discount", value: "R", "simulate: the share of what they spend that is given away; 0.1")
    fileprivate static let margin = Option("margin", value: "R:SD", "simulate: the share left after costs; 0.4:0.05")
    fileprivate static let window = Option("window", value: "DAYS", "simulate: within which coming back counts; 60")
    fileprivate static let quantile = Option(
        "quantile", value: "P", "simulate: at risk beyond this quantile of the own intervals; 0.9")
    fileprivate static let leastPurchases = Option(
        "min-purchases", value: "N", "simulate: days with purchases that make a habit; 3")
    fileprivate static let mostAway = Option("max-away", value: "DAYS", "simulate: who is away longer is lost; 365")
    fileprivate static let onDay = Option("as-of", value: "DATE", "simulate: the offer's day; after the last order")
    fileprivate static let simulations = Option("simulations", value: "N", "simulate: 10000")
    fileprivate static let seed = Option("seed", value: "N", "simulate: another number draws other chances; 1")
    fileprivate static let histogram = Option("histogram", value: "BARS", "simulate: a histogram of the profit instead")
}

/// What the first operand may be, and the options that go with it.
private enum ExperimentTask: String, CaseIterable {
    case size, compare, simulate

    var options: [Option] {
        switch self {
        case .size: [.baseline, .target, .uplift, .deviation, .power, .alpha, .visitors, .looks, .spending]
        case .compare:
            [
                .a, .b, .file, .pipelineStart, .pipeline, .control, .split, .ratio, .confidence, .scale, .looks, .look,
                .spending, .store,
            ]
        case .simulate:
            [
                .effect, .cost, .giveaway, .margin, .window, .quantile, .leastPurchases, .mostAway, .onDay,
                .simulations, .seed, .histogram, .store,
            ]
        }
    }

    static var allOptions: [Option] {
        allCases.flatMap(\.options).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

extension Command {
    static let experiment = Command(
        name: "experiment", summary: "Plan, read and simulate experiments",
        operands: [Operand("TASK", "size, compare or simulate")],
        options: ExperimentTask.allOptions.filter { $0 != .store } + [.store] + Option.output,
        details: [
            "size: how many visitors a difference wants, or what is found with those there are; with --looks when to stop.",
            "compare: rates, means per visitor (who bought nothing counts as 0) and ratios of variants, whether visitors were "
                + "split as planned, and intervals that hold however often one looks.",
            "simulate: what an offer to customers at risk would bring, by what such customers did before. "
                + "The same seed and store give the same answer.",
            "Definitions and formulas: docs/experiments.md.",
        ],
        examples: [
            "atelier experiment size --baseline 0.048 --target 0.053",
            "atelier experiment size --baseline 0.048 --uplift 0.1 --looks 5",
            "atelier experiment size --baseline 17.5 --sd 40 --visitors 5000",
            "atelier experiment compare --a 480/10000 --b 530/10000",
            "atelier experiment compare --file visits.csv --ratio revenue/orders",
            "atelier experiment simulate --effect 0.2:0.05 --cost 1 --seed 7",
        ]
    ) { invocation in
        let names = ExperimentTask.allCases.map(\.rawValue)
        guard let task = ExperimentTask(rawValue: invocation.operands[0]) else {
            let nearest = nearestName(to: invocation.operands[0], among: names).map { "Did you mean \($0)? " } ?? ""
            throw UsageError(
                "TASK: nothing is known about \(invocation.operands[0])",
                advice: nearest + "There are \(names.joined(separator: ", ")).")
        }
        // An option that would not be honoured is refused.
        for option in ExperimentTask.allOptions where invocation.isSet(option) && !task.options.contains(option) {
            throw UsageError("--\(option.name) is not for \(task.rawValue)")
        }
        _ = try invocation.format()
        switch task {
        case .size: try invocation.print(try UsageError.rethrowing { try invocation.sizeQuestion().answer() })
        case .compare: try invocation.print(try invocation.comparison().answer())
        case .simulate: try invocation.print(try invocation.simulation())
        }
    }
}

extension Invocation {
    private static let finite = -1e300...1e300

    fileprivate func sizeQuestion() throws -> SizeQuestion {
        guard let baseline = try number(.baseline, in: Invocation.finite) else {
            throw UsageError("--baseline is missing: the control's rate, or its mean with --sd")
        }
        var question = SizeQuestion(baseline: baseline)
        question.target = try number(.target, in: Invocation.finite)
        if let uplift = try number(.uplift, in: Invocation.finite) {
            guard question.target == nil else { throw UsageError("--target and --uplift: one of the two at a time") }
            question.target = baseline * (1 + uplift)
        }
        question.deviation = try number(.deviation, in: 0...1e300)
        if let power = try number(.power, in: 0.01...0.9999) { question.power = power }
        if let alpha = try number(.alpha, in: 1e-6...0.5) { question.alpha = alpha }
        question.visitors = try integer(.visitors, in: 2...1_000_000_000_000)
        question.looks = try integer(.looks, in: 1...50)
        if let spending = try spendingFunction() { question.spending = spending }
        return question
    }

    private func spendingFunction() throws -> Spending? {
        guard let spending = try choice(.spending, Spending.self) else { return nil }
        guard isSet(.looks) else { throw UsageError("--spending goes with --looks") }
        return spending
    }

    fileprivate func comparison() throws -> Comparison {
        var options = ComparisonOptions()
        if let level = try number(.confidence, in: 0.5...0.999999) { options.level = level }
        options.scale = try number(.scale, in: 1e-300...1e300)
        if let looks = try integer(.looks, in: 1...50) {
            options.looks = (looks, try integer(.look, in: 1...looks) ?? looks)
        } else if isSet(.look) {
            throw UsageError("--look goes with --looks")
        }
        if let spending = try spendingFunction() { options.spending = spending }
        if let text = value(.split) {
            options.shares = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                guard let share = Double(part), share > 0, share.isFinite else {
                    throw UsageError("--split: expected shares above 0, found \"\(text)\"", advice: "For example: 1,1")
                }
                return share
            }
        }
        options.control = value(.control)
        options.ratios = values(.ratio)
        let sources = [isSet(.a) || isSet(.b), isSet(.file), isSet(.pipeline)]
        guard sources.count(where: { $0 }) == 1 else {
            throw UsageError(
                "what is compared comes from one of --a and --b, --file, and --pipeline",
                advice: "For example: atelier experiment compare --a 480/10000 --b 530/10000")
        }
        if isSet(.pipelineStart) && !isSet(.pipeline) { throw UsageError("--collection goes with --pipeline") }
        if sources[0] {
            for option in [Option.ratio, .control, .store] where isSet(option) {
                throw UsageError("--\(option.name) goes with --file or --pipeline")
            }
            return try UsageError.rethrowing { try Comparison(a: proportion(.a), b: proportion(.b), options) }
        }
        var observations = Observations()
        if let path = value(.file) {
            if isSet(.store) { throw UsageError("--store goes with --pipeline") }
            let table = try CSVTable(path: path)
            try observations.add(names: table.names, rows: table.rows.map { ($0.line, $0.fields) }, named: path)
        } else {
            let stages = try Command.stages(value(.pipeline) ?? "[]")
            try withStore { store in
                let progress = Progress("Reading visitors", isQuiet: isQuiet)
                defer { progress.finish() }
                let collection = store.database.collection(value(.pipelineStart) ?? "orders")
                try collection.requireExistence(isArgument: value(.pipelineStart) != nil)
                let rows = try collection.aggregate(stages, allowDiskUse: true)
                while try rows.withNext({ try observations.add($0) }) != nil {}
            }
        }
        return try UsageError.rethrowing { try Comparison(observations, options) }
    }

    private func proportion(_ option: Option) throws -> Proportion {
        guard let text = value(option) else {
            throw UsageError("--\(option.name) is missing: conversions and visitors, such as 480/10000")
        }
        do {
            return try Proportion(text)
        } catch let error as AtelierError {
            throw UsageError("--\(option.name): \(error.message)", advice: error.advice)
        }
    }

    fileprivate func simulation() throws -> Answer {
        var offer = RetentionOffer()
        if let effect = try uncertain(.effect) { offer.effect = effect }
        if let cost = try uncertain(.cost) { offer.contactCost = cost }
        if let margin = try uncertain(.margin) { offer.margin = margin }
        if let discount = try number(.giveaway, in: 0...1) { offer.discount = discount }
        if let window = try integer(.window, in: 1...3650) { offer.window = window }
        if let quantile = try number(.quantile, in: 0.01...1) { offer.rule.quantile = quantile }
        if let least = try integer(.leastPurchases, in: 2...10_000) { offer.rule.leastPurchases = least }
        if let most = try integer(.mostAway, in: 1...36_500) { offer.rule.mostDaysAway = most }
        if let simulations = try integer(.simulations, in: 1...10_000_000) { offer.simulations = simulations }
        if let seed = try integer(.seed, in: 0...Int.max) { offer.seed = UInt64(seed) }
        offer.day = try day(.onDay)
        offer.bars = try integer(.histogram, in: 2...1000)
        try UsageError.rethrowing { try offer.check() }
        let progress = Progress("Simulating", counting: "simulations", isQuiet: isQuiet)
        defer { progress.finish() }
        let purchases = try withStore { try CustomerPurchases(in: $0.database) }
        let simulation = try RetentionSimulation(purchases, offer)
        return simulation.answer { progress.advance(to: $0) }
    }

    private func uncertain(_ option: Option) throws -> Uncertain? {
        do {
            return try value(option).map { try Uncertain($0) }
        } catch let error as AtelierError {
            throw UsageError("--\(option.name): \(error.message)", advice: error.advice)
        }
    }
}
