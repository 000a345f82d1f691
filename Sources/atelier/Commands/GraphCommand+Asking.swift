import Analytics
import BSON
import DocumentStore
import Glibc
import Graph

extension Option {
    static let edges = Option(
        "edges", value: "TYPE,TYPE",
        "Which edges: \(EdgeType.allCases.map(\.name).joined(separator: ", ")); otherwise all")
    static let direction = Option(
        "direction", value: "WAY", "out (as the type says), in (against that) or both; both")
    static let edgesSince = Option("since", value: "DATE", "Only edges of this time or later")
    static let edgesUntil = Option("until", value: "DATE", "Only edges of before this time")
    static let edgeFilter = Option(
        "edge-filter", value: "JSON|@FILE",
        "Only edges that match, by type, weight and time, in MongoDB's query language")
    static let perNode = Option("per-node", value: "N", "At most so many edges of each node: against hubs")
    static let prefer = Option("prefer", value: "WHICH", "Which of a node's edges then: weight or recent; weight")
    static let snapshot = Option(
        "snapshot", value: "FILE", "A graph that `atelier graph build --keep FILE` kept, instead of the store")
    static let keep = Option(
        "keep", value: "FILE", "Write the graph to a file: a new one, or one that held a graph before")
    static let withData = Option(
        "with-data", "With --format json: an object of rows, notes and data, the time of the data, instead of rows only"
    )
    static let graphFormat = Option(
        "format", value: "FORMAT", "table, csv, json, ndjson, markdown or parquet, or dot or svg: a drawing")

    static let edgeChoice: [Option] = [
        .edges, .direction, .edgesSince, .edgesUntil, .edgeFilter, .perNode, .prefer,
    ]
}

/// Parameters of a question, in the making.
final class QuestionParameters {
    private var elements: [(String, BSONValue)] = []

    var document: Document { Document(elements) }

    func add(_ name: String, _ value: BSONValue) { elements.append((name, value)) }
    func add(_ name: String, _ text: String?) { if let text { add(name, .string(text)) } }
    func add(_ name: String, _ number: Int?) { if let number { add(name, BSONValue.integer(number)) } }
    func add(_ name: String, _ number: Double?) { if let number { add(name, .double(number)) } }
    func add(_ name: String, _ texts: [String]) {
        if !texts.isEmpty { add(name, .array(BSONArray(texts.map { .string($0) }))) }
    }

    func addEdges(_ invocation: Invocation) throws {
        guard let text = invocation.value(.edges) else { return }
        if text.hasPrefix("{") || text.hasPrefix("@") {
            add("edges", try Invocation.json(text, of: "--edges"))
        } else {
            add("edges", text)
        }
    }

    /// Where edges were not chosen, those that there are.
    ///
    /// - Returns: whether there was anything to choose.
    func chooseEdges(_ types: Set<EdgeType>, for task: GraphQuestion.Task) -> Bool {
        // Likeness is by one type, and says by which.
        guard task != .similar, types.count < EdgeType.allCases.count else { return false }
        let names = BSONValue.array(
            BSONArray(EdgeType.allCases.filter(types.contains).map { .string($0.name) }))
        guard task == .traverse else {
            guard document["edges"] == nil else { return false }
            add("edges", names)
            return true
        }
        var hasChosen = false
        for index in elements.indices where elements[index].0 == "steps" {
            guard let steps = elements[index].1.arrayValue else { continue }
            elements[index].1 = .array(
                BSONArray(
                    steps.map { step in
                        guard let step = step.documentValue, step["edges"] == nil else { return step }
                        hasChosen = true
                        return .document(step.setting("edges", names))
                    }))
        }
        return hasChosen
    }

    func addEdgeChoice(_ invocation: Invocation, window: (from: String, to: String)) throws {
        add("direction", invocation.value(.direction))
        add(window.from, invocation.value(.edgesSince))
        add(window.to, invocation.value(.edgesUntil))
        if let filter = try invocation.document(.edgeFilter) { add("edgeFilter", .document(filter)) }
        try add("perNode", invocation.integer(.perNode, in: 1...Int.max))
        add("prefer", invocation.value(.prefer))
    }
}

