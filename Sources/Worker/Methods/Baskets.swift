import BSON
import Baskets
import DocumentStore

extension Method {
    static let basketsRules = Method(
        "baskets.rules", "Rules of what is bought together: who buys these items also buys those.",
        parameters: Property.basketSource
            + [
                .optional(
                    "minConfidence", decimalRatio.defaulting(to: 0.5),
                    "The least part of the baskets with the antecedent that hold the consequent too."),
                .optional("minLift", decimalRatio, "Only rules of at least this lift."),
                .optional(
                    "anyConsequent", .boolean.defaulting(to: false),
                    "Whether consequents may have several items, or have just one."),
                .optional("consequents", .array(of: .any), "Items that the consequent of every rule holds."),
                .optional(
                    "sort", .choice(["count"] + RuleMeasures.Name.allCases.map(\.rawValue)).defaulting(to: "lift"),
                    "The measure whose highest values come first."),
            ] + Property.basketChoice,
        result: .object(
            answerSummary + [
                .required(
                    "rules",
                    .array(
                        of: .object(
                            [
                                .required("antecedent", .array(of: .any), "The items that the rule starts from."),
                                .required("consequent", .array(of: .any), "The items that it leads to."),
                                .required("count", .integer(from: 0), "The baskets that hold both."),
                            ]
                                + RuleMeasures.Name.allCases.map {
                                    .required($0.rawValue, .number, RuleMeasures.explanations[$0] ?? "")
                                })),
                    "The rules, sorted.")
            ])
    ) { call in
        let sort = call.parameters.string("sort") ?? "lift"
        var question = BasketQuestion(.rules(by: RuleMeasures.Name(rawValue: sort) ?? .support))
        question.minimumConfidence = try call.part("minConfidence") ?? BasketQuestion.standardConfidence
        question.minimumLift = try call.ratio("minLift")
        question.anyConsequent = call.parameters.bool("anyConsequent") ?? false
        question.consequents = call.parameters["consequents"]?.arrayValue ?? []
        return try call.answer(&question, in: "rules")
    }

    static let basketsSets = Method(
        "baskets.sets", "Frequent sets of items: those that many baskets hold together.",
        parameters: Property.basketSource
            + [
                .optional(
                    "kind", .choice(SetList.Kind.allCases.map(\.rawValue)).defaulting(to: "all"),
                    "`closed` for sets of which no larger one has the same count, `maximal` for those of which no larger one is "
                        + "frequent."),
                .optional(
                    "sort", .choice(SetList.Order.allCases.map(\.rawValue)).defaulting(to: "count"),
                    "What comes first: the highest count, the largest size, or the first items."),
            ] + Property.basketChoice,
        result: .object(
            answerSummary + [
                .required(
                    "sets",
                    .array(
                        of: .object([
                            .required("items", .array(of: .any), "The items, in order."),
                            .required("count", .integer(from: 0), "The baskets that hold them all."),
                            .required("support", .number, "The part of all baskets."),
                        ])), "The sets, sorted.")
            ])
    ) { call in
        let kind = SetList.Kind(rawValue: call.parameters.string("kind") ?? "") ?? .all
        let order = SetList.Order(rawValue: call.parameters.string("sort") ?? "") ?? .count
        var question = BasketQuestion(.sets(kind, by: order))
        return try call.answer(&question, in: "sets")
    }
}

private let decimalRatio = Schema.either(.number, .string)

private let answerSummary: [Property] = [
    .required("baskets", .integer(from: 0), "How many baskets were mined: what supports are parts of."),
    .required("distinctItems", .integer(from: 0), "How many items they hold."),
    .required("emptyBaskets", .integer(from: 0), "Baskets without items, which do not count."),
    .required("giantBaskets", .integer(from: 0), "Baskets over `maxBasketSize`, which were left out or cut."),
    .required("minCount", .integer(from: 1), "How many baskets a set had to be in."),
    .required("total", .integer(from: 0), "How many there are, also of those that `limit` left out."),
]

extension RuleMeasures {
    fileprivate static let explanations: [Name: String] = [
        .support: "The part of all baskets.", .confidence: "The part of the baskets with the antecedent.",
        .lift: "Times as often as by chance.", .leverage: "The part of all baskets beyond chance.",
        .conviction: "(1 − support of the consequent) / (1 − confidence); infinite where the confidence is 1.",
        .zhang: "Zhang's measure, from −1 to 1.", .jaccard: "The part of the baskets with either side.",
        .cosine: "support / √(support of one side × support of the other).",
    ]
}

extension Property {
    fileprivate static let basketSource: [Property] = [
        .database,
        .optional(
            "baskets", .array(of: .array(of: .any)),
            "The baskets themselves. Otherwise they are the products of each sale."),
        .optional("filter", .document, "Which sales, where nothing else says what a basket is."),
        .optional("collection", .string, "Where `pipeline` starts; `orders` where it is left out."),
        .optional("pipeline", .documents, "Stages that return a row a basket, with an array of items."),
        .optional("field", .string, "The array's name in the rows; otherwise the only array there is."),
        .optional(
            "maxBasketSize", .integer(from: 1), "Baskets of more items are treated as `giant` says; no limit otherwise."
        ),
        .optional(
            "giant", .choice(BasketSizeLimit.Policy.allCases.map(\.rawValue)).defaulting(to: "skip"),
            "Whether baskets over `maxBasketSize` are left out, cut to their most frequent items, or an error."),
    ]

