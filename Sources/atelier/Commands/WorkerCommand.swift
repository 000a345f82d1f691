import BSON
import DocumentStore
import Glibc
import Worker

extension Option {
    fileprivate static let concurrency = Option(
        "concurrency", value: "N", "How many requests run at once; otherwise one a core")
    fileprivate static let canonicalReplies = Option(
        "canonical", "Reply in canonical Extended JSON unless a request says otherwise")
    fileprivate static let cursorTimeout = Option(
        "cursor-timeout", value: "SECONDS", "When to close a cursor nobody reads; otherwise 600")
}

extension Command {
    static let worker = Command(
        name: "worker", summary: "Serve other programs: JSON-RPC on standard input and output",
        options: [.store, .aggregations, .concurrency, .canonicalReplies, .cursorTimeout],
        details: [
            "One JSON-RPC 2.0 message a line. Replies carry the request's id and come in any order.",
            "The method server.describe lists every method with its schemas.",
            "Ends when standard input does, or at SIGTERM, after finishing what it accepted.",
        ],
        examples: [#"echo '{"jsonrpc":"2.0","id":1,"method":"server.describe"}' | atelier worker"#]
    ) { invocation in
        var options = Worker.Options()
        options.version = Program.version
        do {
            options.storeKind = try StoreLocation(invocation.storeLocation).kind
        } catch let error as AtelierError {
            throw StoreUnavailable(location: invocation.storeLocation, cause: error)
        }
        if let concurrency = try invocation.integer(.concurrency, in: 1...1024) { options.concurrency = concurrency }
        if let seconds = try invocation.integer(.cursorTimeout, in: 1...86_400) {
            options.cursorTimeout = Double(seconds)
        }
        options.canonical = invocation.isSet(.canonicalReplies)
        let catalog = try invocation.aggregationCatalog()
        if isatty(STDIN_FILENO) == 1 {
            Messages.say("atelier worker: reading one JSON-RPC request a line; end with Control-D.")
        }
        try invocation.withStore { store in
            let worker = try Worker(store: store, catalog: catalog, options: options)
            worker.stopOnSignals()
            try worker.run(input: STDIN_FILENO, output: STDOUT_FILENO)
        }
    }
}

extension StoreLocation {
    /// What callers of the worker are told about the store; never its address, which may hold a password.
    fileprivate var kind: String {
        switch self {
        case .path: "embedded"
        case .mongodb: "mongodb"
        }
    }
}
