import Analytics
import BSON
import DocumentStore
import Graph
import Recommendations

/// What is recommended to a few customers, and why.
struct RecommendationExhibits {
    let recommender: Recommender
    let graph: Graph
    let database: Database

    static let title = "Recommendations"
    /// Recommended products an example.
    private static let count = 5

    private var purchases: PurchaseLog { recommender.log }
    private var choice: ExampleChoice { ExampleChoice(purchases: purchases) }

    func section() throws -> LinkSection {
        guard let lastOrder = purchases.lastOrder else {
            return LinkSection(
                topic: "recommendations", title: RecommendationExhibits.title,
                lead: "The store holds no sale with a known customer: there is nothing to learn recommendations from.",
                exhibits: [])
        }
        let exhibits = [try busiest(), try typical(), try newcomer(), try designers(), try similar()].compactMap(\.self)
        let lead =
            "Examples. They rest on \(purchases.basketCount.readable) orders of \(purchases.customers.count.readable) "
            + "customers who agree to be analysed, up to \(HTMLPage.timeText(lastOrder)). Percentages are shares of a "
            + "product’s score; atelier evaluate recommendations says how far to trust them."
        return LinkSection(
            topic: "recommendations", title: RecommendationExhibits.title, lead: lead, exhibits: exhibits)
    }

    // MARK: Customers

    private func busiest() throws -> Exhibit? {
        guard let customer = choice.busiest else { return nil }
        return try next(
            "recommended-busiest", customer, "The customer with the most orders: \(orders(customer)).")
    }

    private func typical() throws -> Exhibit? {
        guard let customer = choice.typical else { return nil }
        return try next(
            "recommended-typical", customer,
            "A typical customer: \(orders(customer)), like the customer in the middle.")
    }

    private func orders(_ customer: Int) -> String {
        let count = choice.orders(customer)
        return count == 1 ? "1 order" : "\(count.readable) orders"
    }

    private func next(_ id: String, _ customer: Int, _ text: String) throws -> Exhibit {
        let name = purchases.customers[customer]
        return try exhibit(
            id, "What customer \(name) would buy next", text, .customer(name),
            command: "atelier recommend products --customer \(AnswerSection.quoted(name)) --explain")
    }

    private func newcomer() throws -> Exhibit? {
        guard let id = try choice.newcomer(in: database) else {
            var exhibit = Exhibit(
                "recommended-newcomer", "A customer without orders",
                "Nobody to show: every customer has bought something.",
                command: "atelier recommend products --customer ID --explain")
            exhibit.notes = ["Who has not is recommended what they looked at goes with, or else what is popular."]
            return exhibit
        }
        return try exhibit(
            "recommended-newcomer", "What customer \(id) would buy first", "A customer without orders: a cold start.",
            .customer(id), command: "atelier recommend products --customer \(AnswerSection.quoted(id)) --explain")
    }

    // MARK: Others

    private func designers() throws -> Exhibit? {
        guard let id = choice.designersFriend(in: graph) else { return nil }
        var question = DesignerQuestion(.customer(id))
        question.limit = RecommendationExhibits.count
        let answer = try question.answer(recommender, in: database)
        var exhibit = Exhibit(
            "recommended-designers", "Which designers suit customer \(id)",
            "The customer with the most design sessions.",
            command: "atelier recommend designers --customer \(AnswerSection.quoted(id)) --explain")
        exhibit.list = answer.items.map { "\($0.name.map { "\($0) " } ?? "")(\($0.designerId)): \($0.sentence)." }
        exhibit.notes = (answer.fallback.map { ["Fallback: \($0); by sessions held."] } ?? []) + answer.notes
        return exhibit
    }

    private func similar() throws -> Exhibit? {
        guard let best = choice.bestSeller else { return nil }
        let name = try database.collection("products").findOne(["_id": .string(best.id)], projection: ["name": 1])?[
            "name"]?.stringValue
        let product = name.map { "\($0) (\(best.id))" } ?? best.id
        return try exhibit(
            "recommended-similar", "What is similar to \(product)",
            "The best seller: \(best.customers == 1 ? "1 customer" : "\(best.customers.readable) customers")"
                + "\(purchases.withheldCustomers > 0 ? " who agree to analysis" : "") bought it.",
            .like(best.id), command: "atelier recommend products --like \(AnswerSection.quoted(best.id)) --explain")
    }

    private func exhibit(
        _ id: String, _ title: String, _ text: String, _ subject: ProductQuestion.Subject, command: String
    ) throws -> Exhibit {
        var question = ProductQuestion(subject)
        question.limit = RecommendationExhibits.count
        let answer = try question.answer(recommender, in: database)
        var exhibit = Exhibit(id, title, text, command: command)
        exhibit.list = answer.items.map { item in
            let name = item.facts?.name.map { "\($0) (\(item.productId))" } ?? item.productId
            let price = item.facts?.price?.decimalValue.map {
                " at \($0)\(item.facts?.currency.map { " \($0)" } ?? "")"
            }
            let reason = item.sentence(about: subject)
            return name + (price ?? "") + (reason.isEmpty ? "." : ": \(reason).")
        }
        let basis = "By \(answer.method.title)."
        exhibit.notes = [answer.fallback.map { "Fallback: \($0). \(basis)" } ?? basis] + answer.notes
        return exhibit
    }
}
