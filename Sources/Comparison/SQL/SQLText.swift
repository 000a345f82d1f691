import BSON
import Retail

/// Values as texts that every database reads.
enum SQLText {
    /// The first line of a statement that says something, for errors.
    static func head(of statement: String) -> String {
        let lines = statement.split(separator: "\n").map { $0.drop { $0 == " " } }
        return String(lines.first { !$0.hasPrefix("--") } ?? lines.first ?? "")
    }

    /// `2025-03-15 09:30:00.000`, UTC.
    ///
    /// - Parameter milliseconds: since 1970-01-01.
    static func timestamp(_ milliseconds: Int64) -> String {
        var bytes = Array(UTCDate(milliseconds: milliseconds).iso8601(milliseconds: .always).utf8)
        if let place = bytes.firstIndex(of: UInt8(ascii: "T")) { bytes[place] = UInt8(ascii: " ") }
        if bytes.last == UInt8(ascii: "Z") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Milliseconds since 1970-01-01 of a moment or a day as databases write them; nil for other texts.
    static func milliseconds(_ text: String) -> Int64? {
        var bytes = Array(text.utf8)
        if bytes.count == 10 { bytes += Array("T00:00:00".utf8) }
        guard bytes.count >= 19 else { return nil }
        bytes[10] = UInt8(ascii: "T")
        bytes.append(UInt8(ascii: "Z"))
        return bytes.withUnsafeBytes { UTCDate.milliseconds(iso8601: $0) }
    }

    /// A number as C reads it; nil where something else follows.
    static func double(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        default: Double(text)
        }
    }

    /// A value as servers read it as text; nil for NULL.
    ///
    /// - Throws: `typeMismatch` for values that no column type takes.
    static func parameter(_ value: BSONValue) throws -> String? {
        try value.withValue { value in try bytes(of: value, as: nil).map { String(decoding: $0, as: UTF8.self) } }
    }

    /// As `parameter`, of a value in a column of the type: a `TEXT` holds what is no string as its relaxed Extended JSON.
    static func bytes(of value: ValueView, as type: RelationalType?) throws -> [UInt8]? {
        if value.isNullish { return nil }
        if value.type == .string { return Array(value.bytes) }
        if type == .text { return Array(value.extendedJSON().utf8) }
        switch value.type {
        case .bool: return [UInt8(ascii: value.asBool ? "1" : "0")]
        case .int32: return Array(String(value.asInt32).utf8)
        case .int64: return Array(String(value.asInt64).utf8)
        case .double: return Array(String(value.asDouble).utf8)
        case .decimal: return Array(value.asDecimal.description.utf8)
        case .date: return Array(timestamp(value.asDate).utf8)
        case .document, .array: return Array(value.extendedJSON().utf8)
        default:
            throw AtelierError(.typeMismatch, "SQL has no column for values of the type \(value.type)")
        }
    }

    /// An address without what only its owner should know: the password, and the options behind the `?`.
    static func withoutSecrets(_ address: String) -> String {
        guard let scheme = address.firstRange(of: "://") else { return address }
        let rest = address[scheme.upperBound...].prefix { $0 != "?" }
        guard let at = rest.lastIndex(of: "@") else { return String(address[..<scheme.upperBound] + rest) }
        let user = rest[..<at].prefix { $0 != ":" }
        return String(address[..<scheme.upperBound] + user + rest[at...])
    }

    /// A message of several lines in one.
    static func oneLine(_ text: String) -> String {
        text.split(separator: "\n").map { String($0.drop { $0 == " " || $0 == "\t" }) }.joined(separator: "; ")
    }
}
