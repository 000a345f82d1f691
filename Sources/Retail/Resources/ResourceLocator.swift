import BSON
import Glibc

/// Finds the folders that belong to the program: `collections` and `aggregations`.
///
/// In this order: `$ATELIER_HOME/NAME`; `../share/atelier/NAME` beside the executable, where `make install` puts them; and,
/// for a program run from its checkout, the first folder above the executable that holds `Package.swift` and `NAME`.
/// The working directory does not count: what a program does should not depend on where it is started.
public struct ResourceLocator: Sendable {
    /// The value of `ATELIER_HOME`.
    public var home: String?
    /// The executable's absolute path.
    public var executable: String?

    public init(home: String?, executable: String?) {
        self.home = home
        self.executable = executable
    }

    /// The locator of this process.
    public static let current = ResourceLocator(
        home: getenv("ATELIER_HOME").map { String(cString: $0) }, executable: executablePath())

    /// The folder of this name.
    /// - Throws: `noSuchKey` with the places that were looked at.
    public func folder(_ name: String) throws -> String {
        if let home, !home.isEmpty {
            let folder = home + "/" + name
            guard isFolder(folder) else {
                throw AtelierError(
                    .noSuchKey, "ATELIER_HOME has no folder \(name)", at: home,
                    advice: "Set ATELIER_HOME to the folder that holds collections/ and aggregations/, or unset it.")
            }
            return folder
        }
        guard let executable else { throw missing(name, ["ATELIER_HOME (not set)"]) }
        var folder = parent(of: executable)
        let installed = parent(of: folder) + "/share/atelier/" + name
        if isFolder(installed) { return installed }
        while folder != "" {
            if isFolder(folder + "/" + name) && access(folder + "/Package.swift", R_OK) == 0 {
                return folder + "/" + name
            }
            folder = parent(of: folder)
        }
        throw missing(name, ["ATELIER_HOME (not set)", installed, "a checkout above \(executable)"])
    }

    private func missing(_ name: String, _ places: [String]) -> AtelierError {
        AtelierError(
            .noSuchKey, "the program's folder \(name) was not found; looked at: \(places.joined(separator: ", "))",
            advice: "Install with `make install`, or set ATELIER_HOME to the folder that holds \(name)/.")
    }

    private static func executablePath() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0 else { return nil }
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The path without its last component; empty above the first.
private func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[..<slash])
}

private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
