import BSON
import Glibc

/// Reading whole small files and folders.
public enum Files {
    /// A file's bytes.
    /// - Throws: `fileOpenFailed` with the system's reason.
    public static func contents(of path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open the file", path) }
        defer { close(descriptor) }
        return try contents(of: descriptor, named: path)
    }

    /// Everything a descriptor gives until its end.
    public static func contents(of descriptor: Int32, named name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("cannot read", name)
            }
            bytes += chunk[..<count]
        }
    }

    /// The document that a file holds in Extended JSON.
    /// - Throws: `fileOpenFailed`; `failedToParse` with the file, line and column.
    public static func document(at path: String) throws -> Document {
        let bytes = try contents(of: path)
        do {
            return try Document(json: bytes)
        } catch var error as AtelierError {
            error.location = error.location.map { "\(path): \($0)" } ?? path
            throw error
        }
    }

    /// The names of a folder's files that end so, sorted; hidden ones are left out.
    /// - Throws: `fileOpenFailed` with the system's reason.
    public static func names(in directory: String, ending: String) throws -> [String] {
        guard let stream = opendir(directory) else { throw failure("cannot read the folder", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            // The name is NUL-terminated within its field.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(ending) && !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func failure(_ what: String, _ path: String) -> AtelierError {
        AtelierError(.fileOpenFailed, "\(what): \(String(cString: strerror(errno)))", at: path)
    }
}
