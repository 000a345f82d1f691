import Analytics
import BSON
import DocumentStore
import Recommendations

extension Option {
    fileprivate static let methods = Option(
        "method", value: "NAME", isRepeatable: true,
        "Only this one: \(RecommendationMethod.allCases.map(\.rawValue).joined(separator: ", ")); may be repeated")
    fileprivate static let standard = Option(
        "standard-settings", "Judge what `recommend` does where nothing was tuned, instead of choosing all settings")
    fileprivate static let seed = Option("seed", value: "N", "Another number draws other samples for the intervals; 1")
    static let linearLimit = Option(
        "max-linear-products", value: "N",
        "The most products the linear model may have, at 4·N² bytes; \(RecommendationSettings().linearLimit)")
}

extension Command {
    static let evaluate = Command(
        name: "evaluate", summary: "Measure how well recommendations foretell what customers buy",
        operands: [Operand("WHAT", "recommendations (of products) or designers")],
        options: [.methods, .standard, .linearLimit, .seed, .store] + Option.output,
        details: [
            "Each customer's last order is held out, and every method recommends ten products from the orders before. Setting "
                + "all counts every product of the last order; new only those the customer had not bought, and nothing else is "
                + "recommended.",
            "Settings are chosen inside the training orders, by holding out the last of these, as recommend --tune does; with "
                + "--standard-settings only the weight of popularity in the blend. The orders that are judged are never seen. "
                + "Intervals are of 95 %, from bootstrap samples of customers. repeat-counts is repeat purchase "
                + "without anything to set: products by how often they were bought, then by popularity.",
            "designers: each customer's last design session is held out, with what they ordered from then on; recommended are "
                + "three designers. sessions is whom they met most, popularity who holds most sessions.",
        ],
        examples: [
            "atelier evaluate recommendations",
            "atelier evaluate recommendations --method blend --method popularity --format json",
            "atelier evaluate designers",
        ]
    ) { invocation in
        if invocation.operands[0] == "designers" { return try evaluateDesigners(invocation) }
        guard invocation.operands[0] == "recommendations" else {
            throw UsageError(
                "WHAT: nothing is known about \(invocation.operands[0])",
                advice: "There are recommendations and designers.")
        }
        let methods = try invocation.recommendationMethods(.methods)
        var settings = RecommendationSettings()
        if let limit = try invocation.integer(.linearLimit, in: 1...100_000) { settings.linearLimit = limit }
        let seed = try invocation.integer(.seed, in: 0...Int.max) ?? 1
        _ = try invocation.format()
        try invocation.withStore { store in
            try store.database.collection("orders").requireExistence()
            let log = try invocation.purchases(of: store.database)
            let progress = Progress("Judging", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let evaluation = try RecommendationEvaluation(
                log, methods: methods.isEmpty ? RecommendationMethod.allCases : methods,
                isTuned: !invocation.isSet(.standard), settings: settings, seed: UInt64(seed),
                observe: { progress.advance(to: 0, of: $0) })
            progress.finish()
            try print(evaluation, isTuned: !invocation.isSet(.standard), invocation)
        }
    }

    private static func evaluateDesigners(_ invocation: Invocation) throws {
        for option in [Option.methods, .standard, .linearLimit] where invocation.isSet(option) {
            throw UsageError("--\(option.name) is not for designers")
        }
        let seed = try invocation.integer(.seed, in: 0...Int.max) ?? 1
        _ = try invocation.format()
        try invocation.withStore { store in
            try store.database.collection("designSessions").requireExistence()
            let log = try invocation.purchases(of: store.database)
            let evaluation = try DesignerEvaluation(log, in: store.database, seed: UInt64(seed))
            func number(_ name: String, _ title: String) -> Column { Column(name: name, type: .number, title: title) }
            let notes = [
                "Learnt from \(Progress.grouped(evaluation.sessions)) sessions with \(evaluation.designers) designers, each "
                    + "judged customer's last one apart, and from orders before it."
            ]
            let rows = RowDescription(
                heading: "Three designers against the one of each customer's last session",
                columns: [
                    Column(name: "method", type: .string, title: "Method"),
                    Column(name: "setting", type: .string, title: "Setting"),
                    Column(name: "users", type: .integer, title: "Customers"), number("hitRate1", "First right"),
                    number("hitRate3", "One of three"), number("hitRate3Low", "from (95 %)"),
                    number("hitRate3High", "to"), number("mrr3", "MRR"), number("coverage3", "Coverage"),
                ], footnotes: notes)
            try invocation.printRows(rows) { write in
                for row in evaluation.rows { try row.document.withView(write) }
            }
            let format = try invocation.format()
            if format != .table && format != .markdown && !invocation.isQuiet { notes.forEach(Messages.say) }
        }
    }

    private static func print(_ evaluation: RecommendationEvaluation, isTuned: Bool, _ invocation: Invocation) throws {
        func number(_ name: String, _ title: String) -> Column { Column(name: name, type: .number, title: title) }
        var rows = RowDescription(
            heading: "Ten recommendations against each customer's last order",
            columns: [
                Column(name: "method", type: .string, title: "Method"),
                Column(name: "setting", type: .string, title: "Setting"),
                Column(name: "users", type: .integer, title: "Customers"),
                number("hitRate10", "Hit rate"), number("hitRate10Low", "from (95 %)"), number("hitRate10High", "to"),
                number("ndcg10", "NDCG"), number("ndcg10Low", "from (95 %)"), number("ndcg10High", "to"),
                number("mrr10", "MRR"), number("coverage10", "Coverage"),
            ])
        let format = try invocation.format()
        let isForPeople = format == .table || format == .markdown
        rows.footnotes = notes(evaluation, isTuned)
        try invocation.printRows(rows) { write in
            for row in evaluation.rows {
                try row.document.withView(write)
            }
        }
        if !isForPeople && !invocation.isQuiet { rows.footnotes.forEach(Messages.say) }
    }

    private static func notes(_ evaluation: RecommendationEvaluation, _ isTuned: Bool) -> [String] {
        var notes = [
            "Learnt from \(Progress.grouped(evaluation.orders)) orders of \(Progress.grouped(evaluation.customers)) customers for "
                + "\(Progress.grouped(evaluation.products)) products; the last order of all is of "
                + "\(evaluation.lastOrder.map(momentText) ?? "never").",
            isTuned
                ? "Settings were chosen inside these, by the last order of each customer; the judged orders were not seen."
                : "Settings are the standard ones, as recommend has them; popularity's weight in the blend was chosen inside these.",
        ]
        for row in evaluation.rows
        where (isTuned || row.method == "blend") && !row.parameterText.isEmpty && row.setting == "all" {
            notes.append("\(row.method): \(row.parameterText)")
        }
        return notes + evaluation.remarks
    }
}
