import BSON
import Glibc

/// A file's bytes.
/// - Throws: `fileOpenFailed` with the system's reason.
func readFile(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else {
        throw AtelierError(.fileOpenFailed, "cannot read the file: \(String(cString: strerror(errno)))", at: path)
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        bytes.append(contentsOf: buffer[..<count])
        if count < buffer.count { break }
    }
    guard ferror(file) == 0 else { throw AtelierError(.fileOpenFailed, "reading the file failed", at: path) }
    return bytes
}

/// The names in a folder that end so, sorted.
/// - Throws: `fileOpenFailed` with the system's reason.
func fileNames(in folder: String, ending: String) throws -> [String] {
    guard let listing = opendir(folder) else {
        throw AtelierError(.fileOpenFailed, "cannot list the folder: \(String(cString: strerror(errno)))", at: folder)
    }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
        }
        if name.hasSuffix(ending) && !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
}
