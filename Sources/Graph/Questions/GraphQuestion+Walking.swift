import Analytics
import BSON

extension GraphQuestion {
    private static let node = Column(name: "node", type: .string, title: "Node")

    private static func date(_ time: Int64) -> BSONValue { time == Graph.noTime ? .null : .date(time) }

    static func neighbors(_ reader: ParameterReader) throws -> Plan {
        guard let names = try reader.strings("of"), !names.isEmpty else {
            throw reader.error("of", "expected a node such as customer:17850")
        }
        let depth = try reader.integer("depth", in: 1...1000) ?? 1
        let order = try reader.choice("order", Neighborhood.Order.self) ?? .breadth
        let limit = try reader.integer("limit", in: 0...Int.max) ?? 100
        let most = try reader.integer("maxEdges", in: 1...Int.max) ?? Traversal.standardMaximum
        let choice = try reader.edgeChoice()
        return (
            Set(choice.types),
            { asked in
                let graph = asked.graph
                let starts = try names.map(graph.nodes.find(name:))
                let found = try Neighborhood(
                    graph, around: starts, depth: depth, choice, order: order, limit: limit, maximumEdges: most,
                    monitor: asked.monitor)
                let rows = found.members.compactMap { member -> Document? in
                    guard let parent = member.parent else { return nil }
                    return [
                        "node": .string(graph.nodes.name(member.node)), "depth": .integer(member.depth),
                        "from": .string(graph.nodes.name(parent)), "edge": .string(member.edge?.name ?? ""),
                        "weight": .double(Double(member.weight)), "time": date(member.time),
                    ]
                }
                let count = Set(starts).count
                return GraphAnswer(
                    Answer(
                        heading: "Within \(depth) of \(names.joined(separator: ", "))",
                        columns: [
                            node, Column(name: "depth", type: .integer, title: "Distance"),
                            Column(name: "from", type: .string, title: "From"),
                            Column(name: "edge", type: .string, title: "Edge"),
                            Column(name: "weight", type: .number, title: "Weight"),
                            Column(name: "time", type: .date, title: "Time"),
                        ], rows: rows,
                        notes: found.isComplete ? [] : ["The first \(rows.count); there are more, which limit cut off."]
                    ),
                    drawing: Array(Set(starts)).sorted() + found.members.filter { $0.parent != nil }.map(\.node),
                    emphasizing: count)
            }
        )
    }

    static func traverse(_ parameters: Document) throws -> Plan {
        let traversal = try Traversal(parameters)
        return (
            traversal.types,
            { asked in
                let graph = asked.graph
                let result = try traversal.run(on: graph, asked.documents, monitor: asked.monitor)
                let rows = result.arrivals.map { arrival -> Document in
                    [
                        "node": .string(graph.nodes.name(arrival.node)), "paths": count(arrival.paths),
                        "weight": .double(arrival.weight), "latest": date(arrival.latest),
                        "example": .array(BSONArray(arrival.example.map { .string(graph.nodes.name($0)) })),
                    ]
                }
                var notes = [
                    "Edges looked at: \(result.edges). Nodes reached by the last step: \(result.reached)."
                ]
                if result.arrivals.contains(where: { $0.paths >= exactWays }) {
                    notes.append("Numbers of ways of more than 34 digits are rounded, and end at 2¹²⁸.")
                }
                if rows.count < result.reached { notes[0] += " These are the first \(rows.count)." }
                return GraphAnswer(
                    Answer(
                        heading: "Reached in \(traversal.steps.count) steps, by \(traversal.rank.rawValue)",
                        columns: [
                            node, Column(name: "paths", type: .integer, title: "Ways"),
                            Column(name: "weight", type: .number, title: "Weight"),
                            Column(name: "latest", type: .date, title: "Latest"),
                            Column(name: "example", type: .array, title: "One way"),
                        ], rows: rows, notes: notes),
                    drawing: unique(result.arrivals.flatMap(\.example)), emphasizing: 1)
            }
        )
    }

    /// A count of ways: an integer, or a decimal number where 64 bits do not hold it.
    private static func count(_ number: UInt128) -> BSONValue {
        if let integer = Int(exactly: number) { return .integer(integer) }
        return number < exactWays ? .decimal(Decimal128(String(number)) ?? .nan) : .double(Double(number))
    }

    /// 10³⁴: a decimal number has 34 digits.
    private static let exactWays: UInt128 = 10_000_000_000_000_000_000_000_000_000_000_000

