import Analytics
import BSON
import Definitions
import Deployment
import Glibc
import Ingest
import Retail

/// A public data set, loaded once for its suite, and the reference values that other programs computed from it.
struct ReferenceData: Sendable {
    let shop: Shop
    let values: Document

    /// The store; tests only read it.
    final class Shop: @unchecked Sendable {  // Invariant: a `Store` is thread-safe, and nothing else is touched.
        private let test: TestStore
        init(_ test: TestStore) { self.test = test }
        var deployment: any Deployment { test.store.deployment }
        func rows(_ name: String, _ arguments: Document = [:]) throws -> [Document] { try test.rows(name, arguments) }
    }

    static let onlineRetail = Result {
        try load("online-retail-ii-2009-2010.json") { test, catalog in
            _ = try OnlineRetailImporter(database: test.store.database, catalog: catalog)
                .load(folder + "/data/online-retail-ii-2009-2010.csv.gz")
        }
    }

    static let olist = Result {
        try load("olist-sample.json") { test, catalog in
            _ = try OlistImporter(database: test.store.database, catalog: catalog).load(folder + "/data/olist-sample")
        }
    }

    /// Whether the data and their reference values are there.
    static func isThere(_ data: String, _ reference: String) -> Bool {
        access("\(folder)/data/\(data)", R_OK) == 0 && access("\(folder)/reference/\(reference)", R_OK) == 0
    }

    private static let folder =
        getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? CatalogTests.package + "../shared"

    private static func load(
        _ reference: String, _ fill: (TestStore, CollectionCatalog) throws -> Void
    ) throws -> ReferenceData {
        let test = try TestStore()
        try fill(test, CollectionCatalog.load(from: CatalogTests.package + "collections"))
        let values = try Files.document(at: "\(folder)/reference/\(reference)")
        return ReferenceData(shop: Shop(test), values: values)
    }
}

/// Whether a decimal is the number that a JSON file gives, to the last digit.
func isExactly(_ value: BSONValue?, _ expected: BSONValue?) -> Bool {
    guard case .decimal(let value)? = value, let number = expected?.doubleValue else { return false }
    // The shortest text of the file's double is the text in the file.
    return Decimal128("\(number)").map { value.compare($0) == 0 } ?? false
}

extension Document {
    /// The documents of an array.
    func documents(_ key: String) -> [Document] { self[key]?.arrayValue?.compactMap(\.documentValue) ?? [] }
}

/// Whether a number is the one that a JSON file gives, to a billionth of it.
func isNear(_ value: BSONValue?, _ expected: BSONValue?) -> Bool {
    guard let value = value?.doubleValue, let expected = expected?.doubleValue else { return false }
    return abs(value - expected) <= 1e-9 * max(abs(expected), 1e-300)
}

/// The exact sum of a column of decimals.
func sum(_ rows: [Document], _ column: String) -> BSONValue {
    .decimal(
        rows.reduce(Decimal128.zero) { total, row in
            guard case .decimal(let value)? = row[column] else { return .nan }
            return total + value
        })
}
