/// How often each customer bought each product: a sparse matrix by rows, and the same by columns.
///
/// Eight bytes an entry each way.
struct InteractionMatrix: Sendable {
    let rowCount: Int
    let columnCount: Int
    /// Where each row begins; one more than there are rows.
    let starts: [Int]
    /// Ascending in each row.
    let columns: [Int32]
    let values: [Float]

    /// Customers by products: in how many of the customer's orders the product is.
    init(_ log: PurchaseLog) {
        var starts = [0]
        var columns: [Int32] = []
        var values: [Float] = []
        var counts = [Float](repeating: 0, count: log.products.count)
        var touched: [Int32] = []
        for customer in log.customers.indices {
            touched.removeAll(keepingCapacity: true)
            for basket in log.baskets(of: customer) {
                for product in log.products(of: basket) {
                    if counts[Int(product)] == 0 { touched.append(product) }
                    counts[Int(product)] += 1
                }
            }
            touched.sort()
            for product in touched {
                columns.append(product)
                values.append(counts[Int(product)])
                counts[Int(product)] = 0
            }
            starts.append(columns.count)
        }
        self.init(
            rowCount: log.customers.count, columnCount: log.products.count, starts: starts, columns: columns,
            values: values)
    }

    init(rowCount: Int, columnCount: Int, starts: [Int], columns: [Int32], values: [Float]) {
        self.rowCount = rowCount
        self.columnCount = columnCount
        self.starts = starts
        self.columns = columns
        self.values = values
    }

    var entryCount: Int { columns.count }

    func entries(of row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

    /// Rows and columns exchanged, in one counting sort.
    func transposed() -> InteractionMatrix {
        var starts = [Int](repeating: 0, count: columnCount + 1)
        for column in columns { starts[Int(column) + 1] += 1 }
        for column in 0..<columnCount { starts[column + 1] += starts[column] }
        var next = starts
        var rows = [Int32](repeating: 0, count: columns.count)
        var moved = [Float](repeating: 0, count: columns.count)
        for row in 0..<rowCount {
            for entry in entries(of: row) {
                let place = next[Int(columns[entry])]
                rows[place] = Int32(row)
                moved[place] = values[entry]
                next[Int(columns[entry])] += 1
            }
        }
        return InteractionMatrix(
            rowCount: columnCount, columnCount: rowCount, starts: starts, columns: rows, values: moved)
    }

    /// The same places with other values.
    func replacing(_ values: [Float]) -> InteractionMatrix {
        InteractionMatrix(
            rowCount: rowCount, columnCount: columnCount, starts: starts, columns: columns, values: values)
    }

    /// How many entries each column has: of a product, how many customers bought it.
    func columnSizes() -> [Int] {
        var sizes = [Int](repeating: 0, count: columnCount)
        for column in columns { sizes[Int(column)] += 1 }
        return sizes
    }
}
