/// Writes structures in Thrift's compact protocol, in which Parquet keeps its metadata.
///
/// Source: Apache Thrift, "Thrift Compact protocol encoding".
struct ThriftWriter {
    private(set) var bytes: [UInt8] = []
    /// The last field's id in each structure that is open.
    private var lastIds: [Int] = [0]

    private enum Kind: UInt8 {
        case yes = 1
        case no = 2
        case int32 = 5
        case int64 = 6
        case binary = 8
        case list = 9
        case structure = 12
    }

    mutating func int32(_ id: Int, _ value: Int) {
        begin(id, .int32)
        zigzag(value)
    }

    mutating func int64(_ id: Int, _ value: Int) {
        begin(id, .int64)
        zigzag(value)
    }

    mutating func bool(_ id: Int, _ value: Bool) { begin(id, value ? .yes : .no) }

    mutating func string(_ id: Int, _ value: String) {
        begin(id, .binary)
        text(value)
    }

    mutating func structure(_ id: Int, _ body: (inout ThriftWriter) -> Void) {
        begin(id, .structure)
        element(body)
    }

    mutating func list<Element>(
        ofStructures id: Int, _ elements: [Element], _ body: (inout ThriftWriter, Element) -> Void
    ) {
        begin(id, .list)
        listHeader(elements.count, .structure)
        for item in elements { element { body(&$0, item) } }
    }

    mutating func list(ofInt32s id: Int, _ values: [Int]) {
        begin(id, .list)
        listHeader(values.count, .int32)
        for value in values { zigzag(value) }
    }

    mutating func list(ofStrings id: Int, _ values: [String]) {
        begin(id, .list)
        listHeader(values.count, .binary)
        for value in values { text(value) }
    }

    /// Ends the outermost structure.
    mutating func finish() -> [UInt8] {
        bytes.append(0)
        return bytes
    }

    // MARK: Parts

    private mutating func element(_ body: (inout ThriftWriter) -> Void) {
        lastIds.append(0)
        body(&self)
        lastIds.removeLast()
        bytes.append(0)
    }

    private mutating func begin(_ id: Int, _ kind: Kind) {
        let difference = id - lastIds[lastIds.count - 1]
        if 1...15 ~= difference {
            bytes.append(UInt8(difference) << 4 | kind.rawValue)
        } else {
            bytes.append(kind.rawValue)
            zigzag(id)
        }
        lastIds[lastIds.count - 1] = id
    }

    private mutating func listHeader(_ count: Int, _ kind: Kind) {
        if count < 15 {
            bytes.append(UInt8(count) << 4 | kind.rawValue)
        } else {
            bytes.append(0xF0 | kind.rawValue)
            varint(UInt64(count))
        }
    }

    private mutating func text(_ value: String) {
        varint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    private mutating func zigzag(_ value: Int) { varint(UInt64(bitPattern: Int64(value << 1 ^ value >> 63))) }

    private mutating func varint(_ value: UInt64) { bytes.appendVarint(value) }
}

extension [UInt8] {
    /// Seven bits a byte, the lowest first (ULEB128).
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
