import BSON
import Glibc

/// The data and reference values that tests share with other programs; tests skip by name where they are missing.
enum SharedData {
    static let folder: String = {
        if let path = getenv("ATELIER_TEST_DATA") { return String(cString: path) }
        return #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/shared"
    }()

    static let cdnow = folder + "/data/cdnow-sample.txt"
    static let hasCDNOW = access(cdnow, R_OK) == 0 && access(folder + "/reference/cdnow.json", R_OK) == 0

    /// A file of reference values.
    static func reference(_ name: String) throws -> Document {
        guard let file = fopen(folder + "/reference/" + name, "r") else {
            throw AtelierError(.fileOpenFailed, "cannot open", at: name)
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return try Document(json: bytes) }
            bytes += chunk[..<count]
        }
    }
}

/// Whether two numbers agree to a relative difference.
func agree(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool { abs(a - b) <= tolerance * max(abs(a), abs(b)) }

extension Document {
    func number(_ path: String...) -> Double {
        var document = self
        for name in path.dropLast() { document = document[name]?.documentValue ?? [:] }
        return document[path.last ?? ""]?.doubleValue ?? .nan
    }
}
