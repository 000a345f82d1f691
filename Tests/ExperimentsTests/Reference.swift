import BSON
import Definitions
import Glibc

/// Values that other programs computed.
enum Reference {
    private static let package = String(#filePath.dropLast("Tests/ExperimentsTests/Reference.swift".count))
    static let path =
        (getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? package + "../shared")
        + "/reference/formula-vectors.json"
    static let isThere = access(path, R_OK) == 0

    static func values() throws -> Document { try Files.document(at: path)["ab"]?.documentValue ?? [:] }
}

extension Document {
    func document(_ key: String) -> Document { self[key]?.documentValue ?? [:] }
    func double(_ key: String) -> Double { self[key]?.doubleValue ?? .nan }
    func doubles(_ key: String) -> [Double] { self[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
}

/// Whether a number is there and agrees with another to so many parts of the larger.
func agree(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
    guard let a else { return false }
    return abs(a - b) <= tolerance * max(abs(a), abs(b))
}
