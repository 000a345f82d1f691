import BSON
import Deployment
import Glibc
import Platform
import QueryLanguage
import Storage

/// The embedded deployment: MongoDB-compatible commands over a store on this machine's disk.
///
/// Thread-safe. Reads run on snapshots and never wait; writes take turns. Several processes may have the same store open.
public final class Engine: Deployment {
    /// The version of MongoDB whose query language is spoken.
    public static let queryLanguageVersion = "8.0.0"

    let storage: StorageEnvironment
    let cursors = CursorTable()
    let operations = RunningOperations()
    let startedAt = Clock.uptime()
    let durability: String
    let blockingMemory: Int
    let columns: ColumnCaches

    /// Opens the store at a path, and makes it where there is none.
    /// - Throws: `AtelierError` for a path that cannot be a store, a store of a newer format, a full disk.
    public init(path: String, options: EngineOptions = EngineOptions()) throws {
        storage = try StorageEnvironment(
            path: path,
            options: StorageOptions(
                durability: options.relaxedDurability ? .relaxed : .synced, isReadOnly: options.readOnly))
        durability = options.relaxedDurability ? "relaxed" : "synced"
        blockingMemory = options.blockingMemory
        columns = ColumnCaches(maximumBytes: options.columnMemory)
    }

    public func run(_ document: Document, in database: String) throws -> Document {
        cursors.sweep()
        var command = try Command(document, database: database)
        guard let known = EngineCommand.byName[command.name] else {
            throw AtelierError(.commandNotFound, "no such command: '\(command.name)'")
        }
        try command.expectOnly(known.fields)
        try command.checkGenericOptions()
        do {
            guard let session = command.session else { return try known.run(command, self) }
            return try operations.running(in: session) { operation in
                command.operation = operation
                return try known.run(command, self)
            }
        } catch let error as AtelierError where error.location == nil {
            throw document.withView { error.located(in: $0, named: "") }
        }
    }

    /// Where large sorts and groups put what memory shall not hold: beside the store.
    var spillDirectory: String {
        let path = storage.path
        return path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    public func close() {
        cursors.closeAll()
        storage.close()
    }

    static let hostName: String = {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        return String(decoding: buffer.prefix(while: { $0 != 0 }).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}

/// How a store is opened.
public struct EngineOptions: Sendable {
    /// Acknowledge writes before they are on disk. A crash of the machine may lose the last of them; a crash of the
    /// program may not.
    public var relaxedDurability = false
    /// Refuse every write.
    public var readOnly = false
    /// How many bytes a `$sort` or `$group` holds in memory before it spills to a temporary file or, where the command
    /// forbids that, fails. MongoDB's limit unless told otherwise.
    public var blockingMemory = 100 << 20
    /// How many bytes the columns may take that are kept of collections which are read again and again: an eighth of the
    /// memory there is unless told otherwise.
    public var columnMemory = MachineMemory.bytes / 8

    public init(relaxedDurability: Bool = false, readOnly: Bool = false) {
        self.relaxedDurability = relaxedDurability
        self.readOnly = readOnly
    }
}

// MARK: - Reading

extension Engine {
    /// Opens a cursor on a snapshot of its own.
    func read(_ command: Command, _ open: (Query) throws -> Pipeline) throws -> OpenCursor {
        let namespace = try command.queryNamespace
        let interrupt = try command.interrupt()
        let snapshot = try storage.snapshot()
        do {
            let query = Query(self, snapshot, namespace, interrupt)
            return OpenCursor(
                namespace: namespace.description, pipeline: try open(query), snapshot: snapshot, interrupt: interrupt,
                session: command.session, command: command.document)
        } catch {
            snapshot.close()
            throw error
        }
    }

    /// Reads on a snapshot that ends with the closure.
    func readNow<R>(_ command: Command, _ body: (Query) throws -> R) throws -> R {
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        return try body(Query(self, snapshot, try command.queryNamespace, try command.interrupt()))
    }
}

extension Command {
    /// `{aggregate: 1}`: a pipeline over no collection.
    var isCollectionless: Bool { document[name]?.integerValue == 1 }

    var queryNamespace: Namespace {
        get throws {
            if name == "aggregate" && isCollectionless { return Namespace(database, "$cmd.aggregate") }
            return Namespace(database, try collection)
        }
    }

    /// What stops the command's work: its `maxTimeMS`, or `killSessions`.
    func interrupt() throws -> Interrupt {
        let limit = try integer("maxTimeMS", minimum: 0) ?? 0
        let interrupt = Interrupt(maxTimeMilliseconds: limit == 0 ? nil : limit)
        operation?.add(interrupt)
        return interrupt
    }
}
