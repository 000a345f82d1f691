/// Puts edges into rows by counting: two passes, each linear in edges and nodes.
struct EdgeSorter {
    private let edges: UnsafeBufferPointer<GraphBuilder.Edge>
    private let sources: Range<Int>
    private let targets: Range<Int>
    private let sourceNumbers: [UInt32]
    private let targetNumbers: [UInt32]

    /// - Parameters:
    ///   - source: the graph's numbers of the kind that edges start at, and each builder's number's number.
    init(
        _ edges: UnsafeBufferPointer<GraphBuilder.Edge>, _ source: (range: Range<Int>, numbers: [UInt32]),
        _ target: (range: Range<Int>, numbers: [UInt32])
    ) {
        self.edges = edges
        (sources, sourceNumbers) = source
        (targets, targetNumbers) = target
    }

    /// The edges by source, those of a row by target, several to one target merged.
    func rows(merging: EdgeType.Merging) -> Adjacency {
        let byTarget = order(identity: edges.count, count: targets.count) { edge in
            Int(targetNumbers[Int(edge.target)]) - targets.lowerBound
        }
        var starts = [UInt64](repeating: 0, count: sources.count + 1)
        let order = place(byTarget, into: &starts) { edge in
            Int(sourceNumbers[Int(edge.source)]) - sources.lowerBound
        }
        return merge(order, starts, merging)
    }

    /// The places of the edges, by a row number and then as they came.
    private func order(identity count: Int, count rows: Int, row: (GraphBuilder.Edge) -> Int) -> [UInt32] {
        var starts = [UInt64](repeating: 0, count: rows + 1)
        return place(nil, into: &starts, row: row)
    }

    /// Sorts places by row, stably; `starts` has one element more than there are rows, all 0, and gets their beginnings.
    private func place(_ order: [UInt32]?, into starts: inout [UInt64], row: (GraphBuilder.Edge) -> Int) -> [UInt32] {
        for edge in edges { starts[row(edge) + 1] += 1 }
        for i in starts.indices.dropFirst() { starts[i] += starts[i - 1] }
        var next = starts
        return [UInt32](unsafeUninitializedCapacity: edges.count) { places, initialized in
            for i in 0..<edges.count {
                let place = order.map { Int($0[i]) } ?? i
                let row = row(edges[place])
                places[Int(next[row])] = UInt32(place)
                next[row] += 1
            }
            initialized = edges.count
        }
    }

    private func merge(_ order: [UInt32], _ starts: [UInt64], _ merging: EdgeType.Merging) -> Adjacency {
        var distinct = 0
        for row in 0..<sources.count {
            var last = UInt32.max
            for i in Int(starts[row])..<Int(starts[row + 1]) {
                let target = edges[Int(order[i])].target
                if target != last { distinct += 1 }
                last = target
            }
        }
        let offsets = PackedColumn<UInt64>(count: sources.count + 1) { $0[0] = 0 }
        let ends = UnsafeMutablePointer(mutating: offsets.pointer) + 1
        let columns = EdgeColumns(count: distinct)
        var count = 0
        for row in 0..<sources.count {
            var last = UInt32.max
            for i in Int(starts[row])..<Int(starts[row + 1]) {
                let edge = edges[Int(order[i])]
                if edge.target != last {
                    columns.targets[count] = targetNumbers[Int(edge.target)]
                    columns.weights[count] = edge.weight
                    columns.times[count] = edge.time
                    count += 1
                    last = edge.target
                } else if merging == .sum {
                    columns.weights[count - 1] += edge.weight
                    columns.times[count - 1] = max(columns.times[count - 1], edge.time)
                } else if edge.time >= columns.times[count - 1] {
                    columns.weights[count - 1] = edge.weight
                    columns.times[count - 1] = edge.time
                }
            }
            ends[row] = UInt64(count)
        }
        return columns.adjacency(rows: sources, offsets)
    }
}

/// Columns of edges that are being filled.
struct EdgeColumns {
    private let columns: (PackedColumn<UInt32>, PackedColumn<Float>, PackedColumn<Int64>)
    var targets: UnsafeMutablePointer<UInt32> { UnsafeMutablePointer(mutating: columns.0.pointer) }
    var weights: UnsafeMutablePointer<Float> { UnsafeMutablePointer(mutating: columns.1.pointer) }
    var times: UnsafeMutablePointer<Int64> { UnsafeMutablePointer(mutating: columns.2.pointer) }

    init(count: Int) {
        columns = (
            PackedColumn(count: count) { _ in }, PackedColumn(count: count) { _ in },
            PackedColumn(count: count) { _ in }
        )
    }

    func adjacency(rows: Range<Int>, _ offsets: PackedColumn<UInt64>) -> Adjacency {
        Adjacency(rows: rows, offsets: offsets, targets: columns.0, weights: columns.1, times: columns.2)
    }
}

extension Adjacency {
    /// The same edges by their other ends. O(edges + nodes).
    func transposed(to others: Range<Int>) -> Adjacency {
        let offsets = PackedColumn<UInt64>(count: others.count + 1) { $0.initialize(repeating: 0) }
        let starts = UnsafeMutablePointer(mutating: offsets.pointer)
        for target in targets { starts[Int(target) - others.lowerBound + 1] += 1 }
        for i in 0..<others.count { starts[i + 1] += starts[i] }
        var next = Array(offsets)
        let columns = EdgeColumns(count: count)
        for node in rows {
            for i in row(of: node) {
                let row = neighbor(i) - others.lowerBound
                let place = Int(next[row])
                next[row] += 1
                columns.targets[place] = UInt32(node)
                columns.weights[place] = weights[i]
                columns.times[place] = times[i]
            }
        }
        return columns.adjacency(rows: others, offsets)
    }
}
