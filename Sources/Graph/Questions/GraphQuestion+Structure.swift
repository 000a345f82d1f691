import Analytics
import BSON

extension GraphQuestion {
    private static let groupColumns = [
        Column(name: "size", type: .integer, title: "Nodes"),
        Column(name: "customers", type: .integer, title: "Customers"),
        Column(name: "products", type: .integer, title: "Products"),
        Column(name: "designers", type: .integer, title: "Designers"),
        Column(name: "members", type: .array, title: "Best linked"),
    ]

    private static let memberColumns = [
        Column(name: "node", type: .string, title: "Node"), Column(name: "edges", type: .integer, title: "Edges"),
        Column(name: "weight", type: .number, title: "Weight"),
    ]

    /// Which groups a question is about, and whether it wants their nodes.
    private struct GroupChoice {
        /// Those of these nodes; of none, the largest.
        let names: [String]
        let limit: Int
        let wantsMembers: Bool

        init(_ reader: ParameterReader) throws {
            names = try reader.strings("of") ?? []
            limit = try reader.integer("limit", in: 0...Int.max) ?? 10
            wantsMembers = try reader.bool("members") ?? false
        }

        var columns: [Column] { wantsMembers ? memberColumns : groupColumns }

        /// Numbers of groups, ascending.
        func numbers(_ group: [Int], _ sizes: [Int], _ graph: Graph) throws -> [Int] {
            if names.isEmpty { return Array(sizes.indices.prefix(limit)) }
            return Array(Set(try names.map { group[try graph.nodes.find(name: $0)] })).sorted()
        }
    }

    /// The nodes of groups as rows: group after group, those with the most weight first.
    private static func memberRows(
        _ name: String, _ group: [Int], _ wanted: [Int], _ graph: Graph, _ choice: EdgeChoice, _ monitor: GraphMonitor
    ) throws -> [Document] {
        let degrees = try graph.degrees(choice, monitor: monitor)
        var members = [[Int]](repeating: [], count: wanted.count)
        let places = Dictionary(uniqueKeysWithValues: wanted.enumerated().map { ($1, $0) })
        for (node, number) in group.enumerated() {
            if let place = places[number] { members[place].append(node) }
        }
        return zip(wanted, members).flatMap { number, nodes in
            nodes.sorted { (degrees[$1].weight, $0) < (degrees[$0].weight, $1) }.map { node in
                [
                    name: .integer(number + 1), "node": .string(graph.nodes.name(node)),
                    "edges": .integer(degrees[node].count), "weight": .double(degrees[node].weight),
                ]
            }
        }
    }

    /// Groups of nodes as rows: how many of each kind, and the members with the most weight.
    private static func rows(
        _ name: String, _ group: [Int], _ sizes: [Int], _ graph: Graph, _ choice: EdgeChoice, _ groups: GroupChoice,
        _ monitor: GraphMonitor
    ) throws -> [Document] {
        let wanted = try groups.numbers(group, sizes, graph)
        if groups.wantsMembers { return try memberRows(name, group, wanted, graph, choice, monitor) }
        var places: [Int: Int] = [:]
        for (place, number) in wanted.enumerated() { places[number] = place }
        var kinds = [[Int]](repeating: [0, 0, 0], count: wanted.count)
        var best = [TopNodes](repeating: TopNodes(5), count: wanted.count)
        let degrees = try graph.degrees(choice, monitor: monitor)
        for (node, number) in group.enumerated() {
            guard let place = places[number] else { continue }
            kinds[place][Int(graph.nodes.kind(node).rawValue)] += 1
            best[place].offer(RankedNode(node: node, score: degrees[node].weight))
        }
        return wanted.enumerated().map { place, number in
            [
                name: .integer(number + 1), "size": .integer(sizes[number]), "customers": .integer(kinds[place][0]),
                "products": .integer(kinds[place][1]), "designers": .integer(kinds[place][2]),
                "members": .array(BSONArray(best[place].sorted().map { .string(graph.nodes.name($0.node)) })),
            ]
        }
    }

    static func components(_ reader: ParameterReader) throws -> Plan {
        let types = try reader.edgeTypes()?.map(\.type) ?? EdgeType.allCases
        let groups = try GroupChoice(reader)
        return (
            Set(types),
            { asked in
                let graph = asked.graph
                let found = Components(graph, types: types)
                let rows = try rows(
                    "component", found.component, found.sizes, graph, EdgeChoice(types), groups,
                    asked.monitor)
                let alone = found.sizes.filter { $0 == 1 }.count
                return GraphAnswer(
                    Answer(
                        heading: "Components",
                        columns: [Column(name: "component", type: .integer, title: "Component")] + groups.columns,
                        rows: rows,
                        notes: ["Components: \(found.sizes.count). Of these single nodes without an edge: \(alone)."]))
            }
        )
    }

    static func communities(_ reader: ParameterReader) throws -> Plan {
        let types = try reader.edgeTypes()?.map(\.type) ?? EdgeType.allCases
        let groups = try GroupChoice(reader)
        let resolution = try reader.number("resolution") ?? 1
        guard resolution > 0 else { throw reader.error("resolution", "expected more than 0, found \(resolution)") }
        return (
            Set(types),
            { asked in
                let graph = asked.graph
                let found = try Communities(graph, types: types, resolution: resolution, check: asked.monitor.check)
                let rows = try rows(
                    "community", found.community, found.sizes, graph, EdgeChoice(types), groups,
                    asked.monitor)
                let count = found.sizes.filter { $0 > 1 }.count
                let modularity = Decimal128(exactly34: found.modularity).rounded(toPlaces: 4)
                return GraphAnswer(
                    Answer(
                        heading: "Communities",
                        columns: [Column(name: "community", type: .integer, title: "Community")] + groups.columns,
                        rows: rows,
                        notes: ["Communities of more than one node: \(count). Modularity: \(modularity)."]))
            }
        )
    }

    static func describe(_ reader: ParameterReader) throws -> Plan {
        let types = try reader.edgeTypes()?.map(\.type) ?? EdgeType.allCases
        return (
            Set(types),
            { asked in
                let graph = asked.graph
                let rows = EdgeType.allCases.filter(types.contains).map { type -> Document in
                    let edges = graph.edges(type)
                    let weight = edges.forward.weights.reduce(0.0) { $0 + Double($1) }
                    let bytes = edges.forward.byteCount + (type.isSymmetric ? 0 : edges.reverse.byteCount)
                    return [
                        "edges": .string(type.name), "from": .string(type.source.name), "to": .string(type.target.name),
                        "count": .integer(edges.count), "weight": .double(type.isSymmetric ? weight / 2 : weight),
                        "bytes": .integer(bytes),
                        "bytesPerEdge": edges.count == 0 ? .null : .double(Double(bytes) / Double(edges.count)),
                    ]
                }
                let nodes = NodeKind.allCases.map { "\(graph.nodes.range($0).count) \($0.name)s" }
                return GraphAnswer(
                    Answer(
                        heading: "A graph of \(nodes.joined(separator: ", "))",
                        columns: [
                            Column(name: "edges", type: .string, title: "Edges"),
                            Column(name: "from", type: .string, title: "From"),
                            Column(name: "to", type: .string, title: "To"),
                            Column(name: "count", type: .integer, title: "Count"),
                            Column(name: "weight", type: .number, title: "Weight"),
                            Column(name: "bytes", type: .integer, title: "Bytes"),
                            Column(name: "bytesPerEdge", type: .number, title: "Bytes per edge"),
                        ], rows: rows, notes: ["Nodes take \(graph.nodeBytes) bytes."]))
            }
        )
    }
}
