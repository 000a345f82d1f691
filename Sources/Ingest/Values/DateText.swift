import BSON

/// Which of a date's two small numbers is the month.
enum DateOrder: String, Sendable {
    case monthFirst = "month first"
    case dayFirst = "day first"
}

/// What the dates of a file say about their order: seen row by row, decided at the end.
struct DateOrderEvidence {
    /// Dates written with the year last, and those among them that are dates in one order only: their first or second
    /// number can be no month, but a day.
    private(set) var written = 0
    private(set) var firstOver12 = 0
    private(set) var secondOver12 = 0

    mutating func observe(_ text: UnsafeRawBufferPointer) {
        guard let parts = DateText.numbers(text), !parts.yearFirst else { return }
        written += 1
        if 13...31 ~= parts.first && 1...12 ~= parts.second { firstOver12 += 1 }
        if 13...31 ~= parts.second && 1...12 ~= parts.first { secondOver12 += 1 }
    }

    /// Month first, unless more dates can only be day first.
    var order: DateOrder { firstOver12 > secondOver12 ? .dayFirst : .monthFirst }

    /// What was taken for granted, in a sentence; nil where the dates leave nothing open.
    var assumption: String? {
        guard written > 0 else { return nil }
        switch (firstOver12, secondOver12) {
        case (0, 0):
            return "Dates were read month first (12/1/2010 is December 1): no date in the file can tell."
        case (0, _):
            return "Dates were read month first (12/1/2010 is December 1); \(secondOver12) rows allow nothing else."
        case (_, 0):
            return "Dates were read day first (1/12/2010 is December 1); \(firstOver12) rows allow nothing else."
        default:
            let other = min(firstOver12, secondOver12)
            return "Dates were read \(order.rawValue); \(other) rows can only be read the other way and were rejected."
        }
    }
}

/// Dates as files write them: `2009-12-01 07:45:00`, `2009-12-01T07:45`, `12/1/2010 8:26`, `1.12.10 08:26:30`, `12/1/2010 8:26 AM`.
enum DateText {
    /// Milliseconds since the epoch, the text's own clock taken as UTC; nil for what is no date.
    static func milliseconds(_ text: UnsafeRawBufferPointer, _ order: DateOrder) -> Int64? {
        guard let parts = numbers(text) else { return nil }
        var (year, month, day) = (parts.third, parts.first, parts.second)
        if parts.yearFirst {
            (year, month, day) = (parts.first, parts.second, parts.third)
        } else {
            if order == .dayFirst { swap(&month, &day) }
            // Two digits as POSIX reads them: 69–99 are the last century's.
            if parts.thirdDigits == 2 { year += year < 69 ? 2000 : 1900 }
        }
        guard 1...12 ~= month, day >= 1, day <= UTCDate.daysInMonth(month, year: year),
            let seconds = time(UnsafeRawBufferPointer(rebasing: text[parts.end...]))
        else { return nil }
        return Int64(UTCDate.days(year: year, month: month, day: day)) * 86_400_000 + Int64(seconds) * 1000
    }

    struct Numbers {
        var first = 0, second = 0, third = 0
        var thirdDigits = 0
        var yearFirst = false
        /// Where the text goes on after the date.
        var end = 0
    }

    /// The three numbers of the date and where the time begins; nil where the text does not begin so.
    static func numbers(_ text: UnsafeRawBufferPointer) -> Numbers? {
        var result = Numbers()
        var i = 0
        guard let (first, firstDigits) = number(text, &i), i < text.count else { return nil }
        let separator = text[i]
        guard separator == UInt8(ascii: "-") || separator == UInt8(ascii: "/") || separator == UInt8(ascii: ".") else {
            return nil
        }
        i += 1
        guard let (second, secondDigits) = number(text, &i), secondDigits <= 2, i < text.count, text[i] == separator
        else { return nil }
        i += 1
        guard let (third, thirdDigits) = number(text, &i) else { return nil }
        (result.first, result.second, result.third, result.end) = (first, second, third, i)
        result.yearFirst = firstDigits == 4
        result.thirdDigits = thirdDigits
        guard result.yearFirst ? thirdDigits <= 2 : firstDigits <= 2 && (thirdDigits == 4 || thirdDigits == 2) else {
            return nil
        }
        return result
    }

    /// Seconds since midnight of ` 8:26`, `T08:26:30`, ` 8:26:30.123 PM`; 0 for nothing; nil for anything else.
    private static func time(_ text: UnsafeRawBufferPointer) -> Int? {
        if text.isEmpty { return 0 }
        guard text[0] == 0x20 || text[0] == UInt8(ascii: "T") else { return nil }
        var i = 1
        while i < text.count, text[i] == 0x20 { i += 1 }
        guard var (hour, _) = number(text, &i), i < text.count, text[i] == UInt8(ascii: ":") else { return nil }
        i += 1
        guard let (minute, digits) = number(text, &i), digits == 2, minute < 60 else { return nil }
        var second = 0
        if i < text.count, text[i] == UInt8(ascii: ":") {
            i += 1
            guard let (value, digits) = number(text, &i), digits == 2, value < 60 else { return nil }
            second = value
            if i < text.count, text[i] == UInt8(ascii: ".") {  // Fractions of a second are dropped; invoices have none.
                i += 1
                guard number(text, &i) != nil else { return nil }
            }
        }
        if i < text.count, text[i] == UInt8(ascii: "Z") { i += 1 }
        if i == text.count { return hour < 24 ? (hour * 60 + minute) * 60 + second : nil }
        let rest = UnsafeRawBufferPointer(rebasing: text[i...]).filter { $0 != 0x20 }.map { $0 | 0x20 }
        if rest == Array("am".utf8) || rest == Array("pm".utf8) {
            guard 1...12 ~= hour else { return nil }
            hour = hour % 12 + (rest[0] == UInt8(ascii: "p") ? 12 : 0)
        } else if !rest.isEmpty {
            return nil
        }
        return hour < 24 ? (hour * 60 + minute) * 60 + second : nil
    }

    /// The digits from a place on: their value and how many they are, at most nine.
    @inline(__always)
    private static func number(_ text: UnsafeRawBufferPointer, _ i: inout Int) -> (value: Int, digits: Int)? {
        let start = i
        var value = 0
        while i < text.count, 48...57 ~= text[i], i - start < 9 {
            value = value * 10 + Int(text[i] - 48)
            i += 1
        }
        return i > start ? (value, i - start) : nil
    }
}
