import BSON
import CLMDB
import Glibc

extension ErrorCode {
    /// The file was written by a newer version of the program.
    static let unsupportedFormat: ErrorCode = 12
    static let cannotIndexParallelArrays: ErrorCode = 171
    static let fileAlreadyOpen: ErrorCode = 41
    /// A positional path component that is also a field name in the array's documents.
    static let ambiguousArrayField: ErrorCode = 16746
}

/// What one error number of LMDB or of the operating system means for the person in front of the program.
struct StorageErrorMeaning {
    let code: ErrorCode
    /// Completes "cannot <do something>: ".
    let message: String
    let advice: String?

    init(_ code: ErrorCode, _ message: String, _ advice: String? = nil) {
        self.code = code
        self.message = message
        self.advice = advice
    }

    /// The one table from numbers to meanings. Negative numbers are LMDB's, positive ones are `errno`'s.
    static let table: [Int32: StorageErrorMeaning] = [
        ENOENT: .init(
            .fileOpenFailed, "there is no such file", "Check the path, or create the store with `atelier init`."),
        ENOTDIR: .init(.fileOpenFailed, "a part of the path is not a directory", "Check the path."),
        EISDIR: .init(.fileOpenFailed, "this is a directory, not a store", "Give the path of a file inside it."),
        EACCES: .init(
            .fileOpenFailed, "permission denied",
            "The user needs read and write access to the store, to its -lock file and to their directory."),
        EPERM: .init(.fileOpenFailed, "operation not permitted", "Check the owner and the permissions of the store."),
        EROFS: .init(
            .fileOpenFailed, "the file system is read-only", "Open the store read-only, or copy it elsewhere."),
        ELOOP: .init(.fileOpenFailed, "too many symbolic links", "Check the path."),
        ENAMETOOLONG: .init(.fileOpenFailed, "the path is too long", "Use a shorter path."),
        EMFILE: .init(.fileOpenFailed, "too many open files", "Raise the limit with `ulimit -n`."),
        ENFILE: .init(.fileOpenFailed, "the system has too many open files", "Close other programs."),
        EAGAIN: .init(.fileOpenFailed, "the store is being opened or closed by another process", "Try again."),
        EBUSY: .init(.fileOpenFailed, "the store is busy", "Try again."),
        EEXIST: .init(.fileOpenFailed, "the file exists already", "Choose another name; nothing was overwritten."),
        ENOMEM: .init(
            .fileOpenFailed, "not enough memory or address space", "Raise the limit with `ulimit -v`, or free memory."),
        ENOSPC: .init(
            .outOfDiskSpace, "the disk is full", "Free some space and try again; this write changed nothing."),
        EDQUOT: .init(
            .outOfDiskSpace, "the disk quota is used up", "Free some space and try again; this write changed nothing."),
        EFBIG: .init(
            .outOfDiskSpace, "the file may not grow any larger",
            "Raise the file size limit (`ulimit -f`) and try again; this write changed nothing."),
        // LMDB reports a write that the disk took only in part, as a full one does, as EIO.
        EIO: .init(
            .outOfDiskSpace,
            "the disk did not take the whole write: it is full, a file size limit is reached, or it fails",
            "Look at the free space (`df`), the limit (`ulimit -f`) and the disk (`dmesg`); this write changed nothing."
        ),
        EINVAL: .init(.internalError, "the storage library refused an argument"),
        MDB_KEYEXIST: .init(.internalError, "a key exists already"),
        MDB_NOTFOUND: .init(.internalError, "a key or database is missing", "Run `atelier check`."),
        MDB_PAGE_NOTFOUND: .init(.internalError, "a page is missing: the store is damaged", "Restore a backup."),
        MDB_CORRUPTED: .init(
            .internalError, "a page is not what it should be: the store is damaged", "Restore a backup."),
        MDB_PANIC: .init(
            .internalError, "an earlier write failed beyond repair in this process",
            "Close the store and open it again; what was acknowledged is safe."),
        MDB_VERSION_MISMATCH: .init(
            .unsupportedFormat, "it was written by another version of LMDB",
            "Open it with the program that wrote it, or restore a backup made with this one."),
        MDB_INVALID: .init(.fileOpenFailed, "this file is not a store", "Check the path; the file was left as it is."),
        MDB_MAP_FULL: .init(
            .outOfDiskSpace, "the store has filled the address space reserved for it",
            "Raise the limit with `ulimit -v` and start the program again; this write changed nothing."),
        MDB_DBS_FULL: .init(
            .cannotCreateIndex, "there are too many collections and indexes",
            "Drop some: a store holds about 16,000 of them."),
        MDB_READERS_FULL: .init(
            .fileOpenFailed, "too many snapshots are open at once (all processes together)",
            "Close cursors or processes that are not needed."),
        MDB_TXN_FULL: .init(
            .outOfDiskSpace, "the transaction is too large", "Split it into smaller ones; this write changed nothing."),
        MDB_CURSOR_FULL: .init(
            .internalError, "a tree is deeper than it can be: the store is damaged", "Restore a backup."),
        MDB_PAGE_FULL: .init(
            .internalError, "a page has less space than it says: the store is damaged", "Restore a backup."),
        MDB_MAP_RESIZED: .init(
            .fileOpenFailed, "another process has grown the store beyond the address space reserved here",
            "Raise the limit with `ulimit -v` and start the program again."),
        MDB_INCOMPATIBLE: .init(
            .internalError, "a database has unexpected flags: the store is damaged", "Restore a backup."),
        MDB_BAD_RSLOT: .init(.internalError, "a reader slot was used twice"),
        MDB_BAD_TXN: .init(.internalError, "the transaction failed earlier and cannot continue", "Try it again."),
        MDB_BAD_VALSIZE: .init(.internalError, "a key or value has an unsupported size"),
        MDB_BAD_DBI: .init(.internalError, "a database handle changed unexpectedly"),
    ]
}

extension AtelierError {
    /// The error for a number from LMDB or the operating system.
    ///
    /// - Parameters:
    ///   - number: what the C function returned: negative from LMDB, an `errno` otherwise.
    ///   - action: what was being done, for example "open the store".
    ///   - path: the file it was done to.
    static func storage(_ number: Int32, cannot action: String, at path: String) -> AtelierError {
        let meaning =
            StorageErrorMeaning.table[number]
            ?? StorageErrorMeaning(.internalError, "\(String(cString: mdb_strerror(number))) (error \(number))")
        return AtelierError(meaning.code, "cannot \(action): \(meaning.message)", at: path, advice: meaning.advice)
    }
}
