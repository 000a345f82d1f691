import BSON
import Graph
import Testing

@Suite struct BuilderTests {
    @Test func nodesAreOrderedByKindAndId() throws {
        let builder = GraphBuilder()
        for id in ["b", "a", "aa", ""] { _ = builder.node(.product, id) }
        _ = builder.node(.designer, "z")
        for id in ["10", "9", "Ä"] { _ = builder.node(.customer, id) }
        _ = builder.node(.customer, .int64(9))
        _ = builder.node(.customer, .double(9))
        _ = builder.node(.customer, .int32(-1))
        #expect(builder.node(.customer, .null) == nil)
        let nodes = try builder.finish().nodes
        #expect(
            (0..<nodes.count).map(nodes.name) == [
                "customer:-1", "customer:9", "customer:10", "customer:9", "customer:Ä", "product:", "product:a",
                "product:aa", "product:b", "designer:z",
            ])
        for node in 0..<nodes.count { #expect(nodes.find(nodes.kind(node), id: nodes.id(node)) == node) }
        #expect(nodes.find(.customer, id: .double(-1)) == 0)
        #expect(nodes.find(.customer, "11") == nil)
    }

    @Test func severalEdgesBecomeOneAsTheTypeSays() throws {
        let builder = GraphBuilder()
        let (c, p, q) = (builder.node(.customer, "c"), builder.node(.product, "p"), builder.node(.product, "q"))
        builder.add(.bought, from: c, to: q, time: 5)
        builder.add(.bought, from: c, to: p, time: 7)
        builder.add(.bought, from: c, to: q, time: 3)
        builder.add(.bought, from: c, to: q, weight: 0)
        builder.add(.bought, from: c, to: q, weight: .nan)
        builder.add(.reviewed, from: c, to: p, weight: 1, time: 9)
        builder.add(.reviewed, from: c, to: p, weight: 5, time: 4)
        builder.add(.boughtTogether, from: q, to: p, weight: 2)
        builder.add(.boughtTogether, from: p, to: q, weight: 1)
        builder.add(.boughtTogether, from: p, to: p, weight: 8)
        let graph = try builder.finish()
        let bought = graph.edges(.bought)
        #expect(bought.count == 2)
        #expect(Array(bought.forward.targets) == [1, 2])
        #expect(Array(bought.forward.weights) == [1, 2])
        #expect(Array(bought.forward.times) == [7, 5])
        #expect(bought.reverse.row(of: 2).map { bought.reverse.weights[$0] } == [2])
        #expect(bought.forward.place(from: 0, to: 2) == 1)
        #expect(bought.forward.place(from: 0, to: 0) == nil)
        #expect(Array(graph.edges(.reviewed).forward.weights) == [1])
        #expect(graph.edges(.boughtTogether).count == 1)
        #expect(Array(graph.edges(.boughtTogether).forward.weights) == [3, 3])
        #expect(graph.provenance.latest == 9)
        #expect(graph.edgeCount == 4)
    }
}
