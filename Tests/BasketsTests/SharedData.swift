import BSON
import Baskets
import Definitions
import Glibc
import Testing

/// Data and reference values that lie beside the project, where they are there.
enum SharedData {
    static let folder = getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? "../shared"
    static let hasGroceries = has("data/groceries.csv") && has("reference/groceries.json")
    static let hasOnlineRetail =
        has("data/online-retail-ii-2009-2010.csv.gz") && has("reference/online-retail-ii-2009-2010.json")

    static func has(_ path: String) -> Bool { access("\(folder)/\(path)", R_OK) == 0 }

    static func reference(_ name: String) throws -> Document { try Files.document(at: "\(folder)/reference/\(name)") }

    static func groceries() throws -> Baskets { try Baskets(file: "\(folder)/data/groceries.csv") }
}

extension Document {
    /// The value at a path of names, some of which hold points.
    func at(_ path: String...) -> BSONValue? {
        var value: BSONValue? = .document(self)
        for name in path { value = value?.documentValue?[name] }
        return value
    }
}

extension Baskets {
    /// The texts of items by number.
    func texts(_ numbers: some Sequence<UInt32>) -> [String] { numbers.map { items[Int($0)].stringValue ?? "?" } }
}

func ratio(_ text: String) throws -> DecimalRatio { try DecimalRatio(text) }

func mine(_ baskets: Baskets, _ support: String, maximumSize: Int? = nil, threads: Int? = nil) throws -> FrequentSets {
    try ItemsetMiner(threshold: .support(ratio(support)), maximumSize: maximumSize, threads: threads).mine(baskets)
}
