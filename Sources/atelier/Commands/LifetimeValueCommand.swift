import Analytics
import BSON
import CustomerModels
import DocumentStore

extension Option {
    fileprivate static let transactions = Option(
        "transactions", value: "FILE", "Purchases from a file instead of the store: CDNOW's lines, or CSV")
    fileprivate static let calibrationEnd = Option(
        "calibration-end", value: "DATE", "The last day the models see; otherwise the day of the last purchase")
    fileprivate static let discount = Option(
        "discount", value: "R", "The rate a month at which money to come counts less; 0.01")
    fileprivate static let unit = Option("unit", value: "day|week", "What time is counted in; week")
    fileprivate static let modelParameters = Option("parameters", "The models' parameters instead of the customers")
    fileprivate static let calibration = Option(
        "calibration", "Expected against actual purchases after --calibration-end")
}

extension Command {
    static let lifetimeValue = Command(
        name: "clv", summary: "Predict what each customer will buy and be worth",
        options: [
            .transactions, .calibrationEnd, .horizonDays, .discount, .unit, .modelParameters, .calibration, .limit,
            .store,
        ] + Option.output,
        details: [
            "BG/NBD says how often customers buy and whether they still do, Gamma-Gamma how much they spend; both are fitted by "
                + "maximum likelihood. Purchases are the sale orders of known customers, those of one day merged.",
            "frequency is days with a purchase after the first, recency and age are counted from the first purchase to the last "
                + "and to the end of the calibration. The horizon is 365 days unless --horizon-days says otherwise; clv is what "
                + "is bought within it, discounted by months of 30.415 days.",
            "FILE holds lines such as \"00004 0001 19970118 2 29.73\" or CSV with the columns customer, date and amount.",
        ],
        examples: [
            "atelier clv --limit 20", "atelier clv --calibration-end 2025-06-30 --calibration",
            "atelier clv --parameters --format json",
        ]
    ) { invocation in
        let horizonDays = try invocation.integer(.horizonDays, in: 1...36_500) ?? 365
        let discount = try invocation.number(.discount, in: 0...1) ?? 0.01
        let limit = try invocation.integer(.limit, in: 1...Int.max)
        let end = try invocation.day(.calibrationEnd)
        guard let unit = TimeUnit(rawValue: invocation.value(.unit) ?? "week") else {
            throw UsageError("--unit: expected day or week, found \"\(invocation.value(.unit) ?? "")\"")
        }
        if invocation.isSet(.modelParameters) && invocation.isSet(.calibration) {
            throw UsageError("--parameters and --calibration: one of the two at a time")
        }
        if invocation.isSet(.calibration) && end == nil {
            throw UsageError(
                "--calibration: needs --calibration-end",
                advice: "Name a day before the last purchase, such as 2025-06-30.")
        }
        _ = try invocation.format()
        let progress = Progress("Reading purchases", counting: "days", isQuiet: invocation.isQuiet)
        defer { progress.finish() }
        let history = try invocation.purchaseHistory { progress.advance(to: $0, of: nil) }
        let report = try LifetimeValueReport(
            history, end: end, unit: unit, horizonDays: horizonDays, discount: discount)
        progress.finish()
        if invocation.isSet(.modelParameters) {
            try report.printParameters(invocation)
        } else if invocation.isSet(.calibration) {
            try report.printCalibration(invocation)
        } else {
            try report.printCustomers(invocation, limit: limit)
        }
    }
}

extension Invocation {
    /// The purchases of `--transactions`, or of the store.
    fileprivate func purchaseHistory(observe: (Int) -> Void) throws -> PurchaseHistory {
        if let path = value(.transactions) {
            if isSet(.store) { throw UsageError("--transactions and --store: one of the two at a time") }
            return try PurchaseHistory(file: path)
        }
        return try withStore { store in
            try store.database.collection("orders").requireExistence()
            let history = try PurchaseHistory(reading: store.database, observe: observe)
            if history.customers.isEmpty {
                throw AtelierError(
                    .badValue, "the store holds no sale orders of known customers",
                    advice: "Load some with `atelier import`, or name a file with --transactions.")
            }
            return history
        }
    }
}

/// What `atelier clv` prints.
private struct LifetimeValueReport {
    let model: LifetimeValueModel
    let check: HoldoutCheck?
    let horizonDays: Int
    let discount: Double

