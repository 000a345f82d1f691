import Analytics
import BSON
import Baskets
import DocumentStore

extension Option {
    fileprivate static let baskets = Option(
        "baskets", value: "FILE", "A file of baskets, one a line, items separated by commas; - is standard input")
    fileprivate static let start = Option(
        "collection", value: "NAME", "Where the pipeline starts; otherwise orders")
    fileprivate static let pipeline = Option(
        "pipeline", value: "PIPELINE", "Stages that return a row a basket, with an array of items: JSON, @FILE or @-")
    fileprivate static let field = Option(
        "field", value: "NAME", "The array's name in the rows; otherwise the only array there is")
    fileprivate static let sales = Option(
        "filter", value: "JSON", "Only sales that match, such as {\"country\": \"France\"}")
    fileprivate static let minimumSupport = Option(
        "min-support", value: "PART", "The least part of all baskets, such as 0.001 or 1%; otherwise 0.01")
    fileprivate static let minimumCount = Option(
        "min-count", value: "N", "The least number of baskets, instead of --min-support")
    fileprivate static let minimumConfidence = Option(
        "min-confidence", value: "PART", "The least part of the baskets with the antecedent; otherwise 0.5")
    fileprivate static let minimumLift = Option("min-lift", value: "NUMBER", "Only rules of at least this lift")
    fileprivate static let anyConsequent = Option(
        "any-consequent", "Rules with consequents of any number of items, not of one only")
    fileprivate static let sets = Option("sets", "Frequent sets instead of rules")
    fileprivate static let closed = Option("closed", "Of sets: those of which no larger one has the same count")
    fileprivate static let maximal = Option("maximal", "Of sets: those of which no larger one is frequent")
    fileprivate static let maximumItems = Option(
        "max-items", value: "N", "The most items of a set, or of both sides of a rule")
    fileprivate static let item = Option(
        "item", value: "ITEM", isRepeatable: true, "Only rules or sets with this item; may be repeated")
    fileprivate static let consequent = Option(
        "consequent", value: "ITEM", isRepeatable: true, "Only rules that lead to this item; may be repeated")
    fileprivate static let order = Option(
        "sort", value: "MEASURE",
        "Highest first: count, support, confidence, lift, leverage, conviction, zhang, jaccard or cosine, otherwise lift; "
            + "of sets count, size or items, otherwise count")
    fileprivate static let most = Option("limit", value: "N", "How many rules or sets at most")
    fileprivate static let maximumBasket = Option(
        "max-basket-size", value: "N", "Baskets of more items are treated as --giant says; otherwise there is no limit")
    fileprivate static let giant = Option(
        "giant", value: "POLICY",
        "skip (leave the basket out; the default), truncate (keep its N most frequent items) or fail")
    fileprivate static let memory = Option(
        "memory", value: "SIZE", "What mining may take, such as 512M or 4G; otherwise 1G")
}

