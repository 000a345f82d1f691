import BSON
import DocumentStore
import Graph
import Recommendations

/// Whom the examples are about: the same in the same store, and nobody who does not agree to be analysed.
struct ExampleChoice {
    let purchases: PurchaseLog

    /// The customer with the most orders; of several the one with the lowest id.
    var busiest: Int? {
        purchases.customers.indices.max { (orders($0), $1) < (orders($1), $0) }
    }

    /// A customer with as many orders as the one in the middle has, and another than the busiest where there is another:
    /// of several the one in the middle by id.
    var typical: Int? {
        let customers = purchases.customers.indices.filter { $0 != busiest }
        let sorted = customers.map(orders).sorted()
        guard !sorted.isEmpty else { return nil }
        let alike = customers.filter { orders($0) == sorted[sorted.count / 2] }
        return alike[alike.count / 2]
    }

    /// The first customer by id who has not bought anything yet and agrees to be analysed.
    func newcomer(in database: Database) throws -> String? {
        let cursor = try database.collection("customers").find(
            ["consent.analytics": ["$ne": false]], sort: ["_id": 1], projection: ["_id": 1])
        var found: String?
        let take: (DocumentView) -> Void = { row in
            let id = row.find("_id")
            if id.type == .string, purchases.customer(id.asString) == nil { found = id.asString }
        }
        while found == nil, try cursor.withNext(take) != nil {}
        return found
    }

    /// The customer who met designers most often, one who bought something where there is one; of several the one with
    /// the lowest id.
    func designersFriend(in graph: Graph) -> String? {
        let edges = graph.edges(.met).forward
        var best: (node: Int, hasBought: Bool, sessions: Float)?
        for node in edges.rows where !edges.row(of: node).isEmpty {
            guard case .string(let id) = graph.nodes.id(node) else { continue }
            let sessions = edges.row(of: node).reduce(0) { $0 + edges.weights[$1] }
            let hasBought = purchases.customer(id) != nil
            if let best, (best.hasBought ? 1 : 0, best.sessions) >= (hasBought ? 1 : 0, sessions) { continue }
            best = (node, hasBought, sessions)
        }
        return best.map { graph.nodes.idText($0.node) }
    }

    /// The product that most customers bought; of several the one with the lowest id.
    var bestSeller: (id: String, customers: Int)? {
        let counts = purchases.buyerCounts()
        guard let best = counts.indices.max(by: { (counts[$0], $1) < (counts[$1], $0) }) else { return nil }
        return (purchases.products[best], counts[best])
    }

    func orders(_ customer: Int) -> Int { purchases.orderCount(of: customer) }
}
