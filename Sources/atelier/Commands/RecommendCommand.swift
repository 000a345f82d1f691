import Analytics
import BSON
import DocumentStore
import Recommendations

extension Option {
    fileprivate static let customer = Option("customer", value: "ID", "products, designers: for this customer")
    fileprivate static let basket = Option("basket", value: "ID,…", "products: to go with what is in a basket")
    fileprivate static let like = Option("like", value: "ID", "products, customers: like this one")
    fileprivate static let designer = Option(
        "designer", value: "ID",
        "products: of this designer, for --customer, otherwise for all the customers who met them")
    fileprivate static let brief = Option("brief", value: "TEXT", "designers: for what a customer wants made")
    fileprivate static let top = Option("top", value: "N", "How many; 10")
    fileprivate static let why = Option("explain", "Say why, in sentences; in json as reasons with their shares")
    fileprivate static let method = Option(
        "method", value: "NAME", "products: \(RecommendationMethod.allCases.map(\.rawValue).joined(separator: ", "))")
    fileprivate static let new = Option("new", "products: only what the customer never bought")
    fileprivate static let inStock = Option("in-stock", "products: only what is free in the inventory")
    fileprivate static let minimumPrice = Option("min-price", value: "X", "products: at least so dear")
    fileprivate static let maximumPrice = Option("max-price", value: "X", "products: at most so dear")
    fileprivate static let category = Option(
        "category", value: "NAME", isRepeatable: true, "products: only of this category; may be repeated")
    fileprivate static let minimumSustainability = Option(
        "min-sustainability", value: "X", "products: of at least this sustainability score, 0 to 100")
    fileprivate static let matching = Option("filter", value: "JSON", "products: whose documents match this filter")
    fileprivate static let exclude = Option(
        "exclude", value: "ID", isRepeatable: true, "products: never this one; may be repeated")
    fileprivate static let promote = Option(
        "promote", value: "ID", isRepeatable: true, "products: this one first, labelled so; may be repeated")
    fileprivate static let perCategory = Option(
        "max-per-category", value: "N", "products: at most so many of one category")
    fileprivate static let diversity = Option(
        "diversity", value: "X", "products: from 0, by score alone (the default), to 1, as unlike as can be")
    fileprivate static let tune = Option(
        "tune", "products: choose the methods' settings on this store's orders first; takes a while")
    fileprivate static let keepSettings = Option(
        "keep", "products: with --tune, keep the settings in the store for every later answer, of the worker too")
    fileprivate static let consented = Option("consented", "customers: only who agrees to be written to")
}

/// What the first operand may be, and the options that go with it.
private enum Recommended: String, CaseIterable {
    case products, designers, customers

    var options: [Option] {
        switch self {
        case .products:
            [
                .customer, .basket, .like, .designer, .method, .new, .inStock, .minimumPrice, .maximumPrice, .category,
                .minimumSustainability, .matching, .exclude, .promote, .perCategory, .diversity, .tune, .keepSettings,
                .linearLimit,
            ]
        case .designers: [.customer, .brief]
        case .customers: [.like, .consented]
        }
    }

