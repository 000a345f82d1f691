import Graph

extension CommandList {
    /// What is asked of the graph: `atelier graph TASK`.
    static let graph: [Command] = [
        .graphRank, .graphNeighbors, .graphTraverse, .graphPath, .graphCommon, .graphSimilar, .graphComponents,
        .graphCommunities, .graphCentrality, .graphBuild,
    ]
}

extension Option {
    fileprivate static let start = Option(
        "from", value: "NODE", isRepeatable: true,
        "Where the walker starts over, such as customer:17850; may be repeated; otherwise anywhere")
    fileprivate static let damping = Option(
        "damping", value: "D", "How probably an edge is followed and not started over; 0.85")
    fileprivate static let top = Option("top", value: "N", "How many; 10")
    fileprivate static let kind = Option(
        "kind", value: "KIND", "customer, product, designer or all; otherwise what the edges lead to")
    fileprivate static let kinds = Option("kind", value: "KIND", "customer, product, designer or all; otherwise all")
    fileprivate static let groupsOf = Option(
        "of", value: "NODE", isRepeatable: true, "Only the group of this node; may be repeated")
    fileprivate static let members = Option("members", "The nodes of the groups, not a line for each group")
    fileprivate static let resolution = Option(
        "resolution", value: "R", "Above 1 for more and smaller groups, below 1 for larger ones; 1")
    fileprivate static let centrality = Option("measure", value: "MEASURE", "degree, strength or pagerank; degree")
    fileprivate static let likeness = Option("measure", value: "MEASURE", "cosine, jaccard or overlap; cosine")
    fileprivate static let weighedEdges = Option(
        "edges", value: "TYPE,TYPE|JSON",
        "Which edges: \(EdgeType.allCases.map(\.name).joined(separator: ", ")); or what weights are multiplied by: "
            + "{\"bought\": 1, \"viewed\": 0.1}; otherwise all")
    fileprivate static let by = Option("edges", value: "TYPE", "What they are compared by; bought")
    fileprivate static let depth = Option("depth", value: "N", "How many edges away at most; 1")
    fileprivate static let order = Option("order", value: "ORDER", "breadth or depth first; breadth")
    fileprivate static let cost = Option(
        "cost", value: "COST", "What an edge costs: one (the shortest way), inverse (1 / weight) or weight; one")
    fileprivate static let all = Option(
        "all", value: "LENGTH", "All ways of at most so many edges that visit no node twice, instead of the cheapest")
    fileprivate static let maximumEdges = Option(
        "max-edges", value: "N", "Fail rather than look at more edges; 10000000")
}

extension Command {
    static let graphRank = graph(
        .rank, "Rank nodes by personalised PageRank: where a walker is most often who starts over at a node",
        options: [.start, .weighedEdges, .damping, .top, .kind],
        details: [
            "Edges are followed in either direction, with a probability in proportion to their weights. Scores are those of a "
                + "random walk with restart and add up to 1 over all nodes; those of nodes of other kinds are left out."
        ],
        examples: [
            "atelier graph rank --from customer:12347 --edges bought --damping 0.85 --top 10 --format json",
            #"atelier graph rank --edges '{"bought": 1, "viewed": 0.1}' --kind product --top 20"#,
            "atelier graph rank --from customer:12347 --edges bought --format svg --out rank.svg",
        ]
    ) { invocation, parameters in
        parameters.add("from", invocation.values(.start))
        try parameters.add("damping", invocation.number(.damping, in: 0...1))
        try parameters.add("limit", invocation.integer(.top, in: 0...Int.max))
        parameters.add("kind", invocation.value(.kind))
    }

    static let graphNeighbors = graph(
        .neighbors, "Show what is around a node",
        operands: [Operand("NODE", "Such as customer:17850 or product:85123A", isRepeatable: true)],
        options: [.depth, .order, .limit, .maximumEdges] + Option.edgeChoice,
        examples: [
            "atelier graph neighbors customer:12347 --edges bought --limit 20",
            "atelier graph neighbors product:85123A --depth 2 --per-node 10 --format svg --out around.svg",
            "atelier graph neighbors customer:12347 --since 2010-10-01 --edge-filter '{\"weight\": {\"$gte\": 2}}'",
        ]
    ) { invocation, parameters in
        parameters.add("of", invocation.operands)
        try parameters.add("depth", invocation.integer(.depth, in: 1...1000))
        parameters.add("order", invocation.value(.order))
        try parameters.add("limit", invocation.integer(.limit, in: 0...Int.max))
        try parameters.add("maxEdges", invocation.integer(.maximumEdges, in: 1...Int.max))
        try parameters.addEdgeChoice(invocation, window: ("from", "to"))
    }

    static let graphTraverse = graph(
        .traverse, "Walk step by step and rank where that leads",
        operands: [Operand("TRAVERSAL", "JSON, @FILE or @-: start, steps, rank, limit, maxEdges")], options: [],
        details: [
            "start: nodes by name, or {\"kind\": \"customer\", \"filter\": {…}}. Each step: edges, direction (out, in, both), from "
                + "and to (a time window), edgeFilter (on type, weight, time), perNode with prefer (weight or recent), filter "
                + "(on the documents of the nodes reached), unseen (true: not to nodes met before). rank: paths, weight or recent.",
            "The same JSON is what the worker's graph.traverse takes; docs/graph.md says all of it.",
        ],
        examples: [
            #"atelier graph traverse '{"start": "customer:12347", "steps": [{"edges": "bought", "direction": "out"}, {"edges": "bought", "direction": "in", "unseen": true}, {"edges": "bought", "direction": "out", "unseen": true}], "limit": 10}'"#,
            "atelier graph traverse @walk.json --format json",
        ]
    ) { invocation, parameters in
        let value = try Invocation.json(invocation.operands[0], of: "TRAVERSAL")
        guard let document = value.documentValue else {
            throw UsageError("TRAVERSAL: expected a JSON object, such as {\"start\": \"customer:1\", \"steps\": […]}")
        }
        for (key, value) in document.elements { parameters.add(key, value) }
    }

