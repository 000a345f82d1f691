import Analytics
import BSON
import Graph
import Recommendations

/// One neighbourhood, drawn: a typical customer, what they bought, whom they met, and what goes with it.
struct NeighborhoodExhibit {
    private let exhibits: GraphExhibits
    private var graph: Graph { exhibits.graph }

    private static let types: [EdgeType] = [.bought, .met, .designed, .boughtTogether]
    /// Edges of each kind that lead on.
    private static let (bought, met, together) = (6, 3, 2)

    init(_ exhibits: GraphExhibits) { self.exhibits = exhibits }

    /// Nil where there is nobody to begin with.
    func exhibit() throws -> Exhibit? {
        let purchases = exhibits.purchases
        let choice = ExampleChoice(purchases: purchases)
        guard let customer = choice.typical ?? choice.busiest,
            let center = graph.nodes.find(.customer, purchases.customers[customer])
        else { return nil }
        let (nodes, together) = try around(center)
        func isWanted(_ type: EdgeType, _ from: Int, _ to: Int) -> Bool {
            type != .boughtTogether || together.contains([from, to])
        }
        guard nodes.count > 1 else { return nil }
        let names = try exhibits.names(nodes)
        let dot = DotDrawing(
            graph, nodes, emphasizing: 1, NeighborhoodExhibit.types,
            names: names.mapValues(NeighborhoodExhibit.wrapped), edgeText: .weight, where: isWanted)
        let id = graph.nodes.idText(center)
        var exhibit = Exhibit(
            "graph-neighborhood", "Around customer \(id)",
            "A typical customer, what they bought, and what others buy with that; designers, where there are any.",
            command: "atelier graph neighbors \(AnswerSection.quoted("customer:\(id)")) --format svg --out around.svg")
        let drawing = try draw(dot.text)
        let edges = edges(among: nodes, names, where: isWanted)
        exhibit.drawing = .init(
            summary: "Drawing of \(nodes.count) nodes and \(edges.count) edges around customer \(id). "
                + "The table holds the edges.",
            svg: drawing.svg)
        exhibit.notes =
            drawing.note.map { [$0] } ?? [
                "Ellipses are customers, boxes products, hexagons designers. Numbers are weights above 1; lines without an arrow "
                    + "are of products that were bought together."
            ]
        exhibit.tables = [
            .init(
                title: "Edges of the drawing",
                columns: [
                    Column(name: "from", type: .string, title: "From"),
                    Column(name: "edges", type: .string, title: "Edge"),
                    Column(name: "to", type: .string, title: "To"),
                    Column(name: "weight", type: .number, title: "Weight"),
                    Column(name: "last", type: .date, title: "Last"),
                ], rows: edges)
        ]
        exhibit.definitions = [
            "Drawn are the customer’s \(NeighborhoodExhibit.bought) heaviest purchases, up to \(NeighborhoodExhibit.met) "
                + "designers they met, those who designed the products, and of each product the "
                + "\(NeighborhoodExhibit.together) that are bought with it most."
        ]
        return exhibit
    }

    /// The nodes to draw, the customer first, and the pairs of products between which to draw `boughtTogether`, the lower
    /// first: those within would cover everything.
    private func around(_ center: Int) throws -> (nodes: [Int], together: Set<[Int]>) {
        func next(_ node: Int, _ type: EdgeType, _ direction: Direction, _ most: Int) throws -> [Int] {
            var choice = EdgeChoice([type], direction)
            choice.perNode = most
            return try Neighborhood(graph, around: [node], depth: 1, choice).members.dropFirst().map(\.node)
        }
        let products = try next(center, .bought, .out, NeighborhoodExhibit.bought)
        var nodes = try [center] + products + next(center, .met, .out, NeighborhoodExhibit.met)
        var together = Set<[Int]>()
        for product in products {
            nodes += try next(product, .designed, .in, 1)
            for other in try next(product, .boughtTogether, .both, NeighborhoodExhibit.together) {
                nodes.append(other)
                together.insert([min(product, other), max(product, other)])
            }
        }
        var seen = Set<Int>()
        return (nodes.filter { seen.insert($0).inserted }, together)
    }

    private func edges(
        among nodes: [Int], _ names: [Int: String], where isWanted: (EdgeType, Int, Int) -> Bool
    ) -> [Document] {
        let drawn = Set(nodes)
        var rows: [Document] = []
        for type in NeighborhoodExhibit.types {
            let edges = graph.edges(type).forward
            for node in nodes.sorted() {
                for place in edges.row(of: node) {
                    let other = edges.neighbor(place)
                    guard drawn.contains(other), !(type.isSymmetric && other < node), isWanted(type, node, other)
                    else { continue }
                    let time = edges.times[place]
                    rows.append([
                        "from": .string(exhibits.name(node, names)), "edges": .string(type.name),
                        "to": .string(exhibits.name(other, names)), "weight": .double(Double(edges.weights[place])),
                        "last": time == Graph.noTime ? .null : .date(time),
                    ])
                }
            }
        }
        return rows
    }

    private func draw(_ text: String) throws -> (svg: String?, note: String?) {
        do {
            guard let svg = InlineSVG.element(of: try Graphviz.svg(text)) else {
                return (nil, "There is no drawing: what Graphviz made cannot stand in a page.")
            }
            return (svg, nil)
        } catch let error as AtelierError {
            return (nil, "There is no drawing: \(error.message).")
        }
    }

    /// A name on lines of about twenty characters.
    private static func wrapped(_ name: String) -> String {
        var lines: [String] = []
        for word in name.split(separator: " ") {
            if let last = lines.last, last.count + word.count < 20 {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\n")
    }
}
