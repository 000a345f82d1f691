import BSON
import Glibc

/// How bytes are written as text.
enum BinaryFormat: String, Sendable {
    case auto, base64, base64url, hex, utf8, uuid
}

enum ByteOrder: String, Sendable {
    case little, big
}

/// A conversion of values to one type.
struct Conversion: Sendable {
    var type: BSONType
    /// For binary values.
    var subtype: UInt8
    /// Between text and binary values.
    var format: BinaryFormat?
    /// Between numbers and binary values.
    var byteOrder: ByteOrder

    /// The value as this type; null for null.
    ///
    /// - Throws: `ConversionFailure` where the value has no such form.
    func convert(_ value: ValueView, _ arena: Arena) throws -> ValueView {
        if value.isNullish { return .null }
        if value.type == type && type != .binary { return value }
        switch type {
        case .bool: return .bool(value.isTruthy)
        case .double: return try double(value)
        case .int32:
            let number = try whole(value)
            guard let small = Int32(exactly: number) else { throw outOfRange(value) }
            return .int32(small)
        case .int64: return .int64(try whole(value))
        case .decimal: return arena.decimal(try decimal(value))
        case .date: return .date(try date(value))
        case .string: return try string(value, arena)
        case .objectId:
            guard value.type == .string else { throw unsupported(value) }
            guard let id = ObjectId(value.asString) else {
                throw failure(
                    "Failed to parse objectId in $convert with no onError value: a string of 24 hexadecimal digits is needed"
                )
            }
            return arena.objectId(id)
        case .binary: return try binary(value, arena)
        default: throw unsupported(value)
        }
    }

    // MARK: Errors

    private func failure(_ message: String) -> AtelierError { AtelierError(.conversionFailure, message) }

    private func unsupported(_ value: ValueView) -> AtelierError {
        failure("Unsupported conversion from \(value.type.name) to \(type.name) in $convert with no onError value")
    }

    private func outOfRange(_ value: ValueView) -> AtelierError {
        failure(
            "Conversion would overflow target type in $convert with no onError value: \(value.type.name) to \(type.name)"
        )
    }

    private func notANumber() -> AtelierError {
        failure(
            "Failed to parse number in $convert with no onError value: the string is no number of type \(type.name)")
    }

    // MARK: Numbers

    private func double(_ value: ValueView) throws -> ValueView {
        switch value.type {
        case .int32, .int64: return .double(Double(value.asInt64))
        case .bool: return .double(value.asBool ? 1 : 0)
        case .date: return .double(Double(value.asDate))
        case .decimal:
            let result = value.asDecimal.doubleValue
            if result.isInfinite && !value.asDecimal.isInfinite { throw outOfRange(value) }
            return .double(result)
        case .string: return .double(try parseDouble(value.asString))
        case .binary: return try number(fromBytes: value)
        default: throw unsupported(value)
        }
    }

    private func parseDouble(_ text: String) throws -> Double {
        guard let first = text.utf8.first, !text.utf8.contains(0) else { throw notANumber() }
        let lowercase = text.lowercased()
        // C's parser takes leading space, hexadecimal numbers and NaN payloads; base 10 and the names are what is meant.
        guard first != 32, !(9...13).contains(first), !lowercase.contains("x"), !lowercase.contains("(") else {
            throw notANumber()
        }
        return try text.withCString { start in
            var end: UnsafeMutablePointer<CChar>?
            let number = strtod(start, &end)
            guard let end, end - UnsafeMutablePointer(mutating: start) == text.utf8.count else { throw notANumber() }
            if number.isInfinite && !lowercase.contains("inf") { throw notANumber() }
            return number
        }
    }

    /// A whole number for int and long, fractions cut off.
    private func whole(_ value: ValueView) throws -> Int64 {
        switch value.type {
        case .int32, .int64: return value.asInt64
        case .bool: return value.asBool ? 1 : 0
        case .double, .decimal:
            guard let number = truncated(value) else { throw outOfRange(value) }
            return number
        case .date where type == .int64: return value.asDate
        case .string: return try parseWhole(value.bytes)
        case .binary: return try number(fromBytes: value).asInt64
        default: throw unsupported(value)
        }
    }

