import BSON

/// Part of a graph in Graphviz's language: some nodes, and the edges between them.
public struct DotDrawing: Sendable {
    /// More nodes than this nobody can look at.
    public static let maximumNodes = 200
    /// From so many edges on these are straight: leading them around nodes takes minutes.
    static let straightEdges = 150

    public let text: String
    /// How many nodes were left out.
    public let omitted: Int

    /// What stands at an edge.
    public enum EdgeText: Sendable {
        case typeAndWeight
        /// The weight, where it is not 1.
        case weight
    }

    /// - Parameters:
    ///   - drawn: the nodes; the first `maximumNodes` of them are drawn.
    ///   - emphasized: how many of the first are drawn bold.
    ///   - names: what to call nodes besides their ids.
    ///   - edgeText: what stands at the edges.
    ///   - caption: what stands below the drawing, such as the time of its data.
    ///   - isWanted: whether to draw an edge from a node to another; of a symmetric type it is asked with the lower first.
    ///
    /// In the SVG that Graphviz makes of it, nodes have their kind and edges their type as a class.
    public init(
        _ graph: Graph, _ drawn: [Int], emphasizing emphasized: Int, _ types: [EdgeType], names: [Int: String],
        edgeText: EdgeText = .typeAndWeight, caption: String? = nil,
        where isWanted: (EdgeType, Int, Int) -> Bool = { _, _, _ in true }
    ) {
        var seen = Set<Int>()
        let all = drawn.filter { seen.insert($0).inserted }
        let nodes = Array(all.prefix(DotDrawing.maximumNodes))
        omitted = all.count - nodes.count
        let isDrawn = Set(nodes)
        var (text, edgeCount) = ("", 0)
        for (index, node) in nodes.enumerated() {
            let kind = graph.nodes.kind(node)
            let (shape, color) =
                switch kind {
                case .customer: ("ellipse", "#cfe2ff")
                case .product: ("box", "#d8f0d8")
                case .designer: ("hexagon", "#ffe5c2")
                }
            var label = graph.nodes.idText(node)
            if let name = names[node] { label = "\(name)\n\(label)" }
            let width = index < emphasized ? ", penwidth=3" : ""
            text +=
                "  n\(node) [label=\"\(DotDrawing.escaped(label))\", shape=\(shape), fillcolor=\"\(color)\", "
                + "class=\(kind.name)\(width)];\n"
        }
        for type in types {
            let edges = graph.edges(type).forward
            for node in nodes.sorted() {
                for place in edges.row(of: node) {
                    let other = edges.neighbor(place)
                    guard isDrawn.contains(other), !(type.isSymmetric && other < node), isWanted(type, node, other)
                    else { continue }
                    let arrow = type.isSymmetric ? "" : ", dir=forward, arrowsize=0.6"
                    let weight = edges.weights[place]
                    let number = weight == weight.rounded() && weight < 1e6 ? "\(Int(weight))" : "\(weight)"
                    let label =
                        switch edgeText {
                        case .typeAndWeight: "\(type.name) \(number)"
                        case .weight: weight == 1 ? "" : number
                        }
                    edgeCount += 1
                    text += "  n\(node) -- n\(other) [label=\"\(label)\", class=\(type.name)\(arrow)];\n"
                }
            }
        }
        let layout =
            edgeCount < DotDrawing.straightEdges
            ? "layout=neato; overlap=false; splines=true" : "layout=sfdp; overlap=prism; splines=line"
        let label =
            caption.map { "  label=\"\(DotDrawing.escaped($0))\"; labelloc=b; fontname=\"sans-serif\"; fontsize=9;\n" }
            ?? ""
        self.text = """
            graph atelier {
              \(layout); outputorder=edgesfirst;
            \(label)  node [style=filled, fontname="sans-serif", fontsize=10];
              edge [fontname="sans-serif", fontsize=8];
            \(text)}

            """
    }

    /// In a quoted string of Graphviz's only quotes and backslashes mean something; a line's end is written out.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: if scalar.value >= 0x20 { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }
}