extension Command {
    /// A task of `atelier graph`: parameters from the command line, an answer as rows or as a drawing.
    static func graph(
        _ task: GraphQuestion.Task, named name: String? = nil, _ summary: String, operands: [Operand] = [],
        options: [Option], details: [String] = [], examples: [String],
        parameters: @escaping @Sendable (Invocation, QuestionParameters) throws -> Void
    ) -> Command {
        let isBuilding = task == .describe
        let canBeDrawn = ![.describe, .components, .communities].contains(task)
        return Command(
            name: "graph \(name ?? task.rawValue)", summary: summary, operands: operands,
            options: options + [.snapshot, .store, canBeDrawn ? .graphFormat : .format, .withData, .out, .quiet],
            details: details,
            examples: examples
        ) { invocation in
            let drawing = canBeDrawn ? invocation.drawing() : nil
            let format = drawing == nil ? try invocation.format() : nil
            if invocation.isSet(.withData) && format != .json {
                throw UsageError("--with-data is for --format json", advice: "Other formats hold rows only.")
            }
            let collected = QuestionParameters()
            try collected.addEdges(invocation)
            try parameters(invocation, collected)
            // Only what people look at is cut off where nobody asked for that.
            if let format, format != .table, task == .traverse || invocation.command.options.contains(.limit),
                collected.document["limit"] == nil
            {
                collected.add("limit", Int.max)
            }
            if isBuilding { try invocation.checkSnapshotPlace() }
            func ask() throws -> GraphQuestion {
                try invocation.naming(task) {
                    try UsageError.rethrowing { try GraphQuestion(task, collected.document) }
                }
            }
            var question = try ask()
            let kept = try invocation.value(.snapshot).map { try Graph(snapshot: $0) }
            var note: String?
            if let types = kept?.provenance.types, collected.chooseEdges(types, for: task) {
                question = try ask()
                let names = EdgeType.allCases.filter(types.contains).map(\.name).joined(separator: ", ")
                note = "Of the edges the snapshot has: \(names)."
            }
            try invocation.withGraph(question.types, kept) { graph, documents in
                var answer = try invocation.naming(task) {
                    try UsageError.rethrowing([.noSuchKey, .badValue]) { try question.answer(graph, documents) }
                }
                if let note { answer.answer.notes.insert(note, at: 0) }
                if isBuilding { try invocation.keep(graph) }
                if let drawing {
                    try invocation.draw(answer, of: graph, documents, as: drawing)
                } else if invocation.isSet(.withData) {
                    try invocation.printWhole(answer)
                } else {
                    try invocation.print(answer.answer)
                }
            }
        }
    }
}

/// How a graph is drawn.
enum DrawingFormat: String {
    case dot, svg
}

extension Invocation {
    /// The drawing asked for, by format or by the name of the file; nil for rows.
    fileprivate func drawing() -> DrawingFormat? {
        if let format = value(.graphFormat) { return DrawingFormat(rawValue: format) }
        guard let out = value(.out), let dot = out.lastIndex(of: ".") else { return nil }
        return DrawingFormat(rawValue: String(out[out.index(after: dot)...]))
    }

    /// Does work whose errors name parameters, and lets them name options and operands.
    fileprivate func naming<R>(_ task: GraphQuestion.Task, _ work: () throws -> R) throws -> R {
        func name(_ location: String) -> String {
            if task == .traverse { return "TRAVERSAL.\(location)" }
            let parameter = String(location.prefix { $0 != "." && $0 != "[" })
            let rest = location.dropFirst(parameter.count)
            switch (task, parameter) {
            case (.path, "from"), (.path, "to"): return parameter.uppercased() + rest
            case (.similar, "to"), (.neighbors, "of"), (.common, "of"): return "NODE" + rest
            default: break
            }
            let others = [
                "from": "since", "to": "until", "edgeFilter": "edge-filter", "perNode": "per-node", "limit": "top",
                "maxEdges": "max-edges",
            ]
            for option in [parameter, others[parameter]].compactMap(\.self)
            where command.options.contains(where: { $0.name == option }) {
                return "--\(option)\(rest)"
            }
            return location
        }
        do {
            return try work()
        } catch let error as UsageError {
            guard let location = error.location else { throw error }
            throw UsageError("\(name(location)): \(error.message.dropFirst(location.count + 2))", advice: error.advice)
        } catch let error as AtelierError {
            guard task != .traverse, let advice = error.advice else { throw error }
            throw AtelierError(
                error.code, error.message, at: error.location,
                advice: advice.replacing("perNode", with: "--per-node").replacing("maxEdges", with: "--max-edges"))
        }
    }

