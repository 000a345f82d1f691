import BSON
import Glibc

/// A folder for what is needed for a while. It goes with everything in it at `remove()`, and at Ctrl-C.
final class TemporaryFolder {
    let path: String
    private var files: [String] = []

    /// Makes a folder in `TMPDIR`, or in `/tmp`.
    ///
    /// - Throws: `fileOpenFailed` where none can be made.
    init() throws {
        let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(place)/atelier-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw AtelierError(
                .fileOpenFailed, "cannot make a temporary folder: \(String(cString: strerror(errno)))", at: place,
                advice: "Set TMPDIR to a folder with room that you may write to.")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        Interruption.removeOnExit(path)
    }

    deinit { remove() }

    /// Removes the folder and what is in it. Idempotent. Call it by `defer`: an object may go after its last use.
    func remove() {
        for file in files {
            unlink(file)
            Interruption.keep(file)
        }
        files = []
        rmdir(path)
        Interruption.keep(path)
    }

    /// The path of a database to be: the files that databases put beside it go too.
    func file(_ name: String) -> String {
        let file = "\(path)/\(name)"
        for suffix in TemporaryFolder.suffixes where !files.contains(file + suffix) {
            files.append(file + suffix)
            Interruption.removeOnExit(file + suffix)
        }
        return file
    }

    /// What LMDB and SQLite put beside a file, and where documents as JSON are.
    private static let suffixes = [
        "", "-lock", "-journal", "-wal", "-shm", "-json", "-json-journal", "-json-wal", "-json-shm",
    ]

    /// Removes a database made under `file(_:)`, so that another can be made there.
    static func remove(_ file: String) {
        for suffix in suffixes { unlink(file + suffix) }
    }

    /// How many bytes can be written to the folder's disk; nil where the system does not say.
    var freeBytes: Int64? {
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else { return nil }
        return Int64(disk.f_bavail) * Int64(disk.f_frsize)
    }
}
