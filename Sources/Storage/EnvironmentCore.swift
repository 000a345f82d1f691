import BSON
import CLMDB
import Glibc

/// One open LMDB environment: the only one this process has for its file.
///
/// LMDB forbids opening a file twice in a process, so every `StorageEnvironment` of the same file shares one core,
/// found through `CoreRegistry`. The core lives as long as anybody uses it: environments, snapshots, writes.
///
/// **Handles.** LMDB wants database handles opened by one transaction at a time, and a transaction cannot use a handle
/// that was opened after it began. Databases ("slots") are therefore numbered, and every process opens them all, in
/// order, so that slot n has the same handle everywhere, and a handle is never closed. `handleLock` is held by whoever
/// opens handles: a reader catching up with another process, or a writer from its first new slot to its end. A writer
/// goes on only when all slots of the catalog it starts from are open, so while it runs no reader can need more.
final class EnvironmentCore: @unchecked Sendable {
    // Invariant: `env` is thread-safe by LMDB's rules, which this type keeps; everything mutable is behind a lock.
    let env: OpaquePointer
    let path: String
    let identity: FileIdentity
    let isReadOnly: Bool
    let keySourceProvider: IndexKeySourceProvider?
    let queue = WriteQueue()
    let handleLock = Lock()
    let keyBuffers = KeyBufferPool()
    /// Environments, snapshots and writes that still use the core. Guarded by the registry's lock.
    var users = 0

    /// Touched by the leader of the write queue only.
    var writesBegun = 0
    /// Whether the store may be of an older format, which the next write ends. Set when it is opened, and touched by the
    /// leader of the write queue only from then on.
    var hasOldFormat = false
    /// A number drawn when the file was opened: while it stays, nobody can have put another file in its place.
    let openingStamp = UInt64.random(in: 1 ... .max)

    private struct State {
        var catalog: Catalog?
        /// The transaction whose catalog `catalog` is.
        var transactionId = 0
        /// Read transactions that have been reset and keep their reader slot.
        var idle: [OpaquePointer] = []
    }
    private var state = State()  // Guarded by `stateLock`.
    private let stateLock = Lock()

    /// The databases every store has, opened first and in this order, after LMDB's own two.
    enum Handle {
        static let free: MDB_dbi = 0
        static let main: MDB_dbi = 1
        static let meta: MDB_dbi = 2
        static let catalog: MDB_dbi = 3
        static let counters: MDB_dbi = 4
        static let firstSlot: MDB_dbi = 5

        static func slot(_ slot: Slot) -> MDB_dbi { firstSlot + MDB_dbi(slot.number) }
    }

    init(
        env: OpaquePointer, path: String, identity: FileIdentity, isReadOnly: Bool,
        keySourceProvider: IndexKeySourceProvider?
    ) {
        self.env = env
        self.path = path
        self.identity = identity
        self.isReadOnly = isReadOnly
        self.keySourceProvider = keySourceProvider
    }

    /// Closes the file. Called once, by the registry, when nobody uses the core any more.
    func shutDown() {
        stateLock.withLock {
            for txn in state.idle { mdb_txn_abort(txn) }
            state.idle = []
        }
        mdb_env_close(env)
    }

    /// What turns documents into an index's keys. An index that nobody can serve gets a source that refuses to.
    func keySource(for definition: IndexDefinition) -> any IndexKeySource {
        do {
            return try makeKeySource(for: definition)
        } catch {
            return UnusableKeySource(error: error)
        }
    }

    func makeKeySource(for definition: IndexDefinition) throws -> any IndexKeySource {
        if let source = try keySourceProvider?(definition) { return source }
        if definition.options["partialFilterExpression"] != nil {
            throw AtelierError(
                .cannotCreateIndex, "the index '\(definition.name)' is partial, which storage alone cannot maintain",
                at: path)
        }
        return try IndexKeyGenerator(keyPattern: definition.keyPattern, isSparse: definition.isSparse)
    }

    func check(_ code: Int32, _ action: @autoclosure () -> String) throws {
        if code != MDB_SUCCESS { throw AtelierError.storage(code, cannot: action(), at: path) }
    }

    // MARK: Read transactions

    /// A read transaction, and the catalog it sees with all its handles usable.
    func beginRead() throws -> (txn: OpaquePointer, catalog: Catalog) {
        var attempts = 0
        while true {
            let txn = try startRead()
            do {
                if let catalog = try usableCatalog(txn, transactionId: Int(mdb_txn_id(txn))) { return (txn, catalog) }
            } catch {
                endRead(txn)
                throw error
            }
            endRead(txn)
            try openHandles()
            attempts += 1
            if attempts > 1000 { throw AtelierError.storage(EBUSY, cannot: "begin a snapshot", at: path) }
        }
    }

