import BSON

/// Takes a mapped snapshot apart. Trusts nothing: a file with a right checksum may still have been made by somebody else.
struct SnapshotReader {
    struct Damage: Error {
        let what: String
    }

    private let description: Document
    private let memory: Memory
    private let columns: [(place: Int, length: Int)]

    init(_ description: Document, _ memory: Memory, first: Int, length: Int) throws {
        self.description = description
        self.memory = memory
        columns = try (description["columns"]?.arrayValue ?? []).map { value in
            let numbers = (value.arrayValue ?? []).compactMap(\.integerValue).map { Int($0) }
            guard numbers.count == 2, numbers.allSatisfy({ $0 >= 0 && $0 <= length }), numbers[0] % 64 == 0,
                first + numbers[0] + numbers[1] <= length
            else { throw Damage(what: "a column lies outside of it") }
            return (first + numbers[0], numbers[1])
        }
    }

    func graph() throws -> Graph {
        let starts = (description["starts"]?.arrayValue ?? []).compactMap(\.integerValue).map { Int($0) }
        guard starts.count == NodeKind.allCases.count + 1, starts[0] == 0,
            zip(starts, starts.dropFirst()).allSatisfy(<=),
            starts[starts.count - 1] < Int(UInt32.max)
        else { throw Damage(what: "its numbers of nodes make no sense") }
        let keys: PackedColumn<UInt8> = try column(1)
        let nodes = NodeTable(starts: starts, offsets: try column(0), keys: keys)
        try check(offsets: nodes.offsets, rows: nodes.count, end: keys.count)
        for kind in NodeKind.allCases {
            for node in nodes.range(kind) {
                // Every key has a tag, and they ascend, or ids would not be found.
                let isNext =
                    node == nodes.range(kind).lowerBound || NodeTable.compare(nodes.key(node - 1), nodes.key(node)) < 0
                guard !nodes.key(node).isEmpty && isNext else { throw Damage(what: "its ids are not in order") }
            }
        }
        var next = 2
        var sets: [EdgeSet] = []
        for type in EdgeType.allCases {
            let (sources, targets) = (nodes.range(type.source), nodes.range(type.target))
            let forward = try adjacency(&next, sources, targets)
            let reverse = type.isSymmetric ? forward : try adjacency(&next, targets, sources)
            guard reverse.count == forward.count else {
                throw Damage(what: "its \(type.name) edges differ by direction")
            }
            sets.append(EdgeSet(type: type, forward: forward, reverse: reverse))
        }
        guard next == columns.count, let provenance = description["provenance"]?.documentValue.flatMap(Provenance.init)
        else { throw Damage(what: "it does not say what it was read from") }
        return Graph(nodes: nodes, edgeSets: sets, provenance: provenance)
    }

    private func column<Element>(_ index: Int) throws -> PackedColumn<Element> {
        guard index < columns.count, columns[index].length % MemoryLayout<Element>.stride == 0 else {
            throw Damage(what: "a column is missing or cut off")
        }
        let (place, length) = columns[index]
        let count = length / MemoryLayout<Element>.stride
        // Aligned: mappings begin at pages, columns at multiples of 64.
        let start = UnsafeRawPointer(memory.base + place).assumingMemoryBound(to: Element.self)
        return PackedColumn(buffer: UnsafeBufferPointer(start: start, count: count), memory: memory)
    }

    private func check(offsets: PackedColumn<UInt64>, rows: Int, end: Int) throws {
        guard offsets.count == rows + 1, offsets[0] == 0, offsets[rows] == UInt64(end) else {
            throw Damage(what: "its rows do not cover its edges")
        }
        for row in 0..<rows where offsets[row] > offsets[row + 1] { throw Damage(what: "its rows are not in order") }
    }

    private func adjacency(_ next: inout Int, _ rows: Range<Int>, _ others: Range<Int>) throws -> Adjacency {
        let adjacency = Adjacency(
            rows: rows, offsets: try column(next), targets: try column(next + 1), weights: try column(next + 2),
            times: try column(next + 3))
        next += 4
        let count = adjacency.count
        guard adjacency.weights.count == count, adjacency.times.count == count else {
            throw Damage(what: "its columns of edges are not of one length")
        }
        try check(offsets: adjacency.offsets, rows: rows.count, end: count)
        for target in adjacency.targets where !others.contains(Int(target)) {
            throw Damage(what: "an edge leads to a node that there is not")
        }
        for weight in adjacency.weights where !(weight > 0 && weight.isFinite) {
            throw Damage(what: "an edge has a weight that is none")
        }
        return adjacency
    }
}

extension Provenance {
    var document: Document {
        [
            "readAt": .int64(readAt), "latest": .int64(latest),
            "resumeToken": resumeToken.map { .document($0) } ?? .null,
            "types": .array(BSONArray(types.map(\.name).sorted().map { .string($0) })),
            "collections": .array(
                BSONArray(
                    documents: collections.map { mark in
                        [
                            "name": .string(mark.name), "documents": .int64(Int64(mark.documents)),
                            "latest": .int64(mark.latest),
                            "atLatest": .array(BSONArray(mark.atLatest.map { .int64(Int64(bitPattern: $0)) })),
                            "state": mark.state.map { .document($0.document) } ?? .null,
                        ]
                    })),
        ]
    }

    init?(_ document: Document) {
        guard let readAt = document["readAt"]?.integerValue, let latest = document["latest"]?.integerValue else {
            return nil
        }
        self.init()
        freshness = .snapshot
        resumeToken = document["resumeToken"]?.documentValue
        self.readAt = Int64(readAt)
        self.latest = Int64(latest)
        types = Set((document["types"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap { EdgeType(name: $0) } })
        collections = (document["collections"]?.arrayValue ?? []).compactMap { value in
            guard let mark = value.documentValue, let name = mark["name"]?.stringValue,
                let documents = mark["documents"]?.integerValue, let latest = mark["latest"]?.integerValue
            else { return nil }
            return CollectionMark(
                name: name, documents: Int(documents), latest: Int64(latest),
                atLatest: (mark["atLatest"]?.arrayValue ?? []).compactMap {
                    $0.integerValue.map { UInt64(bitPattern: Int64($0)) }
                }, state: mark["state"]?.documentValue.flatMap(CollectionState.init))
        }
    }
}
