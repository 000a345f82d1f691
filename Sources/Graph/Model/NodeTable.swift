import BSON
import Glibc

/// The nodes of a graph: numbers from 0 on, customers first, then products, then designers, each kind in the order of
/// its ids (texts by their bytes). So a lower number is an earlier id, and ties broken by number are broken by id.
public struct NodeTable: Sendable {
    /// Where each kind's numbers begin, by raw value, and where the last one's end: four numbers.
    let starts: [Int]
    /// Where each node's key begins in `keys`, and where the last one ends.
    let offsets: PackedColumn<UInt64>
    let keys: PackedColumn<UInt8>

    /// How many nodes there are.
    public var count: Int { starts[NodeKind.allCases.count] }

    /// The numbers of a kind's nodes.
    public func range(_ kind: NodeKind) -> Range<Int> { starts[Int(kind.rawValue)]..<starts[Int(kind.rawValue) + 1] }

    /// What a node stands for.
    public func kind(_ node: Int) -> NodeKind {
        node < starts[1] ? .customer : node < starts[2] ? .product : .designer
    }

    /// A node's id as the store has it.
    public func id(_ node: Int) -> BSONValue { NodeKey.value(key(node)) }

    /// A node's id as text: a string as it is, other values as Extended JSON.
    public func idText(_ node: Int) -> String {
        switch id(node) {
        case .string(let text): text
        case .objectId(let id): id.description
        case let value: value.integerValue.map { String($0) } ?? value.extendedJSON()
        }
    }

    /// A node's kind and id: `customer:17850`.
    public func name(_ node: Int) -> String { "\(kind(node).name):\(idText(node))" }

    /// The number of a node by its id; nil where the graph has none. O(log n).
    public func find(_ kind: NodeKind, _ id: String) -> Int? { find(kind, key: NodeKey.key(id)) }

    /// The number of a node by its id; nil where the graph has none. O(log n).
    public func find(_ kind: NodeKind, id: BSONValue) -> Int? {
        id.withValue { NodeKey.key($0) }.flatMap { find(kind, key: $0) }
    }

    /// The number of a node by a name such as `customer:17850`; the id is a text, or else an integer or an ObjectId so
    /// written.
    ///
    /// - Throws: `badValue` where that is no name; `noSuchKey` where the graph has no such node.
    public func find(name: String) throws -> Int {
        let (kind, id) = try NodeTable.parse(name)
        if let node = find(kind, id) { return node }
        if let number = Int64(id), let node = find(kind, id: .int64(number)) { return node }
        if let objectId = ObjectId(id), let node = find(kind, id: .objectId(objectId)) { return node }
        throw unknown(name, kind)
    }

    /// The parts of a name such as `customer:17850`.
    /// - Throws: `badValue` where it is none.
    public static func parse(_ name: String) throws -> (kind: NodeKind, id: String) {
        let kinds = NodeKind.allCases.map(\.name)
        guard let colon = name.firstIndex(of: ":"), name.index(after: colon) < name.endIndex else {
            throw AtelierError(
                .badValue, "expected a node such as customer:17850, found \"\(name)\"",
                advice: "Say what it is and which one: \(kinds.map { $0 + ":ID" }.joined(separator: ", ")).")
        }
        guard let kind = NodeKind(name: name[..<colon]) else {
            throw AtelierError(
                .badValue, "there are no nodes of the kind \(name[..<colon])",
                advice: "There are \(kinds.joined(separator: ", ")).")
        }
        return (kind, String(name[name.index(after: colon)...]))
    }

    private func unknown(_ name: String, _ kind: NodeKind) -> AtelierError {
        let range = range(kind)
        let advice =
            range.isEmpty
            ? "The graph has no \(kind.name)s at all; is this the right store?"
            : "It has \(range.count) \(kind.name)s; ids are compared exactly, capitals and all."
        return AtelierError(.noSuchKey, "the graph has no \(name)", advice: advice)
    }

    func key(_ node: Int) -> UnsafeRawBufferPointer {
        let (start, end) = (Int(offsets[node]), Int(offsets[node + 1]))
        return UnsafeRawBufferPointer(UnsafeBufferPointer(start: keys.pointer + start, count: end - start))
    }

    func find(_ kind: NodeKind, key: [UInt8]) -> Int? {
        key.withUnsafeBytes { wanted in
            var (low, high) = (range(kind).lowerBound, range(kind).upperBound)
            while low < high {
                let middle = (low + high) / 2
                let order = NodeTable.compare(self.key(middle), wanted)
                if order == 0 { return middle }
                if order < 0 { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }

    static func compare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
        let shared = min(a.count, b.count)
        let order = shared == 0 ? 0 : Int(memcmp(a.baseAddress!, b.baseAddress!, shared))
        return order == 0 ? a.count - b.count : order
    }
}