    static let graphPath = graph(
        .path, "Find ways from one node to another",
        operands: [Operand("FROM", "A node such as customer:17850"), Operand("TO", "Another")],
        options: [.cost, .all, .limit, .maximumEdges] + Option.edgeChoice,
        examples: [
            "atelier graph path customer:12347 product:85123A --edges bought",
            "atelier graph path customer:12347 customer:18102 --edges bought --cost inverse",
            "atelier graph path customer:12347 product:22188 --edges bought --all 3 --limit 20 --format json",
        ]
    ) { invocation, parameters in
        parameters.add("from", invocation.operands[0])
        parameters.add("to", invocation.operands[1])
        parameters.add("cost", invocation.value(.cost))
        try parameters.add("all", invocation.integer(.all, in: 1...20))
        try parameters.add("limit", invocation.integer(.limit, in: 1...Int.max))
        try parameters.add("maxEdges", invocation.integer(.maximumEdges, in: 1...Int.max))
        try parameters.addEdgeChoice(invocation, window: ("since", "until"))
    }

    static let graphCommon = graph(
        .common, "Show what two nodes are both linked to",
        operands: [Operand("NODE", "Such as customer:17850"), Operand("NODE", "Another")],
        options: [.limit] + Option.edgeChoice,
        examples: ["atelier graph common customer:12347 customer:18102 --edges bought"]
    ) { invocation, parameters in
        parameters.add("of", invocation.operands)
        try parameters.add("limit", invocation.integer(.limit, in: 0...Int.max))
        try parameters.addEdgeChoice(invocation, window: ("from", "to"))
    }

    static let graphSimilar = graph(
        .similar, "Find the nodes most like one by what they are linked to",
        operands: [Operand("NODE", "Such as product:85123A")], options: [.by, .likeness, .top, .maximumEdges],
        details: [
            "jaccard: what both are linked to, as a part of what either is; overlap: as a part of what the one with fewer is; "
                + "cosine: of the angle between their weights."
        ],
        examples: [
            "atelier graph similar product:85123A --top 5", "atelier graph similar customer:12347 --measure jaccard",
        ]
    ) { invocation, parameters in
        parameters.add("to", invocation.operands[0])
        parameters.add("measure", invocation.value(.likeness))
        try parameters.add("limit", invocation.integer(.top, in: 0...Int.max))
        try parameters.add("maxEdges", invocation.integer(.maximumEdges, in: 1...Int.max))
    }

    static let graphComponents = graph(
        .components, "Show which nodes hang together", options: [.edges, .groupsOf, .members, .top],
        examples: ["atelier graph components --edges bought", "atelier graph components --of customer:12347 --members"]
    ) { invocation, parameters in
        parameters.add("of", invocation.values(.groupsOf))
        if invocation.isSet(.members) { parameters.add("members", .bool(true)) }
        try parameters.add("limit", invocation.integer(.top, in: 0...Int.max))
    }

    static let graphCommunities = graph(
        .communities, "Find groups with more weight among themselves than chance would put there",
        options: [.edges, .resolution, .groupsOf, .members, .top],
        details: ["By Louvain's method, nodes visited in their order: the same store gives the same groups."],
        examples: ["atelier graph communities --edges bought", "atelier graph communities --of product:85123A"]
    ) { invocation, parameters in
        parameters.add("of", invocation.values(.groupsOf))
        if invocation.isSet(.members) { parameters.add("members", .bool(true)) }
        try parameters.add("resolution", invocation.number(.resolution, in: 1e-6...1e6))
        try parameters.add("limit", invocation.integer(.top, in: 0...Int.max))
    }

    static let graphCentrality = graph(
        .centrality, "Show the best linked nodes",
        options: [.centrality, .kinds, .damping, .top] + Option.edgeChoice,
        examples: [
            "atelier graph centrality --edges bought --kind product",
            "atelier graph centrality --measure pagerank --edges bought --kind product --top 20",
        ]
    ) { invocation, parameters in
        parameters.add("measure", invocation.value(.centrality))
        parameters.add("kind", invocation.value(.kinds))
        try parameters.add("damping", invocation.number(.damping, in: 0...1))
        try parameters.add("limit", invocation.integer(.top, in: 0...Int.max))
        try parameters.addEdgeChoice(invocation, window: ("from", "to"))
    }

    static let graphBuild = graph(
        .describe, named: "build", "Read the graph, say how large it is, and keep it in a file",
        options: [.edges, .keep],
        details: [
            "A snapshot is mapped into memory by --snapshot of the other tasks: that takes no reading of the store, and answers "
                + "say how old the data is. With a store too, only what is new is read."
        ],
        examples: ["atelier graph build", "atelier graph build --edges bought,viewed --keep shop.graph"]
    ) { _, _ in }
}
