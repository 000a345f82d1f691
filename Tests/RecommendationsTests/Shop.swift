import BSON
import Definitions
import DocumentStore
import Glibc
import Platform

@testable import Recommendations

/// Data and reference values that lie beside the project, where they are there.
enum SharedData {
    static let folder = getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? "../shared"
    static let onlineRetail = "\(folder)/data/online-retail-ii-2009-2010.csv.gz"
    static let hasOnlineRetail = access(onlineRetail, R_OK) == 0

    static func reference() throws -> Document {
        try Files.document(at: "\(folder)/reference/recommendation-online-retail-ii.json")
    }
}

extension PurchaseLog {
    /// A log of customers with their baskets, oldest first.
    static func of(_ customers: [String: [[String]]]) -> PurchaseLog {
        var builder = Builder()
        for (customer, baskets) in customers {
            for (number, basket) in baskets.enumerated() {
                var products: [Int32] = []
                for product in basket { products.append(builder.number(of: product)) }
                builder.add(customer: customer, id: "\(number + 1)", time: Int64(number) * 1000, products: products)
            }
        }
        return builder.finish()
    }

    /// Customers who buy at random, more often what others buy, and what they bought before.
    static func random(customers: Int, products: Int, seed: UInt64) -> PurchaseLog {
        var random = SeededRandom(seed: seed)
        var shop: [String: [[String]]] = [:]
        for customer in 0..<customers {
            var baskets: [[String]] = []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                var basket: [String] = []
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let one = Int.random(in: 0..<products, using: &random)
                    let other = Int.random(in: 0..<products, using: &random)
                    basket.append("P\(1000 + min(one, other))")
                    if let again = baskets.last?.first, Bool.random(using: &random) { basket.append(again) }
                }
                baskets.append(basket)
            }
            shop["C\(1000 + customer)"] = baskets
        }
        return of(shop)
    }
}

extension ScoringModel {
    func scores(_ history: History, of log: PurchaseLog) throws -> [Float] {
        var scores = [Float](repeating: .nan, count: log.products.count)
        try scores.withUnsafeMutableBufferPointer { try score(history, into: $0) }
        return scores
    }
}
