import Glibc

@testable import Recommendations

/// Definitions written out, without regard to time or memory.
enum Naive {
    static func log(_ value: Double) -> Double { Glibc.log(value) }

    static func dense(_ matrix: InteractionMatrix) -> [[Float]] {
        (0..<matrix.rowCount).map { row in
            var values = [Float](repeating: 0, count: matrix.columnCount)
            for entry in matrix.entries(of: row) { values[Int(matrix.columns[entry])] = matrix.values[entry] }
            return values
        }
    }

    /// B = −P / diag P off the diagonal, by Gauss and Jordan.
    static func linear(_ matrix: InteractionMatrix, regularisation: Double, power: Double) -> [[Double]] {
        let size = matrix.columnCount
        let mean = Double(matrix.entryCount) / Double(matrix.rowCount)
        var left = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
        for row in dense(matrix) {
            let owned = row.indices.filter { row[$0] > 0 }
            let weight = pow(Double(owned.count) / mean, -2 * power)
            for one in owned { for other in owned { left[one][other] += weight } }
        }
        var inverse = left
        for one in 0..<size {
            left[one][one] += regularisation
            for other in 0..<size { inverse[one][other] = one == other ? 1 : 0 }
        }
        for pivot in 0..<size {
            let scale = left[pivot][pivot]
            for column in 0..<size {
                left[pivot][column] /= scale
                inverse[pivot][column] /= scale
            }
            for row in 0..<size where row != pivot {
                let factor = left[row][pivot]
                for column in 0..<size {
                    left[row][column] -= factor * left[pivot][column]
                    inverse[row][column] -= factor * inverse[pivot][column]
                }
            }
        }
        return (0..<size).map { one in
            (0..<size).map { $0 == one ? 0 : -inverse[one][$0] / inverse[$0][$0] }
        }
    }

    /// Where a walker from a customer is found, at the products.
    static func walk(_ matrix: InteractionMatrix, from customer: Int, damping: Double) -> [Double] {
        let weights = dense(matrix).map { $0.map(Double.init) }
        let rows = weights.map { $0.reduce(0, +) }
        let columns = (0..<matrix.columnCount).map { column in weights.reduce(0) { $0 + $1[column] } }
        var customers = [Double](repeating: 0, count: matrix.rowCount)
        var products = [Double](repeating: 0, count: matrix.columnCount)
        for _ in 0..<200 {
            var (nextCustomers, nextProducts) = (customers.map { _ in 0.0 }, products.map { _ in 0.0 })
            nextCustomers[customer] = 1 - damping
            for row in weights.indices {
                for column in products.indices where weights[row][column] > 0 {
                    nextProducts[column] += damping * customers[row] * weights[row][column] / rows[row]
                    nextCustomers[row] += damping * products[column] * weights[row][column] / columns[column]
                }
            }
            (customers, products) = (nextCustomers, nextProducts)
        }
        return products
    }
}
