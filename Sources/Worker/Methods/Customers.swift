import BSON
import CustomerModels
import DocumentStore

extension Method {
    static let customersLifetimeValue = Method(
        "customers.lifetimeValue",
        "What customers will buy and be worth: BG/NBD and Gamma-Gamma, fitted to the sale orders.",
        parameters: [
            .database,
            .optional("calibrationEnd", .string, "The last day the models see, `YYYY-MM-DD`; that of the last order."),
            .optional("horizonDays", .integer(1...36_500).defaulting(to: 365), "How far ahead to look."),
            .optional(
                "discount", .number.defaulting(to: 0.01), "The rate a month at which money to come counts less, 0 to 1."
            ),
            .optional(
                "unit", .choice(TimeUnit.allCases.map(\.rawValue)).defaulting(to: "week"), "What time is counted in."),
            .customerLimit,
        ],
        result: .object([
            .required("calibrationEnd", .string, "The last day the models saw."),
            .required(
                "parameters", .documents,
                "The fit: model, parameter, value, standardError (null where it is not known)."),
            .required("warnings", .array(of: .string), "What to know before believing the numbers."),
            .required("customerCount", .integer(from: 0), "How many customers there are."),
            .required("total", .number, "The sum of all their lifetime values."),
            .required(
                "customers", .documents,
                "The most valuable: customerId, frequency, recency, age, meanAmount, probabilityAlive, expectedPurchases, "
                    + "expectedValue, clv."),
        ])
    ) { call in
        let unit = TimeUnit(rawValue: call.parameters.string("unit") ?? "week") ?? .week
        let discount = call.parameters["discount"]?.doubleValue ?? 0.01
        guard 0...1 ~= discount else { throw call.parameters.invalid("discount", "must be from 0 to 1") }
        let asked = try call.day("calibrationEnd")
        let history = try PurchaseHistory(reading: call.database) { call.progress?.report(done: $0) }
        guard let first = history.firstDay, let last = history.lastDay else {
            throw AtelierError(.badValue, "the store holds no sale orders of known customers")
        }
        let end = asked ?? last
        guard first < end else {
            throw call.parameters.invalid(
                "calibrationEnd", "nothing was bought before it; orders are from \(dayText(first)) to \(dayText(last))")
        }
        let model = try LifetimeValueModel(history, until: end, unit: unit, checkpoint: call.cancellation.check)
        let horizon = Double(call.parameters.int("horizonDays") ?? 365) / unit.days
        let predictions = model.predictions(within: horizon, discount: discount)
        let shown = LifetimeValueModel.ranking(predictions).prefix(call.customerLimit).map { predictions[$0].document }
        return [
            "calibrationEnd": .string(dayText(end)),
            "parameters": .array(BSONArray(documents: model.parameterDocuments)),
            "warnings": .array(BSONArray(model.warnings.map { .string($0) })),
            "customerCount": .integer(predictions.count),
            "total": .double(predictions.reduce(0) { $0 + ($1.lifetimeValue ?? 0) }),
            "customers": .array(BSONArray(documents: shown)),
        ]
    }