    /// Gives a read transaction back.
    func endRead(_ txn: OpaquePointer) {
        mdb_txn_reset(txn)
        let kept = stateLock.withLock {
            if state.idle.count >= 32 { return false }
            state.idle.append(txn)
            return true
        }
        if !kept { mdb_txn_abort(txn) }
    }

    private func startRead() throws -> OpaquePointer {
        if let idle = stateLock.withLock({ state.idle.popLast() }) {
            let code = mdb_txn_renew(idle)
            if code == MDB_SUCCESS { return idle }
            mdb_txn_abort(idle)
            try check(code, "begin a snapshot")
        }
        var txn: OpaquePointer?
        var code = mdb_txn_begin(env, nil, UInt32(MDB_RDONLY), &txn)
        if code == MDB_READERS_FULL {
            clearStaleReaders()
            code = mdb_txn_begin(env, nil, UInt32(MDB_RDONLY), &txn)
        }
        try check(code, "begin a snapshot")
        return txn!
    }

    /// Frees the reader slots of processes that died.
    func clearStaleReaders() {
        var dead: Int32 = 0
        mdb_reader_check(env, &dead)
    }

    // MARK: The catalog

    /// The catalog this transaction sees; nil where it names databases whose handles the transaction cannot use.
    ///
    /// - Parameter id: the committed state that the transaction reads.
    func usableCatalog(_ txn: OpaquePointer, transactionId id: Int) throws -> Catalog? {
        let cached = stateLock.withLock { state.transactionId == id ? state.catalog : nil }
        if let cached { return canUse(cached.slotCount, txn) ? cached : nil }
        let (version, slotCount) = try CatalogRecord.readVersion(txn, self)
        guard canUse(slotCount, txn) else { return nil }
        let known = stateLock.withLock { state.catalog }
        let catalog: Catalog
        if let known, known.version == version {
            catalog = known
        } else {
            catalog = try CatalogRecord.readAll(txn, self, version: version, slotCount: slotCount)
        }
        remember(catalog, transactionId: id)
        return catalog
    }

    /// Keeps a catalog for the snapshots to come, if none newer is known.
    func remember(_ catalog: Catalog, transactionId: Int) {
        stateLock.withLock {
            if state.transactionId > transactionId { return }
            state.catalog = catalog
            state.transactionId = transactionId
        }
    }

    private func canUse(_ slotCount: Int, _ txn: OpaquePointer) -> Bool {
        if slotCount == 0 { return true }
        var flags: UInt32 = 0
        return mdb_dbi_flags(txn, Handle.slot(Slot(slotCount - 1)), &flags) == MDB_SUCCESS
    }

    /// Opens the handles of all slots there are. Waits for a writer of this process that is making some.
    func openHandles() throws {
        handleLock.lock()
        defer { handleLock.unlock() }
        var txn: OpaquePointer?
        try check(mdb_txn_begin(env, nil, UInt32(MDB_RDONLY), &txn), "begin a snapshot")
        do {
            let (_, slotCount) = try CatalogRecord.readVersion(txn!, self)
            var number = slotCount
            while number > 0, !canUse(number, txn!) { number -= 1 }
            while number < slotCount {
                try openSlot(Slot(number), txn!, flags: 0)
                number += 1
            }
        } catch {
            mdb_txn_abort(txn)
            throw error
        }
        try check(mdb_txn_commit(txn), "open the store's databases")
    }

    /// Opens (or, with `MDB_CREATE`, makes) a slot's database. The caller holds `handleLock`.
    func openSlot(_ slot: Slot, _ txn: OpaquePointer, flags: Int32) throws {
        var handle: MDB_dbi = 0
        try check(mdb_dbi_open(txn, "slot-\(slot.number)", UInt32(flags), &handle), "open a database of the store")
        guard handle == Handle.slot(slot) else {
            throw AtelierError(
                .internalError, "database handles are out of order (\(handle) for slot \(slot.number))", at: path)
        }
    }
}

/// Stands in for the key source of an index that this process does not know how to maintain: it can be read, and its
/// collection cannot be written to.
private struct UnusableKeySource: IndexKeySource {
    let error: any Error
    var fieldCount: Int { 0 }
    func addKeys(of document: DocumentView, to keys: IndexKeySet) throws { throw error }
}