    private static func unique(_ nodes: [Int]) -> [Int] {
        var seen = Set<Int>()
        return nodes.filter { seen.insert($0).inserted }
    }

    static func path(_ reader: ParameterReader) throws -> Plan {
        // `from` and `to` are nodes here; a time window would want other names.
        guard let from = try reader.string("from"), let to = try reader.string("to") else {
            throw reader.error("from", "expected two nodes, from and to, such as customer:17850 and product:85123A")
        }
        var choice = EdgeChoice()
        if let types = try reader.edgeTypes() { choice.types = types.map(\.type) }
        if let direction = try reader.choice("direction", Direction.self) { choice.direction = direction }
        choice.from = try reader.date("since")
        choice.to = try reader.date("until")
        if let since = choice.from, let until = choice.to, since >= until {
            throw reader.error("until", "expected a time after that of the first edges")
        }
        choice.filter = try reader.object("edgeFilter")
        choice.perNode = try reader.integer("perNode", in: 1...Int.max)
        if let preference = try reader.choice("prefer", EdgeChoice.Preference.self) { choice.preference = preference }
        let cost = try reader.choice("cost", EdgeCost.self) ?? .one
        let all = try reader.integer("all", in: 1...20)
        let limit = try reader.integer("limit", in: 1...Int.max) ?? 100
        let most = try reader.integer("maxEdges", in: 1...Int.max) ?? Traversal.standardMaximum
        if all != nil && cost != .one { throw reader.error("cost", "all ways are listed by length") }
        let finalChoice = choice
        return (
            Set(choice.types),
            { asked in
                let graph = asked.graph
                let (start, end) = (try graph.nodes.find(name: from), try graph.nodes.find(name: to))
                var notes: [String] = []
                let paths: [Path]
                if let all {
                    let found = try graph.paths(
                        from: start, to: end, maximumLength: all, finalChoice, limit: limit, maximumEdges: most,
                        monitor: asked.monitor)
                    paths = found.paths
                    if !found.isComplete {
                        notes.append("The first \(paths.count); there are more, which limit cut off.")
                    }
                } else {
                    paths =
                        try graph.path(
                            from: start, to: end, finalChoice, cost: cost, maximumEdges: most, monitor: asked.monitor
                        ).map { [$0] } ?? []
                }
                if paths.isEmpty { notes.append("No way of these edges leads from \(from) to \(to).") }
                let rows = paths.map { path -> Document in
                    [
                        "length": .integer(path.hops.count), "cost": .double(path.cost),
                        "nodes": .array(BSONArray(path.nodes.map { .string(graph.nodes.name($0)) })),
                        "edges": .array(
                            BSONArray(
                                documents: path.hops.map { hop in
                                    [
                                        "type": .string(hop.type.name), "weight": .double(Double(hop.weight)),
                                        "time": date(hop.time),
                                    ]
                                })),
                    ]
                }
                let others = unique(paths.flatMap(\.nodes)).filter { $0 != start && $0 != end }
                return GraphAnswer(
                    Answer(
                        heading: "From \(from) to \(to)",
                        columns: [
                            Column(name: "length", type: .integer, title: "Edges"),
                            Column(name: "cost", type: .number, title: "Cost"),
                            Column(name: "nodes", type: .array, title: "Way"),
                        ], rows: rows, notes: notes),
                    drawing: unique([start, end]) + others, emphasizing: start == end ? 1 : 2)
            }
        )
    }

    static func common(_ reader: ParameterReader) throws -> Plan {
        guard let names = try reader.strings("of"), names.count == 2 else {
            throw reader.error("of", "expected two nodes")
        }
        let choice = try reader.edgeChoice()
        let limit = try reader.integer("limit", in: 0...Int.max) ?? 100
        return (
            Set(choice.types),
            { asked in
                let graph = asked.graph
                let ends = try names.map(graph.nodes.find(name:))
                let found = try graph.commonNeighbors(ends[0], ends[1], choice, monitor: asked.monitor)
                let rows = found.prefix(limit).map { ["node": .string(graph.nodes.name($0))] as Document }
                return GraphAnswer(
                    Answer(
                        heading: "What \(names[0]) and \(names[1]) both are linked to", columns: [node], rows: rows,
                        notes: found.count > limit ? ["The first \(limit) of \(found.count)."] : []),
                    drawing: unique(ends) + found.prefix(limit), emphasizing: Set(ends).count)
            }
        )
    }
}