    init(_ history: PurchaseHistory, end: Int?, unit: TimeUnit, horizonDays: Int, discount: Double) throws {
        let (first, last) = (history.firstDay ?? 0, history.lastDay ?? 0)
        let end = end ?? last
        guard first < end else {
            throw UsageError(
                "--calibration-end: nothing was bought before \(dayText(end))",
                advice: "Purchases are from \(dayText(first)) to \(dayText(last)).")
        }
        model = try LifetimeValueModel(history, until: end, unit: unit)
        check = HoldoutCheck(model, history, until: last)
        self.horizonDays = horizonDays
        self.discount = discount
    }

    private var horizon: Double { Double(horizonDays) / model.unit.days }

    private var warnings: [String] { model.warnings.map { "Warning: \($0)" } }

    private var checkNote: [String] {
        guard let check else { return [] }
        return [
            "In the \(rounded(check.duration, 1)) \(model.unit.rawValue)s after \(dayText(model.end)) these customers made "
                + "\(Progress.grouped(check.actualTotal)) purchases; \(Progress.grouped(Int(check.expectedTotal.rounded()))) "
                + "were expected (correlation \(rounded(check.correlation, 3)))."
        ]
    }

    func printCustomers(_ invocation: Invocation, limit: Int?) throws {
        let time = model.unit == .day ? Unit.days : nil
        var columns = [
            Column(name: "customerId", type: .string, title: "Customer"),
            Column(name: "frequency", type: .integer, title: "Frequency"),
            Column(name: "recency", type: .number, unit: time, title: "Recency"),
            Column(name: "age", type: .number, unit: time, title: "Age"),
            Column(name: "meanAmount", type: .number, unit: .currency, title: "Mean amount"),
            Column(name: "probabilityAlive", type: .number, unit: .ratio, title: "Alive"),
            Column(name: "expectedPurchases", type: .number, title: "Purchases"),
            Column(name: "expectedValue", type: .number, unit: .currency, title: "Value each"),
            Column(name: "clv", type: .number, unit: .currency, title: "CLV"),
        ]
        if check != nil { columns.append(Column(name: "actualPurchases", type: .integer, title: "Actual")) }
        var rows = RowDescription(
            heading: "Customer lifetime value: the next \(horizonDays) days from \(dayText(model.end))",
            columns: columns)
        rows.maximumTableRows = limit ?? 20
        rows.howToSeeMore = "--limit N shows more, --format csv or json prints all"
        let predictions = model.predictions(within: horizon, discount: discount)
        let total = predictions.reduce(0) { $0 + ($1.lifetimeValue ?? 0) }
        let summary = "\(Progress.grouped(predictions.count)) customers, worth \(rounded(total, 2)) in all"
        rows.footnotes = [summary + "; recency and age in \(model.unit.rawValue)s."]
        rows.footnotes += checkNote + warnings
        let order = LifetimeValueModel.ranking(predictions)
        try invocation.printRows(rows) { write in
            for index in order.prefix(limit ?? Int.max) {
                var row = predictions[index].document
                if let check { row = row.setting("actualPurchases", .integer(check.actual[index])) }
                try row.withView(write)
            }
        }
    }

    func printParameters(_ invocation: Invocation) throws {
        let rows = RowDescription(
            heading: "BG/NBD and Gamma-Gamma until \(dayText(model.end)), time in \(model.unit.rawValue)s",
            columns: [
                Column(name: "model", type: .string, title: "Model"),
                Column(name: "parameter", type: .string, title: "Parameter"),
                Column(name: "value", type: .number, title: "Value"),
                Column(name: "standardError", type: .number, title: "Standard error"),
            ], footnotes: warnings)
        try invocation.printRows(rows) { write in
            for row in model.parameterDocuments { try row.withView(write) }
        }
    }

    func printCalibration(_ invocation: Invocation) throws {
        guard let check else {
            throw UsageError(
                "--calibration: nothing was bought after \(dayText(model.end))",
                advice: "Name an earlier day with --calibration-end.")
        }
        let rows = RowDescription(
            heading: "Purchases a customer in the \(rounded(check.duration, 1)) \(model.unit.rawValue)s after "
                + dayText(model.end),
            columns: [
                Column(name: "frequency", type: .string, title: "Frequency"),
                Column(name: "customers", type: .integer, title: "Customers"),
                Column(name: "expected", type: .number, title: "Expected"),
                Column(name: "actual", type: .number, title: "Actual"),
            ], footnotes: checkNote + warnings)
        try invocation.printRows(rows) { write in
            for group in check.groups {
                let row: Document = [
                    "frequency": .string("\(group.frequency)\(group.isOpen ? "+" : "")"),
                    "customers": .integer(group.customers), "expected": .double(group.expected),
                    "actual": .double(group.actual),
                ]
                try row.withView(write)
            }
        }
    }
}
