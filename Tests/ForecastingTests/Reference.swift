import BSON
import Definitions
import Glibc
import Platform

/// Values that other programs computed, and public series.
enum Reference {
    private static let package = String(#filePath.dropLast("Tests/ForecastingTests/Reference.swift".count))
    static let folder = getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? package + "../shared"
    static let path = folder + "/reference/formula-vectors.json"
    static let dailyPath = folder + "/data/online-retail-ii-2009-2010.csv.gz"

    static func isThere(_ path: String) -> Bool { access(path, R_OK) == 0 }

    /// Box and Jenkins' airline passengers, 1949 to 1960, by month.
    static let airline: [Double] = [
        112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133,
        114, 140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242,
        209, 191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264,
        302, 293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313,
        318, 374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318,
        362, 348, 363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405,
        417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
    ]

    static func values() throws -> Document { try Files.document(at: path) }
}

extension Document {
    func document(_ key: String) -> Document { self[key]?.documentValue ?? [:] }
    func double(_ key: String) -> Double { self[key]?.doubleValue ?? .nan }
    func doubles(_ key: String) -> [Double] { self[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
}

/// Whether two numbers agree to so many parts of the larger.
func agree(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
    abs(a - b) <= tolerance * max(abs(a), abs(b))
}

/// Numbers that look random and are the same each time.
struct Noise {
    private var random: SeededRandom
    init(_ seed: UInt64) { random = SeededRandom(seed: seed) }

    /// From 0 to 1.
    mutating func next() -> Double { random.uniform() }

    /// Mean 0, variance 1 (Box and Muller).
    mutating func normal() -> Double {
        (-2 * log(max(next(), 1e-300))).squareRoot() * cos(2 * .pi * next())
    }
}