    private func truncated(_ value: ValueView) -> Int64? {
        value.type == .double
            ? Int64(exactly: value.asDouble.rounded(.towardZero))
            : value.asDecimal.roundedToIntegral(.towardZero).exactInt64
    }

    private func parseWhole(_ text: UnsafeRawBufferPointer) throws -> Int64 {
        var position = 0
        let negative = text.first == UInt8(ascii: "-")
        if negative || text.first == UInt8(ascii: "+") { position = 1 }
        guard position < text.count else { throw notANumber() }
        var number: Int64 = 0
        while position < text.count {
            guard 48...57 ~= text[position] else { throw notANumber() }
            let digit = Int64(text[position]) - 48
            let (scaled, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) =
                negative ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
            if tooLarge || overflow { throw notANumber() }
            number = sum
            position += 1
        }
        return number
    }

    private func decimal(_ value: ValueView) throws -> Decimal128 {
        switch value.type {
        case .int32, .int64, .double: return Numeric.decimal(value)
        case .bool: return Decimal128(value.asBool ? 1 : 0)
        case .date: return Decimal128(value.asDate)
        case .string:
            guard let number = Decimal128(value.asString) else { throw notANumber() }
            if number.isInfinite && !value.asString.lowercased().contains("inf") { throw notANumber() }
            return number
        default: throw unsupported(value)
        }
    }

    // MARK: Dates and text

    private func date(_ value: ValueView) throws -> Int64 {
        switch value.type {
        case .int64: return value.asInt64
        case .double, .decimal:
            guard let number = truncated(value) else { throw outOfRange(value) }
            return number
        case .timestamp, .objectId: return try value.coercedDate()
        case .string: return try DateParser.parse(value.bytes).milliseconds(in: .utc, value.bytes)
        default: throw unsupported(value)
        }
    }

    private func string(_ value: ValueView, _ arena: Arena) throws -> ValueView {
        switch value.type {
        case .int32, .int64, .double, .decimal, .bool, .objectId, .date: return try arena.text(of: value)
        case .binary: return try text(ofBinary: value, arena)
        default: throw unsupported(value)
        }
    }
}

// MARK: - Binary values

extension Conversion {
    private func text(ofBinary value: ValueView, _ arena: Arena) throws -> ValueView {
        let (subtype, data) = value.asBinary
        guard let format else {
            throw failure("Format must be specified when converting from binData to string in $convert")
        }
        var result: [UInt8] = []
        switch format {
        case .uuid,
            .auto where subtype == 4 && data.count == 16:
            guard subtype == 4, data.count == 16 else {
                throw failure("Only the UUID subtype (4) is allowed with the 'uuid' format")
            }
            for (i, byte) in data.enumerated() {
                if [4, 6, 8, 10].contains(i) { result.append(UInt8(ascii: "-")) }
                Conversion.appendHexadecimal(byte, to: &result)
            }
        case .base64, .auto: Base64.encode(data, to: &result)
        case .base64url:
            Base64.encode(data, to: &result)
            result = result.filter { $0 != UInt8(ascii: "=") }.map {
                $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
            }
        case .hex: for byte in data { Conversion.appendHexadecimal(byte, to: &result, upper: true) }
        case .utf8:
            result = Array(data)
            guard String(validating: result, as: UTF8.self) != nil else {
                throw failure("BinData in $convert with no onError value is not valid UTF-8")
            }
        }
        return result.withUnsafeBytes { arena.string($0) }
    }

    private static func appendHexadecimal(_ byte: UInt8, to result: inout [UInt8], upper: Bool = false) {
        for nibble in [byte >> 4, byte & 15] { result.append(nibble < 10 ? nibble + 48 : nibble + (upper ? 55 : 87)) }
    }

