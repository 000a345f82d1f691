import BSON
import CMariaDB

/// Values on their way to MariaDB, each in memory that stays where it is until they have gone.
///
/// Invariant: `memory` is allocated once, outlives the bindings, and each binding points to its own part of it.
final class MariaDBParameters {
    private let memory: UnsafeMutableRawBufferPointer
    private let lengths: UnsafeMutableBufferPointer<UInt>
    private let bindings: UnsafeMutableBufferPointer<MYSQL_BIND>

    /// - Parameter occurrences: which of the values each placeholder stands for.
    init(_ values: [BSONValue], occurrences: [Int]) throws {
        let encoded = try values.map(MariaDBParameters.encoded)
        let starts = encoded.reduce(into: [0]) { $0.append($0[$0.count - 1] + ($1.bytes.count + 15) / 16 * 16) }
        memory = .allocate(byteCount: max(starts[encoded.count], 16), alignment: 16)
        bindings = .allocate(capacity: max(occurrences.count, 1))
        bindings.initialize(repeating: MYSQL_BIND())
        lengths = .allocate(capacity: max(occurrences.count, 1))
        lengths.initialize(repeating: 0)
        for (index, value) in encoded.enumerated() {
            UnsafeMutableRawBufferPointer(rebasing: memory[starts[index]...]).copyBytes(from: value.bytes)
        }
        for (place, index) in occurrences.enumerated() {
            bindings[place].buffer_type = encoded[index].type
            bindings[place].buffer = memory.baseAddress.map { $0 + starts[index] }
            bindings[place].buffer_length = UInt(encoded[index].bytes.count)
            lengths[place] = UInt(encoded[index].bytes.count)
            bindings[place].length = lengths.baseAddress.map { $0 + place }
        }
    }

    deinit {
        memory.deallocate()
        bindings.deallocate()
        lengths.deallocate()
    }

    func withBindings<R>(_ body: (UnsafeMutablePointer<MYSQL_BIND>?) throws -> R) rethrows -> R {
        try body(bindings.baseAddress)
    }

    private static func encoded(_ value: BSONValue) throws -> (type: enum_field_types, bytes: [UInt8]) {
        func raw<T>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
        switch value {
        case .null, .undefined: return (MYSQL_TYPE_NULL, [])
        case .bool(let flag): return (MYSQL_TYPE_LONGLONG, raw(Int64(flag ? 1 : 0)))
        case .int32(let number): return (MYSQL_TYPE_LONGLONG, raw(Int64(number)))
        case .int64(let number): return (MYSQL_TYPE_LONGLONG, raw(number))
        case .double(let number): return (MYSQL_TYPE_DOUBLE, raw(number))
        case .decimal(let number): return (MYSQL_TYPE_NEWDECIMAL, Array(number.description.utf8))
        case .date(let milliseconds): return (MYSQL_TYPE_DATETIME, raw(MYSQL_TIME(milliseconds: milliseconds)))
        default: return (MYSQL_TYPE_STRING, Array((try SQLText.parameter(value) ?? "").utf8))
        }
    }
}

extension MYSQL_TIME {
    init(milliseconds: Int64) {
        self.init()
        let text = Array(SQLText.timestamp(milliseconds).utf8)
        func number(_ range: Range<Int>) -> UInt32 {
            text[range].reduce(0) { $0 * 10 + UInt32($1) - 48 }
        }
        guard text.count == 23 else { return }
        (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        second_part = UInt(number(20..<23)) * 1000
        time_type = MYSQL_TIMESTAMP_DATETIME
    }
}

/// The columns of a row that MariaDB sends, each in memory that the connector writes every row to.
///
/// Invariant: the memory is allocated once, outlives the bindings, and each column has a part of its own of the size that its
/// binding states.
final class MariaDBColumns {
    private enum Kind { case integer, double, decimal, date, text }

    private let kinds: [Kind]
    private let starts: [Int]
    private let memory: UnsafeMutableRawBufferPointer
    private let bindings: UnsafeMutableBufferPointer<MYSQL_BIND>
    private let lengths: UnsafeMutableBufferPointer<UInt>
    private let nulls: UnsafeMutableBufferPointer<my_bool>

    /// - Parameters:
    ///   - fields: what the statement answers with.
    ///   - longest: how many bytes the longest value of each has as text.
    init(_ fields: UnsafeBufferPointer<MYSQL_FIELD>, longest: [Int]) {
        kinds = fields.map { field in
            switch field.type {
            case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG,
                MYSQL_TYPE_YEAR:
                .integer
            case MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE: .double
            case MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL: .decimal
            case MYSQL_TYPE_DATE, MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP: .date
            default: .text
            }
        }
        // Numbers and moments take less than 96 bytes as text.
        let sizes = longest.map { max($0 + 1, 96) }
        starts = sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + ($1 + 15) / 16 * 16) }
        memory = .allocate(byteCount: max(starts[sizes.count], 16), alignment: 16)
        bindings = .allocate(capacity: max(sizes.count, 1))
        bindings.initialize(repeating: MYSQL_BIND())
        lengths = .allocate(capacity: max(sizes.count, 1))
        lengths.initialize(repeating: 0)
        nulls = .allocate(capacity: max(sizes.count, 1))
        nulls.initialize(repeating: 0)
        for (index, kind) in kinds.enumerated() {
            bindings[index].buffer_type =
                switch kind {
                case .integer: MYSQL_TYPE_LONGLONG
                case .double: MYSQL_TYPE_DOUBLE
                case .decimal, .date, .text: MYSQL_TYPE_STRING
                }
            bindings[index].buffer = memory.baseAddress.map { $0 + starts[index] }
            bindings[index].buffer_length = UInt(sizes[index])
            bindings[index].length = lengths.baseAddress.map { $0 + index }
            bindings[index].is_null = nulls.baseAddress.map { $0 + index }
        }
    }

    deinit {
        memory.deallocate()
        bindings.deallocate()
        lengths.deallocate()
        nulls.deallocate()
    }

    func withBindings<R>(_ body: (UnsafeMutablePointer<MYSQL_BIND>?) throws -> R) rethrows -> R {
        try body(bindings.baseAddress)
    }

    /// The values of the row at hand.
    var values: [BSONValue] {
        kinds.enumerated().map { index, kind in
            guard nulls[index] == 0 else { return .null }
            let start = starts[index]
            switch kind {
            case .integer: return .integer(memory.load(fromByteOffset: start, as: Int64.self))
            case .double: return .double(memory.load(fromByteOffset: start, as: Double.self))
            case .decimal, .date, .text:
                let end = min(start + Int(lengths[index]), starts[index + 1])
                let text = String(decoding: memory[start..<end], as: UTF8.self)
                let value: BSONValue? =
                    switch kind {
                    case .decimal: Decimal128(text).map { .decimal($0) }
                    case .date: SQLText.milliseconds(text).map { .date($0) }
                    default: nil
                    }
                return value ?? .string(text)
            }
        }
    }
}
