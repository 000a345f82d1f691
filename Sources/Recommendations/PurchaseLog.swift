import BSON

/// Who bought which products in which order, as numbers: what every method learns from.
///
/// Customers and products are numbered in the order of their ids, so that a tie by number is a tie by id. A basket is one
/// order's distinct products. About four bytes a line and sixteen an order.
public struct PurchaseLog: Sendable {
    public let customers: [String]
    public let products: [String]
    /// Where each customer's baskets begin, oldest first; one more than there are customers.
    let customerStarts: [Int]
    /// Where each basket's products begin; one more than there are baskets.
    let basketStarts: [Int]
    /// Milliseconds since 1970.
    let times: [Int64]
    /// Products by basket, ascending.
    let lines: [Int32]
    /// How many customers were left out because they do not agree to be analysed.
    public internal(set) var withheldCustomers = 0

    /// The moment of the last order; nil where there is none.
    public var lastOrder: Int64? { times.max() }

    public var basketCount: Int { times.count }
    public var isEmpty: Bool { lines.isEmpty }

    /// The number of a customer, by binary search.
    public func customer(_ id: String) -> Int? { PurchaseLog.place(of: id, in: customers) }

    /// The number of a product, by binary search.
    public func product(_ id: String) -> Int? { PurchaseLog.place(of: id, in: products) }

    /// How many orders a customer has, by number.
    public func orderCount(of customer: Int) -> Int { baskets(of: customer).count }

    /// How many customers bought each product. O(lines).
    public func buyerCounts() -> [Int] {
        var (counts, last) = ([Int](repeating: 0, count: products.count), [Int](repeating: -1, count: products.count))
        for customer in customers.indices {
            for basket in baskets(of: customer) {
                for product in products(of: basket) where last[Int(product)] != customer {
                    last[Int(product)] = customer
                    counts[Int(product)] += 1
                }
            }
        }
        return counts
    }

    func baskets(of customer: Int) -> Range<Int> { customerStarts[customer]..<customerStarts[customer + 1] }

    func products(of basket: Int) -> ArraySlice<Int32> { lines[basketStarts[basket]..<basketStarts[basket + 1]] }

    /// What a customer bought, the newest order first.
    public func history(of customer: Int) -> History {
        History(baskets: baskets(of: customer).reversed().map { Array(products(of: $0)) })
    }

    private static func place(of id: String, in ids: [String]) -> Int? {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? low : nil
    }
}

/// Orders of one customer or none, newest first, as numbers of products.
public struct History: Sendable {
    public let baskets: [[Int32]]

    public init(baskets: [[Int32]]) { self.baskets = baskets }

    public var isEmpty: Bool { baskets.allSatisfy(\.isEmpty) }

    /// Each product with the sum of `decay` to the power of how many orders came after: with 1, in how many orders it is.
    ///
    /// Products ascend.
    func weights(decay: Float = 1) -> SparseVector {
        var pairs: [(product: Int32, weight: Float)] = []
        var weight: Float = 1
        for basket in baskets {
            for product in basket { pairs.append((product, weight)) }
            weight *= decay
        }
        // Sums are taken newest first for every product, so that they do not depend on how it is sorted.
        let order = pairs.indices.sorted { (pairs[$0].product, $0) < (pairs[$1].product, $1) }
        var vector = SparseVector()
        for index in order {
            if vector.places.last == pairs[index].product {
                vector.values[vector.values.count - 1] += pairs[index].weight
            } else {
                vector.places.append(pairs[index].product)
                vector.values.append(pairs[index].weight)
            }
        }
        return vector
    }
}

/// Numbers at some places, in ascending order of these.
struct SparseVector: Sendable {
    var places: [Int32] = []
    var values: [Float] = []
}

extension PurchaseLog {
    /// Collects orders in any sequence.
    struct Builder {
        private struct Order {
            let time: Int64
            let id: String
            let products: [Int32]
        }

        private var productNumbers: [String: Int32] = [:]
        private var productIds: [String] = []
        private var customerNumbers: [String: Int] = [:]
        private var customerIds: [String] = []
        private var orders: [[Order]] = []

        init() {}

        /// Numbers a product that is about to be part of an order.
        mutating func number(of product: String) -> Int32 {
            if let number = productNumbers[product] { return number }
            let number = Int32(productIds.count)
            productNumbers[product] = number
            productIds.append(product)
            return number
        }

        /// - Parameters:
        ///   - id: decides between orders of the same moment: ids of digits by their value, others as text.
        ///   - products: as `number(of:)` gives them; several times the same counts once.
        mutating func add(customer: String, id: String, time: Int64, products: [Int32]) {
            guard !products.isEmpty else { return }
            let order = Order(time: time, id: id, products: products)
            if let place = customerNumbers[customer] {
                orders[place].append(order)
            } else {
                customerNumbers[customer] = customerIds.count
                customerIds.append(customer)
                orders.append([order])
            }
        }

        func finish() -> PurchaseLog {
            let products = productIds.indices.sorted { productIds[$0] < productIds[$1] }
            var renumbered = [Int32](repeating: 0, count: products.count)
            for (new, old) in products.enumerated() { renumbered[old] = Int32(new) }
            let customers = customerIds.indices.sorted { customerIds[$0] < customerIds[$1] }
            var log = Parts()
            for customer in customers {
                let sorted = orders[customer].sorted {
                    $0.time != $1.time ? $0.time < $1.time : Builder.precedes($0.id, $1.id)
                }
                for order in sorted {
                    log.append(Set(order.products.map { renumbered[Int($0)] }).sorted(), at: order.time)
                }
                log.endCustomer()
            }
            return log.finish(customers: customers.map { customerIds[$0] }, products: products.map { productIds[$0] })
        }

        static func precedes(_ a: String, _ b: String) -> Bool {
            func isNumber(_ text: String) -> Bool {
                !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && (text.utf8.first != 0x30)
            }
            guard isNumber(a) && isNumber(b) && a.utf8.count != b.utf8.count else { return a < b }
            return a.utf8.count < b.utf8.count
        }
    }

    /// The arrays of a log as they grow.
    struct Parts {
        private var customerStarts = [0]
        private var basketStarts = [0]
        private var times: [Int64] = []
        private var lines: [Int32] = []

        mutating func append(_ products: some Sequence<Int32>, at time: Int64) {
            lines.append(contentsOf: products)
            basketStarts.append(lines.count)
            times.append(time)
        }

        mutating func endCustomer() { customerStarts.append(times.count) }

        func finish(customers: [String], products: [String]) -> PurchaseLog {
            PurchaseLog(
                customers: customers, products: products, customerStarts: customerStarts, basketStarts: basketStarts,
                times: times, lines: lines)
        }
    }
}