    private static func hexadecimal(_ digits: some Sequence<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var half: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case 48...57: value = digit - 48
            case 65...70: value = digit - 55
            case 97...102: value = digit - 87
            default: return nil
            }
            if let high = half {
                result.append(high << 4 | value)
                half = nil
            } else {
                half = value
            }
        }
        return half == nil ? result : nil
    }

    private func binary(_ value: ValueView, _ arena: Arena) throws -> ValueView {
        switch value.type {
        case .binary:
            guard value.asBinary.subtype == subtype || subtype == 0 else {
                throw failure(
                    "Conversions between different binData subtypes are not supported in $convert with no onError value"
                )
            }
            return value
        case .int32, .int64, .double: return arena.value(.binary(subtype: subtype, data: bytes(of: value)))
        case .string: return arena.value(.binary(subtype: subtype, data: try bytes(ofText: value.bytes)))
        default: throw unsupported(value)
        }
    }

    private func bytes(ofText text: UnsafeRawBufferPointer) throws -> [UInt8] {
        guard let format else {
            throw failure("Format must be specified when converting from string to binData in $convert")
        }
        func refuse(_ why: String) -> AtelierError {
            failure("Failed to parse BinData in $convert with no onError value: \(why)")
        }
        if subtype == 4 && format != .uuid && format != .auto {
            throw refuse("the UUID subtype (4) needs the 'uuid' format")
        }
        switch format {
        case .uuid,
            .auto where subtype == 4:
            guard subtype == 4 else { throw refuse("Only the UUID subtype (4) is allowed with the 'uuid' format.") }
            let dashes = [8, 13, 18, 23]
            guard text.count == 36, dashes.allSatisfy({ text[$0] == UInt8(ascii: "-") }),
                let bytes = Conversion.hexadecimal(
                    text.enumerated().filter { !dashes.contains($0.offset) }.map(\.element))
            else { throw refuse("Input is not a valid UUID string.") }
            return bytes
        case .base64, .auto:
            guard text.count % 4 == 0, let bytes = Base64.decode(text) else {
                throw refuse("Input is not a valid base64 string.")
            }
            return bytes
        case .base64url:
            let plain = text.map {
                $0 == UInt8(ascii: "-") ? UInt8(ascii: "+") : $0 == UInt8(ascii: "_") ? UInt8(ascii: "/") : $0
            }
            guard !text.contains(UInt8(ascii: "+")), !text.contains(UInt8(ascii: "/")),
                let bytes = plain.withUnsafeBytes({ Base64.decode($0) })
            else { throw refuse("Input is not a valid base64url string.") }
            return bytes
        case .hex:
            guard let bytes = Conversion.hexadecimal(text) else { throw refuse("Input is not a valid hex string.") }
            return bytes
        case .utf8: return Array(text)
        }
    }

    /// A number's bytes: four of an int, eight of a long or double.
    private func bytes(of value: ValueView) -> [UInt8] {
        let little =
            value.type == .int32
            ? withUnsafeBytes(of: value.asInt32.littleEndian) { Array($0) }
            : withUnsafeBytes(of: value.bits.littleEndian) { Array($0) }
        return byteOrder == .little ? little : little.reversed()
    }

    /// A number from one, two, four or eight bytes: two's complement, or IEEE 754 single and double precision.
    private func number(fromBytes value: ValueView) throws -> ValueView {
        let data = value.asBinary.data
        let bytes = byteOrder == .little ? Array(data.reversed()) : Array(data)
        let bits = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if type == .double {
            switch data.count {
            case 4: return .double(Double(Float(bitPattern: UInt32(bits))))
            case 8: return .double(Double(bitPattern: bits))
            default: break
            }
        } else if [1, 2, 4].contains(data.count) || (data.count == 8 && type == .int64) {
            let unused = 64 - data.count * 8
            return .int64(Int64(bitPattern: bits << UInt64(unused)) >> Int64(unused))
        }
        throw failure(
            "Failed to convert binData to \(type.name) in $convert with no onError value: invalid length of \(data.count) bytes"
        )
    }
}