extension Command {
    static let basket = Command(
        name: "basket", summary: "Find what is bought together: rules and frequent sets of items",
        options: [
            .baskets, .start, .pipeline, .field, .sales, .minimumSupport, .minimumCount, .minimumConfidence,
            .minimumLift, .anyConsequent, .sets, .closed, .maximal, .maximumItems, .item, .consequent, .order, .most,
            .maximumBasket, .giant, .memory, .store,
        ] + Option.output,
        details: [
            "Without --baskets or --pipeline, a basket is the products sold in an order: those with a quantity and a price, no services. In a basket an item counts "
                + "once; a basket without items is none.",
            "A rule's count is that of the baskets that hold both sides. Thresholds are compared as counts, exactly: 0.8 is "
                + "reached by 8 of 10. A conviction is infinite where the confidence is 1: {\"$numberDouble\": \"Infinity\"} in "
                + "json and ndjson, inf in csv.",
        ],
        examples: [
            "atelier basket --min-support 0.005 --limit 20",
            "atelier basket --baskets groceries.csv --min-support 0.001 --min-confidence 0.5 --format json",
            "atelier basket --consequent 85123A --min-lift 2 --sort confidence",
            "atelier basket --sets --maximal --min-count 100 --max-basket-size 200",
            #"atelier basket --collection productViews --pipeline '[{"$group": {"_id": "$sessionKey", "items": {"$addToSet": "$productId"}}}]'"#,
        ]
    ) { invocation in
        let question = try question(invocation)
        let limit = try sizeLimit(invocation)
        let format = try invocation.format()
        let progress = Progress("Reading baskets", counting: "baskets", isQuiet: invocation.isQuiet)
        defer { progress.finish() }
        let baskets = try baskets(invocation, limit, progress)
        let answer = try answer(question, baskets, invocation)
        progress.finish()

        let isForPeople = format == .table || format == .markdown
        let notes = notes(answer, question, limit)
        let rows = RowDescription(
            heading: heading(answer, question), columns: columns(question), footnotes: notes)
        try invocation.printRows(rows) { write in try answer.forEachRow(joined: isForPeople, write) }
        if format != .table && !invocation.isQuiet { notes.forEach(Messages.say) }
    }

    // MARK: What is asked

    private static func question(_ invocation: Invocation) throws -> BasketQuestion {
        let wantsSets = invocation.isSet(.sets)
        for option in [Option.closed, .maximal] where invocation.isSet(option) && !wantsSets {
            throw UsageError("--\(option.name) is for sets", advice: "Add --sets.")
        }
        let forRules: [Option] = [.minimumConfidence, .minimumLift, .anyConsequent, .consequent]
        for option in forRules where invocation.isSet(option) && wantsSets {
            throw UsageError("--\(option.name) is for rules, and --sets asks for sets")
        }
        if invocation.isSet(.closed) && invocation.isSet(.maximal) {
            throw UsageError("--closed and --maximal are two questions", advice: "Maximal sets are closed as well.")
        }
        let kind: SetList.Kind = invocation.isSet(.closed) ? .closed : invocation.isSet(.maximal) ? .maximal : .all
        var question = BasketQuestion(
            wantsSets ? .sets(kind, by: try setOrder(invocation)) : .rules(by: try ruleOrder(invocation)))
        question.threshold = try threshold(invocation)
        question.minimumConfidence =
            try part(.minimumConfidence, invocation) ?? BasketQuestion.standardConfidence
        question.minimumLift = try ratio(.minimumLift, invocation)
        question.anyConsequent = invocation.isSet(.anyConsequent)
        question.maximumSize = try invocation.integer(.maximumItems, in: 1...Int.max)
        question.containing = invocation.values(.item).map { .string($0) }
        question.consequents = invocation.values(.consequent).map { .string($0) }
        question.limit = try invocation.integer(.most, in: 1...Int.max)
        if let text = invocation.value(.memory) {
            question.memory = try usage(.memory) { try MemoryBudget.bytes(text) }
        }
        return question
    }

    private static func threshold(_ invocation: Invocation) throws -> ItemsetMiner.Threshold {
        if let count = try invocation.integer(.minimumCount, in: 1...Int.max) {
            if invocation.isSet(.minimumSupport) {
                throw UsageError("--min-support and --min-count say the same thing", advice: "Give one of them.")
            }
            return .count(count)
        }
        let support = try part(.minimumSupport, invocation) ?? BasketQuestion.standardSupport
        if support.isZero {
            throw UsageError(
                "--min-support: expected more than 0",
                advice: "Every set that occurs is --min-count 1; there may be more of them than fit any memory.")
        }
        return .support(support)
    }

