import BSON
import CLMDB
import Glibc

extension EnvironmentCore {
    /// The core for a file: the one this process has, or a new one.
    static func open(_ path: String, _ options: StorageOptions) throws -> EnvironmentCore {
        let path = try resolve(path)
        return try CoreRegistry.attach { existing in
            if let identity = try identify(path), let core = existing(identity) {
                if core.isReadOnly && !options.isReadOnly {
                    throw AtelierError(
                        .fileAlreadyOpen,
                        "cannot open the store for writing: this process has it open for reading only",
                        at: path, advice: "Close the other one first.")
                }
                return core
            }
            try checkHeader(path, options)
            return try openFile(path, options)
        }
    }

    /// The path without symbolic links, so that all processes agree on the name of the lock file.
    private static func resolve(_ path: String) throws -> String {
        if path.isEmpty || path.utf8.contains(0) {
            throw AtelierError(.fileOpenFailed, "cannot open the store: the path is empty or contains a NUL", at: path)
        }
        if let whole = realPath(path) { return whole }
        if errno != ENOENT { throw AtelierError.storage(errno, cannot: "open the store", at: path) }
        var directory = "."
        var name = path
        if let slash = path.lastIndex(of: "/") {
            directory = slash == path.startIndex ? "/" : String(path[..<slash])
            name = String(path[path.index(after: slash)...])
        }
        guard let parent = realPath(directory) else {
            if errno == ENOENT {
                throw AtelierError(
                    .fileOpenFailed, "cannot open the store: its directory does not exist", at: path,
                    advice: "Create the directory, or choose another path.")
            }
            throw AtelierError.storage(errno, cannot: "open the store", at: path)
        }
        if name.isEmpty || name == "." || name == ".." {
            throw AtelierError.storage(EISDIR, cannot: "open the store", at: path)
        }
        let whole = parent == "/" ? "/\(name)" : "\(parent)/\(name)"
        var status = stat()
        if lstat(whole, &status) == 0 {
            throw AtelierError(
                .fileOpenFailed, "cannot open the store: this is a symbolic link to a file that does not exist",
                at: path,
                advice: "Remove the link, or give the path of the file itself.")
        }
        return whole
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Device and inode of a regular file; nil where there is none yet.
    private static func identify(_ path: String) throws -> FileIdentity? {
        var status = stat()
        if stat(path, &status) != 0 {
            if errno == ENOENT { return nil }
            throw AtelierError.storage(errno, cannot: "open the store", at: path)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw AtelierError.storage(EISDIR, cannot: "open the store", at: path)
        default:
            throw AtelierError(
                .fileOpenFailed, "cannot open the store: this is not a regular file", at: path,
                advice: "Check the path.")
        }
        if status.st_nlink > 1 {
            throw AtelierError(
                .fileOpenFailed, "cannot open the store: the file has several names (hard links)", at: path,
                advice:
                    "Processes using different names would not see each other's locks. Copy the file, or remove the other names."
            )
        }
        return FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Refuses what is no store before LMDB touches anything, so that no lock file is left next to a stranger's file.
    private static func checkHeader(_ path: String, _ options: StorageOptions) throws {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT && !options.isReadOnly { return }
            throw AtelierError.storage(errno, cannot: "open the store", at: path)
        }
        defer { Glibc.close(descriptor) }
        var first: UInt8 = 0
        let count = pread(descriptor, &first, 1, 0)
        if count < 0 { throw AtelierError.storage(errno, cannot: "read the store", at: path) }
        if count == 0 && !options.isReadOnly { return }
        guard let version = StoreFile.version(descriptor) else {
            throw AtelierError.storage(MDB_INVALID, cannot: "open the store", at: path)
        }
        if version != 1 { throw AtelierError.storage(MDB_VERSION_MISMATCH, cannot: "open the store", at: path) }
    }

    /// Opens the environment with the largest map the system grants.
    private static func openFile(_ path: String, _ options: StorageOptions) throws -> EnvironmentCore {
        ignoreFileSizeSignal()
        let isNew = try identify(path) == nil
        var mapSize = 1 << 40
        var retries = 0
        while true {
            var handle: OpaquePointer?
            let created = mdb_env_create(&handle)
            if created != MDB_SUCCESS { throw AtelierError.storage(created, cannot: "open the store", at: path) }
            let env = handle!
            mdb_env_set_mapsize(env, mapSize)
            mdb_env_set_maxreaders(env, 1024)
            mdb_env_set_maxdbs(env, 16384)
            let flags = MDB_NOSUBDIR | MDB_NOTLS | (options.isReadOnly ? MDB_RDONLY : 0)
            let code = mdb_env_open(env, path, UInt32(flags), 0o600)
            if code == MDB_SUCCESS {
                do {
                    return try prepare(env, path, isNew, options)
                } catch {
                    mdb_env_close(env)
                    throw error
                }
            }
            mdb_env_close(env)
            // Systems say it either way; Valgrind, for one, finds the size invalid.
            if code == ENOMEM || code == EINVAL, mapSize > 1 << 30 {
                mapSize >>= 1
            } else if code == EAGAIN && retries < 100 {
                retries += 1
                usleep(5000)
            } else {
                throw AtelierError.storage(code, cannot: "open the store", at: path)
            }
        }
    }

    private static func prepare(
        _ env: OpaquePointer, _ path: String, _ isNew: Bool, _ options: StorageOptions
    ) throws -> EnvironmentCore {
        guard let identity = try identify(path) else {
            throw AtelierError.storage(ENOENT, cannot: "open the store", at: path)
        }
        let core = EnvironmentCore(
            env: env, path: path, identity: identity, isReadOnly: options.isReadOnly,
            keySourceProvider: options.keySourceProvider)
        core.clearStaleReaders()
        try core.checkLength()
        if try !core.openFixedDatabases() {
            try core.createFixedDatabases()
            if isNew { syncDirectory(of: path) }
        }
        try core.checkFormat()
        try core.openHandles()
        return core
    }

    /// A write past the file size limit then fails with EFBIG, which becomes an error, instead of ending the process.
    private static func ignoreFileSizeSignal() {
        var action = sigaction()
        if sigaction(SIGXFSZ, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil {
            signal(SIGXFSZ, SIG_IGN)
        }
    }

    /// Makes the new file's name as durable as its contents.
    static func syncDirectory(of path: String) {
        let slash = path.lastIndex(of: "/")!
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor >= 0 {
            fsync(descriptor)
            Glibc.close(descriptor)
        }
    }

    // MARK: The fixed databases

    private static let fixedNames = ["meta", "catalog", "counters"]

    /// False where the file has no databases yet.
    private func openFixedDatabases() throws -> Bool {
        var txn: OpaquePointer?
        try check(mdb_txn_begin(env, nil, UInt32(MDB_RDONLY), &txn), "open the store")
        do {
            for (offset, name) in Self.fixedNames.enumerated() {
                var handle: MDB_dbi = 0
                let code = mdb_dbi_open(txn, name, 0, &handle)
                if code == MDB_NOTFOUND {
                    var statistics = MDB_stat()
                    mdb_stat(txn, Handle.main, &statistics)
                    if offset > 0 || statistics.ms_entries > 0 || isReadOnly { throw notOurs }
                    mdb_txn_abort(txn)
                    return false
                }
                if code == MDB_INCOMPATIBLE { throw notOurs }
                try check(code, "open the store")
                try checkOrder(handle, offset)
            }
        } catch {
            mdb_txn_abort(txn)
            throw error
        }
        try check(mdb_txn_commit(txn), "open the store")
        return true
    }

    private func createFixedDatabases() throws {
        var txn: OpaquePointer?
        try check(mdb_txn_begin(env, nil, 0, &txn), "create the store")
        do {
            for (offset, name) in Self.fixedNames.enumerated() {
                var handle: MDB_dbi = 0
                let keys = offset == 0 ? 0 : MDB_INTEGERKEY
                try check(mdb_dbi_open(txn, name, UInt32(MDB_CREATE | keys), &handle), "create the store")
                try checkOrder(handle, offset)
            }
            try CatalogRecord.initialise(txn!, self)
        } catch {
            mdb_txn_abort(txn)
            throw error
        }
        try check(mdb_txn_commit(txn), "create the store")
    }

    private func checkOrder(_ handle: MDB_dbi, _ offset: Int) throws {
        if handle != Handle.meta + MDB_dbi(offset) {
            throw AtelierError(.internalError, "database handles are out of order", at: path)
        }
    }

    private var notOurs: AtelierError {
        AtelierError(
            .fileOpenFailed, "cannot open the store: this LMDB file was not made by Atelier", at: path,
            advice: "Check the path; the file was left as it is.")
    }

    /// Refuses a file that has been cut off, whose pages would otherwise be missed in the middle of a query.
    ///
    /// A file shorter than its own account may be sound all the same: pages that were freed before they were written.
    /// Commits make up for those (`extendFile`), so that the search is rare.
    private func checkLength() throws {
        if missingBytes() <= 0 { return }
        let (txn, code) = beginPlainRead()
        try check(code, "open the store")
        defer { mdb_txn_abort(txn) }
        guard let pages = try PageCheck.run(self, txn!), let problem = pages.problems.first else { return }
        throw AtelierError(
            .fileOpenFailed, "cannot open the store: it is damaged: \(problem)", at: path,
            advice: "Restore a backup; the file was left as it is.")
    }

    private func beginPlainRead() -> (OpaquePointer?, Int32) {
        var txn: OpaquePointer?
        let code = mdb_txn_begin(env, nil, UInt32(MDB_RDONLY), &txn)
        return (txn, code)
    }

    /// By how much the file is shorter than the pages it has allocated.
    private func missingBytes() -> Int {
        var info = MDB_envinfo()
        mdb_env_info(env, &info)
        var sizes = MDB_stat()
        mdb_env_stat(env, &sizes)
        var descriptor: Int32 = -1
        var status = stat()
        guard mdb_env_get_fd(env, &descriptor) == MDB_SUCCESS, fstat(descriptor, &status) == 0 else { return 0 }
        return (info.me_last_pgno + 1) * Int(sizes.ms_psize) - status.st_size
    }

    /// Makes the file as long as the pages it has allocated, so that a shorter one means damage.
    ///
    /// `fallocate` never shortens a file that another process has meanwhile extended. Where it is not supported the
    /// next opening takes longer.
    func extendFile() {
        let missing = missingBytes()
        if missing <= 0 { return }
        var descriptor: Int32 = -1
        var status = stat()
        guard mdb_env_get_fd(env, &descriptor) == MDB_SUCCESS, fstat(descriptor, &status) == 0 else { return }
        fallocate(descriptor, 0, status.st_size + missing - 1, 1)
    }

    private func checkFormat() throws {
        var txn: OpaquePointer?
        try check(mdb_txn_begin(env, nil, UInt32(MDB_RDONLY), &txn), "open the store")
        defer { mdb_txn_abort(txn) }
        let format = try CatalogRecord.readFormat(txn!, self)
        if format > CatalogRecord.formatVersion {
            throw AtelierError(
                .unsupportedFormat,
                "cannot open the store: it has format \(format), this program knows formats up to \(CatalogRecord.formatVersion)",
                at: path, advice: "Use a newer version of the program.")
        }
        hasOldFormat = format < CatalogRecord.formatVersion
    }
}
