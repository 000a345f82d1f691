import BSON

/// The values of one leaf in a row group, with their levels, until they are written as pages.
struct ColumnBuffer {
    let leaf: ParquetLeaf
    private var definitions: [UInt32] = []
    private var repetitions: [UInt32] = []
    /// Values in the PLAIN encoding; booleans one a byte until they are packed.
    private var values: [UInt8] = []
    /// Where each value of a text or binary column ends in `values`.
    private var ends: [Int] = []

    init(_ leaf: ParquetLeaf) { self.leaf = leaf }

    /// About how much memory it takes.
    var byteCount: Int { values.count + ends.count * 8 + definitions.count * 8 }
    /// How many entries there are, nulls included.
    var count: Int { definitions.count }

    mutating func appendNull(repetition: Int, definition: Int) {
        definitions.append(UInt32(definition))
        repetitions.append(UInt32(repetition))
    }

    /// - Parameter text: how a value is written in a column of texts.
    mutating func append(_ value: ValueView, repetition: Int, text: (ValueView) -> String) {
        definitions.append(UInt32(leaf.maximumDefinition))
        repetitions.append(UInt32(repetition))
        switch leaf.kind {
        case .boolean: values.append(value.asBool ? 1 : 0)
        case .int32: values.appendLittleEndian(value.asInt32)
        case .int64: values.appendLittleEndian(value.asInt64)
        case .timestamp: values.appendLittleEndian(value.asDate)
        case .double: values.appendLittleEndian((value.numberAsDouble ?? .nan).bitPattern)
        case .decimal(let scale): append(value, scale: scale)
        case .binary: append(bytes: value.asBinary.data)
        default:
            if value.type == .string {
                append(bytes: value.bytes)
            } else {
                var text = text(value)
                text.withUTF8 { append(bytes: UnsafeRawBufferPointer($0)) }
            }
        }
    }

    private mutating func append(bytes: UnsafeRawBufferPointer) {
        values.appendLittleEndian(UInt32(bytes.count))
        values.append(contentsOf: bytes)
        ends.append(values.count)
    }

    /// The schema was made from these values, so each fits.
    private mutating func append(_ value: ValueView, scale: Int) {
        let decimal = value.type == .decimal ? value.asDecimal : Decimal128(value.asInt64)
        var (coefficient, exponent) = decimal.trimmedParts
        while exponent + scale > 0 {
            coefficient *= 10
            exponent -= 1
        }
        let number = decimal.isNegative ? -Int128(coefficient) : Int128(coefficient)
        withUnsafeBytes(of: number.bigEndian) { values.append(contentsOf: $0) }
    }

    // MARK: Pages

    /// The dictionary page's values, where a dictionary makes the column smaller, and the data pages.
    struct Pages {
        var dictionary: (bytes: [UInt8], count: Int)?
        var data: [(bytes: [UInt8], count: Int)]
    }

    /// Entries a page has at least, but for the last.
    private static let pageCount = 20_000

    func pages() -> Pages {
        let dictionary = dictionary()
        var pages = Pages(dictionary: dictionary.map { ($0.bytes, $0.count) }, data: [])
        var start = 0
        var firstValue = 0
        while start < count || pages.data.isEmpty {
            // A page begins with a row.
            var end = min(count, start + ColumnBuffer.pageCount)
            while end < count, repetitions[end] != 0 { end += 1 }
            let known = definitions[start..<end].reduce(0) { $0 + (Int($1) == leaf.maximumDefinition ? 1 : 0) }
            var bytes: [UInt8] = []
            if leaf.maximumRepetition > 0 { appendLevels(repetitions[start..<end], leaf.maximumRepetition, to: &bytes) }
            appendLevels(definitions[start..<end], leaf.maximumDefinition, to: &bytes)
            if let dictionary {
                let width = max(1, RunLengthEncoder.width(of: dictionary.count - 1))
                bytes.append(UInt8(width))
                RunLengthEncoder.encode(
                    dictionary.indexes[firstValue..<(firstValue + known)], width: width, into: &bytes)
            } else {
                appendPlain(firstValue..<(firstValue + known), to: &bytes)
            }
            pages.data.append((bytes, end - start))
            start = end
            firstValue += known
        }
        return pages
    }

    private func appendLevels(_ levels: ArraySlice<UInt32>, _ maximum: Int, to bytes: inout [UInt8]) {
        var encoded: [UInt8] = []
        RunLengthEncoder.encode(levels, width: RunLengthEncoder.width(of: maximum), into: &encoded)
        bytes.appendLittleEndian(UInt32(encoded.count))
        bytes += encoded
    }

    private func appendPlain(_ range: Range<Int>, to bytes: inout [UInt8]) {
        switch leaf.kind {
        case .boolean:
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
                var byte: UInt8 = 0
                for (bit, index) in (start..<min(start + 8, range.upperBound)).enumerated() {
                    byte |= values[index] << UInt8(bit)
                }
                bytes.append(byte)
            }
        case .text, .binary:
            let start = range.lowerBound == 0 ? 0 : ends[range.lowerBound - 1]
            let end = range.isEmpty ? start : ends[range.upperBound - 1]
            bytes += values[start..<end]
        default:
            let size = leaf.physicalType == 7 ? 16 : leaf.physicalType == 1 ? 4 : 8
            bytes += values[(range.lowerBound * size)..<(range.upperBound * size)]
        }
    }

    private struct Dictionary {
        var bytes: [UInt8] = []
        var count = 0
        var indexes: [UInt32] = []
    }

    /// Texts that repeat are written once. Nil where more than half of them differ, or too many.
    private func dictionary() -> Dictionary? {
        guard case .text = leaf.kind, ends.count >= 16 else { return nil }
        let limit = min(ends.count / 2, 1 << 16)
        var dictionary = Dictionary()
        dictionary.indexes.reserveCapacity(ends.count)
        var places: [ArraySlice<UInt8>: UInt32] = [:]
        var start = 0
        for end in ends {
            let value = values[start..<end]
            start = end
            if let place = places[value] {
                dictionary.indexes.append(place)
                continue
            }
            guard dictionary.count < limit else { return nil }
            places[value] = UInt32(dictionary.count)
            dictionary.indexes.append(UInt32(dictionary.count))
            dictionary.bytes += value
            dictionary.count += 1
        }
        return dictionary
    }
}
