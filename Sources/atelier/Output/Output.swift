import BSON
import DocumentStore
import Glibc

/// Where results go: standard output, or a file that appears whole or not at all.
///
/// A file is written under a name of its own beside its place and takes it at `finish()`; without that, nothing changes. A
/// device or a pipe is written to as it is.
final class Output {
    private let descriptor: Int32
    /// Of a file: what it is called, the name it takes at the end, and the one it has until then.
    private let path: String?
    private let place: String?
    private let temporary: String?
    private var buffer: [UInt8] = []
    private var isFinished = false

    /// How many columns fit a line; nil where nothing limits it.
    let width: Int?

    /// Standard output.
    init() {
        descriptor = STDOUT_FILENO
        path = nil
        place = nil
        temporary = nil
        width = Terminal.width(STDOUT_FILENO)
    }

    /// A file, created or replaced when the output is finished.
    /// - Throws: `fileOpenFailed` where its folder cannot be written to; `UsageError` for no name at all, or a store's.
    init(file path: String) throws {
        if path.isEmpty { throw UsageError("--out: the file's name is empty") }
        var status = stat()
        let kind = stat(path, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        if kind == S_IFDIR {
            throw AtelierError(
                .fileOpenFailed, "cannot write there: it is a folder", at: path, advice: "Name a file in it.")
        }
        if kind == S_IFREG && StoreLocation.isStoreFile(path) {
            throw UsageError(
                "--out \(path) is a store: results would take the place of all that is in it",
                advice: "Name another file.")
        }
        // A name that leads to a file elsewhere goes on leading there; a device or pipe must not be replaced by a file.
        let place = kind == S_IFREG ? Output.resolved(path) : nil
        let temporary = place.map { "\($0).\(getpid()).tmp" }
        descriptor = open(temporary ?? path, O_WRONLY | O_CLOEXEC | (place == nil ? 0 : O_CREAT | O_TRUNC), 0o644)
        guard descriptor >= 0 else {
            throw AtelierError(
                .fileOpenFailed, "cannot write there: \(String(cString: strerror(errno)))", at: path,
                advice: "Name a file in a folder that exists and that you may write to.")
        }
        self.path = path
        self.place = place
        self.temporary = temporary
        width = nil
        if let temporary { Interruption.removeOnExit(temporary) }
    }

    /// The file that a name leads to, through symbolic links; the name itself where there is no file yet.
    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    deinit {
        guard path != nil, !isFinished else { return }
        close(descriptor)
        guard let temporary else { return }
        unlink(temporary)
        Interruption.keep(temporary)
    }

    /// Whether this is a pipe that nobody reads any more.
    var isClosed: Bool {
        var end = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&end, 1, 0) > 0 && end.revents & Int16(POLLERR) != 0
    }

    func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= 1 << 16 { try flush() }
    }

    func write(_ bytes: [UInt8]) throws {
        buffer += bytes
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Hands over what is waiting.
    /// - Throws: `OutputClosed` where the reader has gone; `fileOpenFailed` where the disk is full and the like.
    func flush() throws {
        var start = 0
        while start < buffer.count {
            let count = buffer.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + start, $0.count - start) }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EPIPE { throw OutputClosed() }
                throw AtelierError(
                    .fileOpenFailed, "cannot write: \(String(cString: strerror(errno)))", at: path ?? "standard output")
            }
            start += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Hands over the rest, and gives a file its name.
    func finish() throws {
        try flush()
        guard let path, let place, let temporary else { return }
        // A file that took its name must have its bytes, also after a power cut.
        guard fsync(descriptor) == 0, close(descriptor) == 0, rename(temporary, place) == 0 else {
            throw AtelierError(.fileOpenFailed, "cannot write: \(String(cString: strerror(errno)))", at: path)
        }
        isFinished = true
        Interruption.keep(temporary)
    }
}