    static var allOptions: [Option] {
        allCases.flatMap(\.options).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

extension Command {
    static let recommend = Command(
        name: "recommend", summary: "Recommend products, designers or customers, and say why",
        operands: [Operand("WHAT", "products, designers or customers")],
        options: Recommended.allOptions + [.top, .why, .store] + Option.output,
        details: [
            "products --customer: what they would buy next, again or for the first time; --new leaves out what they bought. "
                + "--basket: what goes with it. --like: similar products. --designer: what a designer shows, of their own.",
            "Products come from the customer's orders alone; for who has none, what they looked at counts, and otherwise what "
                + "is popular, and the answer says so. Customers who do not agree to analytics are neither learnt from nor "
                + "analysed.",
            "Methods, their settings and limits: docs/recommendations.md. How good they are: atelier evaluate "
                + "recommendations.",
        ],
        examples: [
            "atelier recommend products --customer 13085 --explain",
            "atelier recommend products --customer C0000012 --new --in-stock --max-price 200 --max-per-category 3",
            "atelier recommend products --basket 85099B,22423 --top 5",
            "atelier recommend products --like 85123A --format json",
            "atelier recommend products --designer D0003 --customer C0000012",
            "atelier recommend designers --brief \"linen dress for a wedding in summer\" --explain",
            "atelier recommend products --customer 13085 --tune --keep",
            "atelier recommend customers --like 13085 --top 5",
        ]
    ) { invocation in
        let names = Recommended.allCases.map(\.rawValue)
        guard let what = Recommended(rawValue: invocation.operands[0]) else {
            let nearest = nearestName(to: invocation.operands[0], among: names).map { "Did you mean \($0)? " } ?? ""
            throw UsageError(
                "WHAT: nothing is known about \(invocation.operands[0])",
                advice: nearest + "There are \(names.joined(separator: ", ")).")
        }
        for option in Recommended.allOptions where invocation.isSet(option) && !what.options.contains(option) {
            throw UsageError("--\(option.name) is not for \(what.rawValue)")
        }
        _ = try invocation.format()
        switch what {
        case .products: try invocation.recommendProducts()
        case .designers: try invocation.recommendDesigners()
        case .customers: try invocation.recommendCustomers()
        }
    }
}

extension Invocation {
    private var explains: Bool { isSet(.why) }

    private func top() throws -> Int { try integer(.top, in: 1...10_000) ?? 10 }

    private func withRecommender(_ work: (Recommender, Database) throws -> Void) throws {
        var settings = RecommendationSettings()
        if let limit = try integer(.linearLimit, in: 1...100_000) { settings.linearLimit = limit }
        if isSet(.keepSettings) && !isSet(.tune) {
            throw UsageError("--keep is for --tune", advice: "Settings are kept where they are chosen.")
        }
        try withStore { store in
            try store.database.collection("orders").requireExistence()
            let log = try purchases(of: store.database)
            let progress = Progress("Learning", isQuiet: isQuiet)
            defer { progress.finish() }
            let observe: (String) throws -> Void = { progress.advance(to: 0, of: $0) }
            let recommender: Recommender
            if isSet(.keepSettings) {
                let kept = try KeptSettings.choose(on: log, for: store.database, from: settings, observe: observe)
                recommender = Recommender(log, kept: kept)
            } else if isSet(.tune) {
                recommender = try Recommender(tuning: log, from: settings, observe: observe)
            } else {
                recommender = Recommender(
                    log, kept: try KeptSettings.read(from: store.database, linearLimit: settings.linearLimit),
                    standard: settings)
            }
            try UsageError.forMissingIds { try work(recommender, store.database) }
        }
    }

    // MARK: Products

    fileprivate func recommendProducts() throws {
        var question = ProductQuestion(try subject())
        question.method = try recommendationMethods(.method).first
        question.limit = try top()
        question.filter = try productFilter()
        try withRecommender { recommender, database in
            try print(question.answer(recommender, in: database), recommender.source)
        }
    }

    private func subject() throws -> ProductQuestion.Subject {
        let given = [Option.customer, .basket, .like].filter(isSet)
        if given.count > 1 {
            throw UsageError(
                "--\(given[0].name) and --\(given[1].name) are two questions", advice: "Ask one at a time.")
        }
        if let id = value(.customer) { return .customer(id) }
        if let ids = value(.basket) {
            let ids = ids.split(separator: ",").map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
            guard !ids.isEmpty else { throw UsageError("--basket: expected ids of products, separated by commas") }
            return .basket(ids)
        }
        if let id = value(.like) { return .like(id) }
        if let id = value(.designer) { return .designer(id) }
        throw UsageError(
            "it is not said for whom or what",
            advice: "Add --customer ID, --basket ID,…, --like ID or --designer ID.")
    }

    private func productFilter() throws -> ProductFilter {
        var filter = ProductFilter()
        filter.inStock = isSet(.inStock)
        filter.minimumPrice = try price(.minimumPrice)
        filter.maximumPrice = try price(.maximumPrice)
        filter.categories = values(.category)
        filter.minimumSustainability = try number(.minimumSustainability, in: 0...100)
        if isSet(.new) && !isSet(.customer) { throw UsageError("--new is for --customer") }
        filter.isNew = isSet(.new)
        filter.designer = value(.designer)
        filter.matching = try document(.matching) ?? [:]
        filter.excluded = values(.exclude)
        filter.promoted = values(.promote)
        filter.perCategory = try integer(.perCategory, in: 1...10_000)
        filter.diversity = try number(.diversity, in: 0...1) ?? 0
        return filter
    }

    private func price(_ option: Option) throws -> Decimal128? {
        guard let text = value(option) else { return nil }
        guard let price = Decimal128(text), price.isFinite else {
            throw UsageError("--\(option.name): expected a price such as 19.95, found \"\(text)\"")
        }
        return price
    }

    private func print(_ answer: ProductAnswer, _ source: Recommender.SettingsSource) throws {
        let who: String
        switch answer.subject {
        case .customer(let id): who = "Products for \(id)"
        case .basket(let ids): who = "Products to go with \(ids.joined(separator: ", "))"
        case .like(let id): who = "Products like \(id)"
        case .designer(let id): who = "Products for \(id) to show"
        }
        var notes = [basis(answer.method, answer.lastOrder, answer.fallback)]
        if case .designer = answer.subject, answer.fallback == nil {
            notes.append("Over \(Progress.grouped(answer.audienceSize)) customers who met the designer and bought.")
        }
        try print(
            who, notes + answer.notes + [settingsNote(answer, source)].compactMap(\.self),
            columns: try productColumns(answer),
            documents: answer.items.map { $0.document(explained: explains) }
        ) {
            answer.items.map { item in
                let name = item.facts?.name.map { "\($0) (\(item.productId))" } ?? item.productId
                let price = item.facts?.price?.decimalValue.map {
                    " at \($0)\(item.facts?.currency.map { " \($0)" } ?? "")"
                }
                let reason = item.sentence(about: answer.subject)
                return "\(item.rank). \(name)\(price ?? "")" + (reason.isEmpty ? "." : ": \(reason).")
            }
        }
    }

    private func productColumns(_ answer: ProductAnswer) throws -> [Column] {
        let format = try format()
        var columns = [
            Column(name: "rank", type: .integer, title: "Rank"),
            Column(name: "productId", type: .string, title: "Product"),
            Column(name: "name", type: .string, title: "Name"),
        ]
        if answer.items.contains(where: { $0.facts?.category != nil }) {
            columns.append(Column(name: "category", type: .string, title: "Category"))
        }
        if answer.items.contains(where: { $0.facts?.designer != nil }) {
            columns.append(Column(name: "designerId", type: .string, title: "Designer"))
        }
        columns.append(Column(name: "price", type: .decimal, unit: .currency, title: "Price"))
        columns.append(Column(name: "score", type: .number, title: "Score"))
        columns.append(Column(name: "source", type: .string, title: "By"))
        // Tables say it below.
        if format == .csv && answer.items.contains(where: { $0.fallback != nil }) {
            columns.append(Column(name: "fallback", type: .string, title: "Fallback"))
        }
        return columns
    }

    /// What the method was set to, as a sentence; nil where there is nothing to set.
    private func settingsNote(_ answer: ProductAnswer, _ source: Recommender.SettingsSource) -> String? {
        guard let settings = answer.settings, let orders = settings["orders"]?.integerValue else { return nil }
        let count = Progress.grouped(Int(orders))
        switch source {
        case .kept(let time, _): return "Settings were chosen on \(count) orders at \(momentText(time)) and kept."
        case .tuned: return "Settings were chosen on \(count) orders; --keep would keep them."
        case .standard:
            guard answer.method == .blend,
                let weight = settings["parameters"]?.documentValue?["popularity"]?.doubleValue
            else { return "Settings are the standard ones." }
            let text = weight == weight.rounded() ? "\(Int(weight))" : "\(weight)"
            return "Settings are the standard ones; popularity weighs \(text), as suits these \(count) orders."
        }
    }

    /// What the answer rests on, as a sentence.
    private func basis(_ method: RecommendationMethod, _ lastOrder: Int64?, _ fallback: String?) -> String {
        let time = lastOrder.map { "from orders up to \(momentText($0))" } ?? "there are no orders"
        guard let fallback else { return "By \(method.title), \(time)." }
        return "Fallback: \(fallback). By \(method.title), \(time)."
    }

    // MARK: Designers and customers

    fileprivate func recommendDesigners() throws {
        let subject: DesignerQuestion.Subject
        switch (value(.customer), value(.brief)) {
        case (let id?, nil): subject = .customer(id)
        case (nil, let brief?): subject = .brief(brief)
        case (nil, nil):
            throw UsageError("it is not said for whom or what", advice: "Add --customer ID or --brief TEXT.")
        default: throw UsageError("--customer and --brief are two questions", advice: "Ask one at a time.")
        }
        if subject.isEmpty {
            throw UsageError(
                "--brief: it has no word of three letters or more", advice: "Say what the customer wants made.")
        }
        var question = DesignerQuestion(subject)
        question.limit = try top()
        try withRecommender { recommender, database in
            let answer = try question.answer(recommender, in: database)
            var notes = answer.notes
            if let fallback = answer.fallback { notes.insert("Fallback: \(fallback); by sessions held.", at: 0) }
            notes.append(answer.lastOrder.map { "From orders up to \(momentText($0))." } ?? "There are no orders.")
            let who: String
            switch subject {
            case .customer(let id): who = "Designers for \(id)"
            case .brief(let text): who = "Designers for “\(text)”"
            }
            try print(
                who, notes,
                columns: [
                    Column(name: "rank", type: .integer, title: "Rank"),
                    Column(name: "designerId", type: .string, title: "Designer"),
                    Column(name: "name", type: .string, title: "Name"),
                    Column(name: "expertise", type: .string, title: "Expertise"),
                    Column(name: "score", type: .number, title: "Score"),
                ], documents: answer.items.map { $0.document(explained: explains) }
            ) {
                answer.items.map {
                    "\($0.rank). \($0.name.map { "\($0) " } ?? "")(\($0.designerId)): \($0.sentence)."
                }
            }
        }
    }

    fileprivate func recommendCustomers() throws {
        guard let id = value(.like) else {
            throw UsageError("it is not said like whom", advice: "Add --like ID.")
        }
        var question = CustomerQuestion(like: id)
        question.limit = try top()
        question.consented = isSet(.consented)
        try withRecommender { recommender, database in
            let answer = try question.answer(recommender, in: database)
            let time = answer.lastOrder.map { "From orders up to \(momentText($0))." } ?? "There are no orders."
            try print(
                "Customers like \(id)", answer.notes + [time],
                columns: [
                    Column(name: "rank", type: .integer, title: "Rank"),
                    Column(name: "customerId", type: .string, title: "Customer"),
                    Column(name: "similarity", type: .number, title: "Similarity"),
                    Column(name: "sharedProducts", type: .integer, title: "Products in common"),
                ], documents: answer.items.map { $0.document(explained: explains) }
            ) {
                answer.items.map { "\($0.rank). \($0.customerId): they have in common \($0.sentence)." }
            }
        }
    }

    // MARK: Printing

    /// Rows, or for people who want reasons, sentences.
    private func print(
        _ heading: String, _ notes: [String], columns: [Column], documents: [Document], sentences: () -> [String]
    ) throws {
        let format = try format()
        if explains && (format == .table || format == .markdown) {
            var lines = sentences()
            if !isQuiet { lines = [heading, ""] + lines + (lines.isEmpty ? [] : [""]) + notes }
            try printText(lines.joined(separator: "\n") + "\n")
            return
        }
        let isForPeople = format == .table || format == .markdown || format == .csv
        try printRows(RowDescription(heading: heading, columns: columns, footnotes: notes)) { write in
            for document in documents {
                var row = document
                if isForPeople, let styles = document["expertise"]?.arrayValue {
                    row = row.setting("expertise", .string(styles.compactMap(\.stringValue).joined(separator: ", ")))
                }
                try row.withView(write)
            }
        }
        if format != .table && !isQuiet { notes.forEach(Messages.say) }
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var text = Substring(self)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension UsageError {
    /// An id that nothing has is a mistake of who asked.
    fileprivate static func forMissingIds<R>(_ work: () throws -> R) throws -> R {
        do {
            return try work()
        } catch let error as AtelierError where error.code == .noSuchKey {
            throw UsageError(error)
        }
    }
}