    /// An answer as one JSON object.
    fileprivate func printWhole(_ answer: GraphAnswer) throws {
        let whole: Document = [
            "rows": .array(BSONArray(documents: answer.answer.rows)),
            "notes": .array(BSONArray(answer.answer.notes.map { .string($0) })), "data": .document(answer.time),
        ]
        let output = try output()
        var json = ExtendedJSONWriter(.relaxed)
        whole.withView { json.append($0) }
        json.appendNewline()
        try output.write(json.bytes)
        try output.finish()
    }

    /// Makes sure, before any work, that `--keep` destroys nothing.
    fileprivate func checkSnapshotPlace() throws {
        guard let path = value(.keep) else { return }
        if path.isEmpty { throw UsageError("--keep: the file's name is empty") }
        if case .path(let store)? = try? StoreLocation(storeLocation) {
            // LMDB keeps its locks beside the store.
            for own in [store, store + "-lock"] where Invocation.isSameFile(path, own) {
                throw UsageError("--keep: \(path) is the store", advice: "Name another file for the snapshot.")
            }
        }
        if let out = value(.out), out == path || Invocation.isSameFile(path, out) {
            throw UsageError("--keep: \(path) is where --out goes", advice: "Name another file for the snapshot.")
        }
        try Graph.place(forSnapshot: path)
    }

    /// Whether two names lead to one file, through links of either kind.
    private static func isSameFile(_ a: String, _ b: String) -> Bool {
        var (first, second) = (stat(), stat())
        return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev
            && first.st_ino == second.st_ino
    }

    /// Writes the snapshot that `--keep` asks for.
    fileprivate func keep(_ graph: Graph) throws {
        guard let path = value(.keep) else { return }
        var temporary: String?
        defer { temporary.map(Interruption.keep) }
        try graph.write(snapshot: path) { name in
            temporary = name
            Interruption.removeOnExit(name)
        }
    }

    /// The graph of a snapshot, of the store, or of a snapshot brought up to date from the store.
    fileprivate func withGraph(
        _ types: Set<EdgeType>, _ kept: Graph?, _ work: (Graph, NodeDocuments) throws -> Void
    ) throws {
        if let kept, let path = value(.snapshot) {
            let missing = types.subtracting(kept.provenance.types)
            if !missing.isEmpty {
                let names = missing.map(\.name).sorted().joined(separator: ", ")
                throw UsageError(
                    "--snapshot: \(path) was kept without the edges \(names)",
                    advice: "Name others with --edges, or keep those too with `atelier graph build`.")
            }
            guard isSet(.store) else { return try work(kept, NodeDocuments(nil)) }
        }
        try withStore { store in
            let progress = Progress("Reading the graph", counting: "documents", isQuiet: isQuiet)
            defer { progress.finish() }
            let monitor = GraphMonitor(report: { _, count in progress.advance(to: count) })
            let graph: Graph
            if let kept {
                graph = try kept.refreshed(
                    from: store.database, GraphOptions(types: kept.provenance.types), monitor: monitor
                ).graph
            } else {
                graph = try Graph(of: store.database, GraphOptions(types: types), monitor: monitor)
            }
            progress.finish()
            if graph.nodes.count == 0 {
                throw AtelierError(
                    .noSuchKey, "the store has no customers, products or designers to link",
                    advice: "Fill it with `atelier import` or `atelier generate`.")
            }
            try work(graph, NodeDocuments(store.database))
        }
    }

    fileprivate func draw(
        _ answer: GraphAnswer, of graph: Graph, _ documents: NodeDocuments, as format: DrawingFormat
    ) throws {
        let nodes = Array(answer.drawn.prefix(DotDrawing.maximumNodes))
        let drawing = DotDrawing(
            graph, answer.drawn, emphasizing: answer.emphasized, answer.types,
            names: try documents.names(nodes, in: graph), caption: graph.timeNote)
        if drawing.omitted > 0 && !isQuiet {
            Messages.say("\(drawing.omitted) more nodes would not fit the drawing; ask for fewer.")
        }
        if format == .dot { return try printText(drawing.text) }
        // A place that cannot be written to is known before the work.
        let output = try output()
        let progress = Progress("Drawing", isQuiet: isQuiet)
        defer { progress.finish() }
        let svg = try Graphviz.svg(
            drawing.text, announce: Interruption.endOnExit, check: { if output.isClosed { throw OutputClosed() } })
        progress.finish()
        try output.write(svg)
        try output.finish()
    }
}
