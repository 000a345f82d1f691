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
    static let keep = Option("keep", value: "FILE", "Write the graph to a file")
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
            options: options + [.snapshot, .store, canBeDrawn ? .graphFormat : .format, .out, .quiet], details: details,
            examples: examples
        ) { invocation in
            let drawing = canBeDrawn ? invocation.drawing() : nil
            if drawing == nil { _ = try invocation.format() }
            let collected = QuestionParameters()
            if task != .similar, let edges = invocation.value(.edges) { collected.add("edges", edges) }
            try parameters(invocation, collected)
            let question = try UsageError.rethrowing { try GraphQuestion(task, collected.document) }
            if isBuilding { try invocation.checkSnapshotPlace() }
            try invocation.withGraph(question.types) { graph, documents in
                let answer = try UsageError.rethrowing([.noSuchKey, .badValue]) {
                    try question.answer(graph, documents)
                }
                if isBuilding { try invocation.keep(graph) }
                if let drawing {
                    try invocation.draw(answer, of: graph, documents, as: drawing)
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
    fileprivate func withGraph(_ types: Set<EdgeType>, _ work: (Graph, NodeDocuments) throws -> Void) throws {
        var kept: Graph?
        if let path = value(.snapshot) {
            let graph = try Graph(snapshot: path)
            let missing = types.subtracting(graph.provenance.types)
            if !missing.isEmpty {
                let names = missing.map(\.name).sorted().joined(separator: ", ")
                throw UsageError(
                    "--snapshot: \(path) was kept without the edges \(names)",
                    advice: "Name others with --edges, or keep those too with `atelier graph build`.")
            }
            guard isSet(.store) else { return try work(graph, NodeDocuments(nil)) }
            kept = graph
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
