import BSON

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
}
