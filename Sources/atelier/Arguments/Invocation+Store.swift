import Analytics
import BSON
import DocumentStore
import Glibc
import Retail

extension Invocation {
    /// Where the store is: `--store`, `ATELIER_STORE`, or `./atelier.store`.
    var storeLocation: String {
        if let location = value(.store) { return location }
        if let location = getenv("ATELIER_STORE"), location.pointee != 0 { return String(cString: location) }
        return "./atelier.store"
    }

    /// Opens the store, does the work, and closes it.
    ///
    /// - Parameter creating: whether a path with nothing on it becomes a new store; otherwise that is an error.
    @discardableResult
    func withStore<R>(creating: Bool = false, _ work: (Store) throws -> R) throws -> R {
        let location = storeLocation
        let store: Store
        var isRemote = true
        do {
            if case .path = try StoreLocation(location) { isRemote = false }
            if case .path(let path) = try StoreLocation(location), !creating, isMissingOrEmpty(path) {
                throw AtelierError(
                    .fileOpenFailed, "there is no store", at: path,
                    advice:
                        "Create one with `atelier init`, fill one with `atelier generate`, or name another with --store."
                )
            }
            store = try Store(location)
        } catch let error as AtelierError {
            throw StoreUnavailable(location: location, cause: error)
        }
        defer { store.close() }
        if !creating { noteUnfinishedLoads(in: store) }
        do {
            return try work(store)
        } catch let error as AtelierError where isRemote && error.isUnreachable {
            throw StoreUnavailable(location: location, cause: error)
        }
    }

    /// Tells those who read a store that a load into it was broken off: what is there looks like an answer, and is a part of it.
    private func noteUnfinishedLoads(in store: Store) {
        // A store that cannot be asked fails at the question itself.
        guard !isQuiet, let loads = try? UnfinishedLoad.all(in: store.database) else { return }
        for load in loads { Messages.say("atelier \(command.name): note: \(load.description)") }
    }

    /// A file without a byte is what a store that was never written looks like.
    private func isMissingOrEmpty(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return access(path, F_OK) != 0 }
        return status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
    }

    /// The shipped aggregations and those of `--aggregations`.
    func aggregationCatalog() throws -> AggregationCatalog {
        try AggregationCatalog(directories: [ResourceLocator.current.folder("aggregations")] + values(.aggregations))
    }

    /// The arguments of an aggregation, from the `--param` options.
    func arguments(of aggregation: SavedAggregation) throws -> Arguments {
        let texts = try parameterTexts()
        return try UsageError.rethrowing { try aggregation.arguments(parsing: texts) }
    }

    /// Names and values of the `--param` options.
    func parameterTexts() throws -> [(name: String, text: String)] {
        try values(.parameter).map { text in
            guard let equals = text.firstIndex(of: "=") else {
                throw UsageError("--param \(text): expected NAME=VALUE", advice: "For example: --param from=2010-01-01")
            }
            return (name: String(text[..<equals]), text: String(text[text.index(after: equals)...]))
        }
    }
}

extension AtelierError {
    /// Whether a MongoDB deployment could not be reached, or refused the one who asks.
    fileprivate var isUnreachable: Bool {
        let codes: [ErrorCode] = [.hostUnreachable, 7, 89, 9001, .unauthorized, 18]
        return codes.contains(code)
    }
}