    /// An option's value as a part of a whole.
    private static func part(_ option: Option, _ invocation: Invocation) throws -> DecimalRatio? {
        let ratio = try ratio(option, invocation)
        if let ratio, ratio.exceedsOne {
            throw UsageError(
                "--\(option.name): expected a part from 0 to 1, found \"\(invocation.value(option) ?? "")\"",
                advice: option == .minimumSupport
                    ? "A number of baskets is --min-count." : "One in two is 0.5 or 50%.")
        }
        return ratio
    }

    private static func ratio(_ option: Option, _ invocation: Invocation) throws -> DecimalRatio? {
        try invocation.value(option).map { text in try usage(option) { try DecimalRatio(text) } }
    }

    private static func usage<R>(_ option: Option, _ work: () throws -> R) throws -> R {
        do {
            return try work()
        } catch let error as AtelierError {
            throw UsageError("--\(option.name): \(error.message)", advice: error.advice)
        }
    }

    private static func ruleOrder(_ invocation: Invocation) throws -> RuleMeasures.Name {
        guard let name = invocation.value(.order) else { return .lift }
        if name == "count" { return .support }
        return try RuleMeasures.Name(rawValue: name)
            ?? { throw unknown(.order, name, among: ["count"] + RuleMeasures.Name.allCases.map(\.rawValue)) }()
    }

    private static func setOrder(_ invocation: Invocation) throws -> SetList.Order {
        guard let name = invocation.value(.order) else { return .count }
        if name == "support" { return .count }
        return try SetList.Order(rawValue: name)
            ?? { throw unknown(.order, name, among: SetList.Order.allCases.map(\.rawValue) + ["support"]) }()
    }

    private static func unknown(_ option: Option, _ name: String, among names: [String]) -> UsageError {
        let nearest = nearestName(to: name, among: names).map { "Did you mean \($0)? " } ?? ""
        return UsageError(
            "--\(option.name): there is no \(name)", advice: nearest + "There are \(names.joined(separator: ", ")).")
    }

    private static func sizeLimit(_ invocation: Invocation) throws -> BasketSizeLimit? {
        guard let size = try invocation.integer(.maximumBasket, in: 1...Int.max) else {
            if invocation.isSet(.giant) {
                throw UsageError(
                    "--giant says what becomes of baskets above a size", advice: "Add --max-basket-size N.")
            }
            return nil
        }
        guard let name = invocation.value(.giant) else { return BasketSizeLimit(items: size, policy: .skip) }
        guard let policy = BasketSizeLimit.Policy(rawValue: name) else {
            throw unknown(.giant, name, among: BasketSizeLimit.Policy.allCases.map(\.rawValue))
        }
        return BasketSizeLimit(items: size, policy: policy)
    }

    // MARK: The baskets

    private static func baskets(_ invocation: Invocation, _ limit: BasketSizeLimit?, _ progress: Progress) throws
        -> Baskets
    {
        if let path = invocation.value(.baskets) {
            for option in [Option.start, .pipeline, .field, .sales, .store] where invocation.isSet(option) {
                throw UsageError("--\(option.name) is for baskets of a store, and --baskets names a file")
            }
            return try Baskets(file: path, limit: limit)
        }
        let source = try source(invocation)
        return try invocation.withStore { store in
            try store.database.collection(source.collection).requireExistence(isArgument: invocation.isSet(.start))
            return try source.baskets(in: store.database, limit: limit) { progress.advance(to: $0) }
        }
    }

    private static func source(_ invocation: Invocation) throws -> BasketSource {
        guard let argument = invocation.value(.pipeline) else {
            for option in [Option.start, .field] where invocation.isSet(option) {
                throw UsageError("--\(option.name) needs --pipeline, which says what a basket is")
            }
            return BasketSource(salesMatching: try invocation.document(.sales) ?? [:])
        }
        if invocation.isSet(.sales) {
            throw UsageError("--filter chooses among sales", advice: "Begin the pipeline with a $match stage instead.")
        }
        return BasketSource(
            collection: invocation.value(.start) ?? "orders", pipeline: try stages(argument, of: "--pipeline"),
            field: invocation.value(.field))
    }

