import BSON
import Graph
import Testing

@Suite struct DrawingTests {
    /// Customers who all bought the same products.
    private func graph(_ customers: Int, _ products: Int) throws -> Graph {
        let builder = GraphBuilder()
        for c in 0..<customers {
            for p in 0..<products {
                builder.add(.bought, from: builder.node(.customer, "c\(c)"), to: builder.node(.product, "p\(p)"))
            }
        }
        return try builder.finish()
    }

    @Test("Edges are led around nodes while they are few", arguments: [(10, 14, true), (10, 15, false)])
    func layout(_ customers: Int, _ products: Int, _ isCurved: Bool) throws {
        let graph = try graph(customers, products)
        let text = DotDrawing(graph, Array(0..<graph.nodes.count), emphasizing: 0, [.bought], names: [:]).text
        #expect(text.contains("splines=true") == isCurved && text.contains("splines=line") == !isCurved)
    }

    @Test func aCaptionIsEscaped() throws {
        let graph = try graph(1, 1)
        let drawing = DotDrawing(graph, [0, 1], emphasizing: 1, [.bought], names: [:], caption: "Data: \"old\"\\")
        #expect(drawing.text.contains(#"label="Data: \"old\"\\"; labelloc=b"#))
        let silent = DotDrawing(graph, [0, 1], emphasizing: 1, [.bought], names: [:])
        #expect(!silent.text.contains("labelloc"))
    }

    @Test func aDrawingIsGivenUpWhenItIsNotWantedAnyMore() throws {
        struct Unwanted: Error {}
        var processes: [Int32?] = []
        do {
            _ = try Graphviz.svg("graph a { b -- c }", announce: { processes.append($0) }, check: { throw Unwanted() })
            Issue.record("nobody asked")
        } catch is Unwanted {
            #expect(processes.count == 2 && processes[0] != nil && processes[1] == nil)
        } catch let error as AtelierError {
            #expect(error.message.contains("cannot be found"))
        }
    }
}