    fileprivate static let basketChoice: [Property] = [
        .optional(
            "minSupport", decimalRatio.defaulting(to: 0.01),
            "The least part of all baskets, compared exactly as its decimal text says; `\"1%\"` is one too."),
        .optional("minCount", .integer(from: 1), "The least number of baskets, instead of `minSupport`."),
        .optional("maxItems", .integer(from: 1), "The most items of a set, or of both sides of a rule."),
        .optional("items", .array(of: .any), "Items that every one holds."),
        .optional("limit", .integer(0...1_000_000).defaulting(to: 1000), "How many at most; 0 for all."),
        .optional(
            "memory", .integer(from: 1).defaulting(to: .integer(MemoryBudget.standardLimit)),
            "How many bytes mining may take."), .maxTimeMS,
    ]
}

extension Call {
    /// A parameter as the decimal number it was written as.
    fileprivate func ratio(_ name: String) throws -> DecimalRatio? {
        guard let value = parameters[name] else { return nil }
        let text: String
        switch value {
        case .string(let string): text = string
        case .double(let number): text = number.description
        case .decimal(let number): text = number.description
        default: text = value.integerValue.map { String($0) } ?? ""
        }
        do {
            return try DecimalRatio(text)
        } catch let error as AtelierError {
            throw parameters.invalid(name, error)
        }
    }

    fileprivate func part(_ name: String) throws -> DecimalRatio? {
        let ratio = try ratio(name)
        if let ratio, ratio.exceedsOne { throw parameters.invalid(name, "expected a part from 0 to 1") }
        return ratio
    }

    /// Reads the baskets, mines them, and puts rows into the result under a name.
    fileprivate func answer(_ question: inout BasketQuestion, in name: String) throws -> Document {
        if let count = parameters.int("minCount") {
            if parameters["minSupport"] != nil {
                throw parameters.invalid("minCount", "`minSupport` says the same thing: give one of them")
            }
            question.threshold = .count(count)
        } else {
            let support = try part("minSupport") ?? BasketQuestion.standardSupport
            if support.isZero { throw parameters.invalid("minSupport", "expected more than 0") }
            question.threshold = .support(support)
        }
        question.maximumSize = parameters.int("maxItems")
        question.containing = parameters["items"]?.arrayValue ?? []
        let limit = parameters.int("limit") ?? 1000
        question.limit = limit == 0 ? nil : limit
        question.memory = parameters.int("memory") ?? MemoryBudget.standardLimit

        let baskets = try baskets()
        let monitor = MiningMonitor(
            check: { [cancellation] in try cancellation.check() },
            report: { [progress] done, total in progress?.report(done: done, of: total) })
        let answer: BasketAnswer
        do {
            answer = try question.answer(baskets, monitor: monitor)
        } catch let error as AtelierError where error.code == .noSuchKey {
            throw RPCError.invalidParams(parameters.path, error.message + (error.advice.map { ". \($0)" } ?? ""))
        }
        return try Document { writer in
            writer.append("baskets", BSONValue.integer(baskets.count))
            writer.append("distinctItems", BSONValue.integer(baskets.items.count))
            writer.append("emptyBaskets", BSONValue.integer(baskets.remarks.empty))
            writer.append("giantBaskets", BSONValue.integer(baskets.remarks.giant))
            writer.append("minCount", BSONValue.integer(answer.minimumCount))
            writer.append("total", BSONValue.integer(answer.total))
            try writer.array(name) { writer in try answer.forEachRow { writer.appendElement(.document($0)) } }
        }
    }

    private func baskets() throws -> Baskets {
        var limit: BasketSizeLimit?
        if let size = parameters.int("maxBasketSize") {
            limit = BasketSizeLimit(
                items: size, policy: BasketSizeLimit.Policy(rawValue: parameters.string("giant") ?? "") ?? .skip)
        } else if parameters["giant"] != nil {
            throw parameters.invalid("giant", "it says what becomes of baskets over `maxBasketSize`, which is missing")
        }
        if let given = parameters["baskets"]?.arrayValue {
            try refuse("filter", "collection", "pipeline", "field", "maxTimeMS", because: "`baskets` holds the baskets")
            var builder = BasketBuilder(limit: limit)
            for (index, basket) in given.enumerated() {
                for item in basket.arrayValue ?? [] { item.withValue { if !$0.isNullish { builder.add($0) } } }
                try builder.endBasket(at: "\(parameters.path).baskets[\(index)]")
            }
            return builder.finish()
        }
        let source: BasketSource
        if parameters["pipeline"] != nil {
            try refuse("filter", because: "a $match stage at the pipeline's beginning does that")
            source = BasketSource(
                collection: parameters.string("collection") ?? "orders", pipeline: parameters.documents("pipeline"),
                field: parameters.string("field"))
        } else {
            try refuse("collection", "field", because: "`pipeline` has to say what a basket is")
            source = BasketSource(salesMatching: parameters.object("filter") ?? [:])
        }
        return try source.baskets(in: database, limit: limit, maxTimeMS: parameters.int("maxTimeMS")) { count in
            if count & 1023 == 0 {
                try cancellation.check()
                progress?.report(done: count)
            }
        }
    }

    private func refuse(_ names: String..., because reason: String) throws {
        for name in names where parameters[name] != nil { throw parameters.invalid(name, "not together: \(reason)") }
    }
}