    private static func answer(_ question: BasketQuestion, _ baskets: Baskets, _ invocation: Invocation) throws
        -> BasketAnswer
    {
        let progress = Progress(
            "Mining \(Progress.grouped(baskets.count)) baskets", counting: "items", isQuiet: invocation.isQuiet)
        defer { progress.finish() }
        let monitor = MiningMonitor(report: { done, total in
            progress.advance(to: done, of: "of \(Progress.grouped(total))")
        })
        do {
            return try question.answer(baskets, monitor: monitor)
        } catch let error as AtelierError where error.code == .noSuchKey {
            throw UsageError(error)
        } catch let error as AtelierError where error.code == .queryExceededMemory {
            throw AtelierError(
                error.code, error.message,
                advice:
                    "Ask for more with --min-support, for less with --max-items, leave giant baskets out with --max-basket-size, or allow more with --memory."
            )
        }
    }

    // MARK: What is shown

    private static func columns(_ question: BasketQuestion) -> [Column] {
        let count = Column(name: "count", type: .integer, title: "Baskets")
        let support = Column(name: "support", type: .number, title: "Support")
        if case .sets = question.kind { return [Column(name: "items", type: .string, title: "Items"), count, support] }
        return [
            Column(name: "antecedent", type: .string, title: "Who buys"),
            Column(name: "consequent", type: .string, title: "also buys"), count, support,
            Column(name: "confidence", type: .number, unit: .ratio, title: "Confidence"),
            Column(name: "lift", type: .number, title: "Lift"),
            Column(name: "leverage", type: .number, title: "Leverage"),
            Column(name: "conviction", type: .number, title: "Conviction"),
            Column(name: "zhang", type: .number, title: "Zhang"),
            Column(name: "jaccard", type: .number, title: "Jaccard"),
            Column(name: "cosine", type: .number, title: "Cosine"),
        ]
    }

    private static func heading(_ answer: BasketAnswer, _ question: BasketQuestion) -> String {
        let baskets =
            "\(Progress.grouped(answer.baskets.count)) baskets with \(Progress.grouped(answer.baskets.items.count)) items"
        let least = "in at least \(Progress.grouped(answer.minimumCount))"
        switch question.kind {
        case .rules: return "Rules of \(baskets): \(least), confidence at least \(question.minimumConfidence)"
        case .sets(let kind, _):
            return "\(kind == .all ? "Sets" : kind == .closed ? "Closed sets" : "Maximal sets") of \(baskets): \(least)"
        }
    }

    /// What a reader has to know besides the rows.
    private static func notes(_ answer: BasketAnswer, _ question: BasketQuestion, _ limit: BasketSizeLimit?) -> [String]
    {
        var notes: [String] = []
        let what: String
        if case .rules = question.kind { what = "rules" } else { what = "sets" }
        if answer.count < answer.total {
            notes.append("The first \(Progress.grouped(answer.count)) of \(Progress.grouped(answer.total)) \(what)")
        }
        let remarks = answer.baskets.remarks
        if answer.baskets.count == 0 { notes.append("There is no basket with an item in it") }
        if let limit, remarks.giant > 0 {
            let baskets = remarks.giant == 1 ? "1 basket" : "\(Progress.grouped(remarks.giant)) baskets"
            let was = remarks.giant == 1 ? "was" : "were"
            notes.append(
                "\(baskets) of more than \(Progress.grouped(limit.items)) items \(was) "
                    + (limit.policy == .skip ? "left out" : "cut to the most frequent ones")
                    + ", the largest of \(Progress.grouped(remarks.largest))")
        }
        if remarks.empty > 0 {
            notes.append(
                remarks.empty == 1
                    ? "1 basket was empty and does not count"
                    : "\(Progress.grouped(remarks.empty)) baskets were empty and do not count")
        }
        return notes
    }
}
