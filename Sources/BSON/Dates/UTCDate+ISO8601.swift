extension UTCDate {
    /// Whether milliseconds are written when they are zero.
    public enum Milliseconds: Sendable {
        case always
        case whenNotZero
    }

    /// `2010-12-01T08:26:00.000Z`; years outside 0000–9999 get a sign and as many digits as they need (ISO 8601's
    /// expanded form).
    public func iso8601(milliseconds: Milliseconds = .always) -> String {
        var bytes: [UInt8] = []
        appendISO8601(to: &bytes, milliseconds: milliseconds)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends what `iso8601` returns, as UTF-8.
    public func appendISO8601(to bytes: inout [UInt8], milliseconds: Milliseconds = .always) {
        withUnsafeTemporaryAllocation(byteCount: UTCDate.longestText, alignment: 1) { buffer in
            let count = writeISO8601(to: buffer.baseAddress!, milliseconds: milliseconds)
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Bytes that hold every date that fits Int64 milliseconds, as text.
    static let longestText = 40

    /// Writes what `iso8601` returns; there is room for `longestText` bytes. Returns how many were written.
    func writeISO8601(to buffer: UnsafeMutableRawPointer, milliseconds: Milliseconds) -> Int {
        var text = DigitWriter(buffer: buffer)
        if year < 0 || year > 9999 { text.put(year < 0 ? "-" : "+") }
        text.put(year, digits: 4)
        text.put("-")
        text.put(month, digits: 2)
        text.put("-")
        text.put(day, digits: 2)
        text.put("T")
        text.put(hour, digits: 2)
        text.put(":")
        text.put(minute, digits: 2)
        text.put(":")
        text.put(second, digits: 2)
        if milliseconds == .always || millisecond != 0 {
            text.put(".")
            text.put(millisecond, digits: 3)
        }
        text.put("Z")
        return text.count
    }

    /// The milliseconds of an ISO 8601 moment, or nil.
    ///
    /// Accepts `YYYY-MM-DD` (midnight UTC) and `YYYY-MM-DDThh:mm[:ss[.f…]]` followed by `Z`, `±hh:mm`, `±hhmm` or
    /// `±hh`. Fractions past milliseconds are cut; parts must be in range. Source: RFC 3339, section 5.6.
    public static func milliseconds(iso8601 text: UnsafeRawBufferPointer) -> Int64? {
        var reader = DigitReader(bytes: text)
        guard let year = reader.number(digits: 4), reader.take("-"), let month = reader.number(digits: 2),
            reader.take("-"),
            let day = reader.number(digits: 2), 1...12 ~= month, 1...daysInMonth(month, year: year) ~= day
        else { return nil }
        var date = UTCDate(year: year, month: month, day: day)
        if reader.isAtEnd { return date.milliseconds }
        guard reader.take("T") || reader.take("t") || reader.take(" ") else { return nil }
        guard let hour = reader.number(digits: 2), reader.take(":"), let minute = reader.number(digits: 2), hour < 24,
            minute < 60
        else { return nil }
        (date.hour, date.minute) = (hour, minute)
        if reader.take(":") {
            guard let second = reader.number(digits: 2), second < 60 else { return nil }
            date.second = second
            if reader.take(".") {
                guard let thousandths = reader.thousandths() else { return nil }
                date.millisecond = thousandths
            }
        }
        guard let offset = reader.zone(), reader.isAtEnd else { return nil }
        date.minute -= offset
        return date.milliseconds
    }

    /// The milliseconds of an ISO 8601 moment, or nil; see the form for bytes.
    public static func milliseconds(iso8601 text: String) -> Int64? {
        var text = text
        return text.withUTF8 { milliseconds(iso8601: UnsafeRawBufferPointer($0)) }
    }
}

/// Writes digits and marks one after the other.
private struct DigitWriter {
    let buffer: UnsafeMutableRawPointer
    var count = 0

    @inline(__always)
    mutating func put(_ mark: Unicode.Scalar) {
        buffer.storeBytes(of: UInt8(truncatingIfNeeded: mark.value), toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// The number without its sign, in so many digits or as many as it needs.
    @inline(__always)
    mutating func put(_ number: Int, digits: Int) {
        var rest = number.magnitude
        var width = digits
        if digits == 4 {
            var limit: UInt = 10_000
            while rest >= limit {
                width += 1
                limit = limit &* 10
            }
        }
        var position = width
        while position > 0 {
            position -= 1
            buffer.storeBytes(
                of: 48 + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: count + position, as: UInt8.self)
            rest /= 10
        }
        count += width
    }
}

/// Reads digits and marks off the front of some bytes.
private struct DigitReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int? {
        guard position < bytes.count, 48...57 ~= bytes[position] else { return nil }
        position += 1
        return Int(bytes[position - 1]) - 48
    }

    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The digits after a decimal point, as thousandths; at least one.
    mutating func thousandths() -> Int? {
        guard var value = digit() else { return nil }
        var digits = 1
        while let digit = digit() {
            if digits < 3 { value = value * 10 + digit }
            digits += 1
        }
        return digits == 1 ? value * 100 : digits == 2 ? value * 10 : value
    }

    /// Minutes east of UTC.
    mutating func zone() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = number(digits: 2), hours < 24 else { return nil }
        if isAtEnd { return sign * hours * 60 }
        _ = take(":")
        guard let minutes = number(digits: 2), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