    static let customersChurn = Method(
        "customers.churn", "The customers who are likely not to order within a horizon, and why.",
        parameters: [
            .database,
            .optional(
                "horizonDays", .integer(1...3650).defaulting(to: 90), "Days without an order that count as churn."),
            .optional(
                "cutoff", .string, "Look as if it were that day, `YYYY-MM-DD`; the day after the last order otherwise."),
            .optional(
                "activeDays", .integer(1...36_500).defaulting(to: 365), "Leave out who did not order for longer."),
            .seed, .customerLimit,
        ],
        result: .object([
            .required("cutoff", .string, "The day from which on the horizon runs."),
            .required("trainedAt", .string, "The day as of which the model learnt."),
            .required("trainingCustomers", .integer(from: 0), "How many customers it learnt from."),
            .required("trainingRate", .number, "The share of them that stayed away."),
            .required("customerCount", .integer(from: 0), "How many customers could be lost."),
            .required(
                "customers", .documents,
                "The likeliest: customerId, probability, lastOrder, orders, revenue, and the three strongest drivers, each "
                    + "with feature, value and contribution to the logarithm of the odds."),
        ])
    ) { call in
        let options = ChurnOptions(
            horizon: call.parameters.int("horizonDays") ?? 90, activeDays: call.parameters.int("activeDays") ?? 365,
            seed: UInt32(call.parameters.int("seed") ?? 1))
        let cutoff = try call.day("cutoff")
        let log = try ActivityLog(reading: call.database) { count, _ in call.progress?.report(done: count) }
        let found = try ChurnModel.risks(log, on: cutoff, options, checkpoint: call.cancellation.check)
        return [
            "cutoff": .string(dayText(found.day)), "trainedAt": .string(dayText(found.model.trainingDay)),
            "trainingCustomers": .integer(found.model.trainingCustomers),
            "trainingRate": .double(found.model.trainingRate), "customerCount": .integer(found.risks.count),
            "customers": .array(BSONArray(documents: found.risks.prefix(call.customerLimit).map { $0.document() })),
        ]
    }

    static let customersSegment = Method(
        "customers.segment", "Customers in groups of similar behaviour, by k-means.",
        parameters: [
            .database,
            .optional(
                "k", .integer(2...50), "How many segments; what fits best from 3 to `maxK` where it is left out."),
            .optional("maxK", .integer(3...50).defaulting(to: 8), "The most segments that are tried."),
            .optional("members", .boolean.defaulting(to: false), "Whether to return each customer's segment too."),
            .seed,
        ],
        result: .object([
            .required("day", .string, "The day the customers are looked at."),
            .required("customerCount", .integer(from: 0), "How many customers there are."),
            .required(
                "silhouettes", .documents,
                "What each number of segments is worth: k, and the mean silhouette, at most 1."),
            .required(
                "segments", .documents,
                "By mean revenue: segment, customers, share, revenueShare, the means of recencyDays, orders, revenue, "
                    + "averageOrder and tenureDays, description."),
            .optional(
                "members", .documents,
                "By id: customerId, segment, recencyDays, orders, revenue, averageOrder, tenureDays."),
        ])
    ) { call in
        let k = call.parameters.int("k")
        let log = try ActivityLog(reading: call.database) { count, _ in call.progress?.report(done: count) }
        let found = try Segmentation(
            log, counts: k.map { $0...$0 } ?? 3...(call.parameters.int("maxK") ?? 8),
            seed: UInt64(call.parameters.int("seed") ?? 1), checkpoint: call.cancellation.check)
        let silhouettes: [Document] = found.silhouettes.map { ["k": .integer($0.k), "silhouette": .double($0.value)] }
        var fields: [(String, BSONValue)] = [
            ("day", .string(dayText(found.day))), ("customerCount", .integer(found.members.count)),
            ("silhouettes", .array(BSONArray(documents: silhouettes))),
            ("segments", .array(BSONArray(documents: found.segmentDocuments))),
        ]
        if call.parameters.bool("members") == true {
            fields.append(("members", .array(BSONArray(documents: found.members.map(\.document)))))
        }
        return Document(fields)
    }
}

extension Property {
    fileprivate static let customerLimit = Property.optional(
        "limit", .integer(1...100_000).defaulting(to: 100), "How many customers to return.")
    fileprivate static let seed = Property.optional(
        "seed", .integer(0...Int64(Int32.max)).defaulting(to: 1), "Another number draws other samples.")
}

extension Call {
    fileprivate var customerLimit: Int { parameters.int("limit") ?? 100 }

    /// The day a parameter names, since 1970.
    fileprivate func day(_ name: String) throws -> Int? {
        guard let text = parameters.string(name) else { return nil }
        guard let day = calendarDay(text) else {
            throw parameters.invalid(name, "expected a date such as 2010-09-30")
        }
        return day
    }
}
