import CZlib
import Glibc
import Synchronization

/// Every test's files, removed when the process ends: a test need not keep hold of one.
private let folders = Mutex<[String]>([])
private let removeAtExit: Void = {
    atexit { for folder in folders.withLock({ $0 }) { remove(folder: folder) } }
}()

private func remove(folder: String) {
    guard let listing = opendir(folder) else { return }
    while let entry = readdir(listing) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        if unlink(folder + "/" + name) != 0 { remove(folder: folder + "/" + name) }
    }
    closedir(listing)
    rmdir(folder)
}

/// A file of its own for one test.
public final class TemporaryFile: Sendable {
    public let path: String

    public init(_ bytes: [UInt8], name: String = "data.csv") {
        path = TemporaryFile.folder() + "/" + name
        write(bytes)
    }

    /// A folder of its own for one test.
    public static func folder() -> String {
        var template = Array("/tmp/atelier-test-XXXXXX".utf8CString)
        guard let folder = mkdtemp(&template) else { preconditionFailure("no temporary folder: \(errno)") }
        let path = String(cString: folder)
        folders.withLock { $0.append(path) }
        removeAtExit
        return path
    }

    public static func remove(_ path: String) { unlink(path) }

    public convenience init(_ text: String, name: String = "data.csv") { self.init(Array(text.utf8), name: name) }

    public func write(_ bytes: [UInt8]) { TemporaryFile.write(bytes, to: path) }

    public static func write(_ bytes: [UInt8], to path: String) {
        guard let file = fopen(path, "wb") else { preconditionFailure("cannot write \(path): \(errno)") }
        defer { fclose(file) }
        precondition(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}

/// The bytes as `gzip` would store them.
public func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    let file = TemporaryFile([], name: "packed.gz")
    let stream = gzopen(file.path, "wb")
    precondition(bytes.withUnsafeBytes { gzwrite(stream, $0.baseAddress, UInt32(bytes.count)) } == Int32(bytes.count))
    precondition(gzclose(stream) == Z_OK)
    return contents(file.path)
}

/// A file's bytes; none where it cannot be read.
public func contents(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
        bytes.append(contentsOf: buffer[..<count])
    }
    return bytes
}

/// Where shared test data lies: `ATELIER_TEST_DATA`, or `../shared` beside the package.
public func sharedData(_ path: String) -> String? {
    let root =
        getenv("ATELIER_TEST_DATA").map { String(cString: $0) }
        ?? String(#filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/"))
        + "/shared"
    let full = root + "/" + path
    return access(full, R_OK) == 0 ? full : nil
}
