import BSON
import Definitions
import DocumentStore
import Glibc
import Graph
import Ingest
import Retail
import Testing

/// Data and reference values that lie beside the project, where they are there.
private enum SharedData {
    static let folder = getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? "../shared"
    static let orders = "\(folder)/data/online-retail-ii-2009-2010.csv.gz"
    static let ranks = "\(folder)/reference/ppr-online-retail-ii.json"
    static let isThere = access(orders, R_OK) == 0 && access(ranks, R_OK) == 0
}

/// Everything the reference states about ranks on Online Retail II.
@Suite(.enabled(if: SharedData.isThere, "there are no Online Retail data and ranks in ATELIER_TEST_DATA"))
struct ReferenceTests {
    @Test func ranksOfOnlineRetail() throws {
        var template = Array("/tmp/atelier-graph-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer {
            for name in ["shop.store", "shop.store-lock"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        let store = try Store("\(folder)/shop.store")
        defer { store.close() }
        _ = try OnlineRetailImporter(database: store.database, catalog: .standard()).load(SharedData.orders)
        let expected = try Files.document(at: SharedData.ranks)
        func number(_ name: String) -> Int? { expected[name]?.integerValue.map { Int($0) } }

        let graph = try Graph(of: store.database, GraphOptions(types: [.bought]))
        let bought = graph.edges(.bought)
        #expect(bought.count == number("n_edges"))
        #expect(Int(bought.forward.weights.reduce(0) { $0 + Double($1) }) == number("weight_sum"))
        func linked(_ rows: Adjacency) -> Int { rows.rows.filter { !rows.row(of: $0).isEmpty }.count }
        #expect(linked(bought.forward) == number("n_customers"))
        #expect(linked(bought.reverse) == number("n_products"))

        let rank = try PersonalizedPageRank(graph, edges: [.bought: 1])
        func compare(_ found: [RankedNode], _ expected: [BSONValue]) {
            #expect(found.count == expected.count)
            for (a, b) in zip(found, expected) {
                #expect(graph.nodes.idText(a.node) == b.arrayValue?[0].stringValue)
                #expect(abs(a.score - (b.arrayValue?[1].doubleValue ?? 0)) < 1e-9)
            }
        }
        for (customer, best) in try #require(expected["top10"]?.documentValue).elements {
            let start = try #require(graph.nodes.find(.customer, customer))
            let wanted = try #require(best.arrayValue)
            compare(try rank.top(10, of: .product, from: [(start, 1)]), wanted)
            let scores = try rank.scores(from: [(start, 1)])
            #expect(abs(scores.reduce(0, +) - 1) < 1e-12)
            compare(RankedNode.best(10, of: graph.nodes.range(.product)) { scores[$0] }, wanted)
            if customer == "18102" {
                #expect(abs(scores[start] - (expected["restart_vertex_score_18102"]?.doubleValue ?? 0)) < 1e-12)
            }
        }
        let scores = try rank.scores()
        compare(
            RankedNode.best(10, of: graph.nodes.range(.product)) { scores[$0] },
            try #require(expected["global_pagerank_top10_products"]?.arrayValue))
    }
}
