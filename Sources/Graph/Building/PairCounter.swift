/// Counts how many sales hold two products: a row at a time, from the sales of each product.
final class PairCounter {
    private let options: TogetherOptions
    /// The products of sale `n` are `products[starts[n]..<starts[n + 1]]`.
    private var products = GrowingList<UInt32>()
    private var starts = GrowingList<Int>()
    private var times = GrowingList<Int64>()

    init(_ options: TogetherOptions) {
        self.options = options
        starts.append(0)
    }

    /// Takes a sale's distinct products.
    func add(_ sale: UnsafeBufferPointer<UInt32>, time: Int64) {
        guard sale.count > 1 && sale.count <= options.maximumBasket else { return }
        for product in sale { products.append(product) }
        starts.append(products.count)
        times.append(time)
    }

    /// Adds the frequent pairs as edges. O(sum over sales of the square of their sizes).
    func addPairs(to builder: GraphBuilder) {
        let productIds = builder.ids[Int(NodeKind.product.rawValue)]
        let productCount = productIds.count
        // The sales of each product.
        var salesStarts = [Int](repeating: 0, count: productCount + 1)
        for product in products.elements { salesStarts[Int(product) + 1] += 1 }
        for i in 0..<productCount { salesStarts[i + 1] += salesStarts[i] }
        var next = salesStarts
        var sales = [UInt32](repeating: 0, count: products.count)
        for sale in 0..<times.count {
            for i in starts[sale]..<starts[sale + 1] {
                let product = Int(products[i])
                sales[next[product]] = UInt32(sale)
                next[product] += 1
            }
        }
        var counts = [UInt32](repeating: 0, count: productCount)
        var latest = [Int64](repeating: Graph.noTime, count: productCount)
        var touched: [UInt32] = []
        /// The pairs that a product keeps, by both numbers, the lower first.
        struct Pair: Hashable {
            let a: UInt32
            let b: UInt32
        }
        var kept: [Pair: (count: UInt32, time: Int64)] = [:]
        for product in 0..<productCount {
            for sale in sales[salesStarts[product]..<salesStarts[product + 1]] {
                let time = times[Int(sale)]
                for i in starts[Int(sale)]..<starts[Int(sale) + 1] {
                    let other = Int(products[i])
                    if counts[other] == 0 {
                        touched.append(UInt32(other))
                        latest[other] = time
                    } else {
                        latest[other] = max(latest[other], time)
                    }
                    counts[other] += 1
                }
            }
            var candidates = touched.filter {
                Int($0) != product && Int(counts[Int($0)]) >= options.minimumCount
            }
            if candidates.count > options.perProduct {
                candidates.sort { a, b in
                    if counts[Int(a)] != counts[Int(b)] { return counts[Int(a)] > counts[Int(b)] }
                    return NodeTable.compare(productIds.key(Int(a)), productIds.key(Int(b))) < 0
                }
                candidates.removeLast(candidates.count - options.perProduct)
            }
            for other in candidates {
                let (a, b) = (UInt32(product), other)
                kept[Pair(a: min(a, b), b: max(a, b))] = (counts[Int(other)], latest[Int(other)])
            }
            for other in touched { counts[Int(other)] = 0 }
            touched.removeAll(keepingCapacity: true)
        }
        for (pair, value) in kept {
            builder.add(
                .boughtTogether, from: GraphBuilder.Node(number: pair.a), to: GraphBuilder.Node(number: pair.b),
                weight: Float(value.count), time: value.time)
        }
    }
}
