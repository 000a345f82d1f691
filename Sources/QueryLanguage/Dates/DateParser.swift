import BSON

/// What is read from a date's text; nil where the text does not say.
struct ParsedDate {
    var year: Int?
    var month: Int?
    var day: Int?
    var dayOfYear: Int?
    var isoWeekYear: Int?
    var isoWeek: Int?
    var isoDayOfWeek: Int?
    var hour: Int?
    var minute: Int?
    var second: Int?
    var millisecond: Int?
    /// What the text says of the zone.
    var zone: TimeZone?

    /// The moment, in the text's own zone or else in `zone`.
    ///
    /// - Throws: `ConversionFailure` for text without a date, a day the month does not have, a zone given twice.
    func milliseconds(in zone: TimeZone, _ text: UnsafeRawBufferPointer) throws -> Int64 {
        if self.zone != nil && !zone.isUTC {
            throw DateParser.failure(
                text, "you cannot pass in a date/time string with GMT offset together with a timezone argument")
        }
        guard let local = try localMilliseconds(text) else {
            throw DateParser.failure(text, "an incomplete date/time string has been found, with elements missing")
        }
        return (self.zone ?? zone).moment(ofLocal: local)
    }

    private func localMilliseconds(_ text: UnsafeRawBufferPointer) throws -> Int64? {
        let (hour, minute) = (hour ?? 0, minute ?? 0)
        let (second, millisecond) = (second ?? 0, millisecond ?? 0)
        if let isoWeekYear {
            return UTCDate.milliseconds(
                isoWeekYear: isoWeekYear, isoWeek: isoWeek ?? 1, isoDayOfWeek: isoDayOfWeek ?? 1, hour: hour,
                minute: minute, second: second, millisecond: millisecond)
        }
        guard let year else { return nil }
        var date = UTCDate(year: year, hour: hour, minute: minute, second: second, millisecond: millisecond)
        if let dayOfYear {
            date.day = dayOfYear
        } else {
            guard let month, let day else { return nil }
            guard 1...12 ~= month, 1...UTCDate.daysInMonth(month, year: year) ~= day else {
                throw DateParser.failure(text, "The parsed date was invalid")
            }
            (date.month, date.day) = (month, day)
        }
        return date.milliseconds
    }
}

/// Reads dates from text, by a format or by recognising the usual forms.
struct DateParser {
    private let text: UnsafeRawBufferPointer
    private var position = 0
    private var date = ParsedDate()

    private init(_ text: UnsafeRawBufferPointer) { self.text = text }

    static func failure(_ text: UnsafeRawBufferPointer, _ why: String) -> AtelierError {
        AtelierError(.conversionFailure, "Error parsing date string: \(why)")
    }

    // MARK: By a format

    /// Reads text that follows a format from its first byte to its last.
    static func parse(_ text: UnsafeRawBufferPointer, _ format: DateFormat) throws -> ParsedDate {
        var parser = DateParser(text)
        for part in format.parts { try parser.read(part) }
        guard parser.position == text.count else { throw failure(text, "Trailing data") }
        return parser.date
    }

    private mutating func read(_ part: DateFormat.Part) throws {
        switch part {
        case .byte(let byte):
            try expect(position < text.count && text[position] == byte, "the format's text is not there")
            position += 1
        case .year: date.year = try number(4...4, "A four digit year could not be found")
        case .month: date.month = try number(1...2, "A two digit month could not be found")
        case .day: date.day = try number(1...2, "A two digit day could not be found")
        case .dayOfYear:
            date.dayOfYear = try number(1...3, "A three digit day-of-year could not be found")
            try expect(1...366 ~= date.dayOfYear!, "A three digit day-of-year could not be found")
        case .hour: date.hour = try number(1...2, "A two digit hour could not be found", 0...24)
        case .minute: date.minute = try number(2...2, "A two digit minute could not be found", 0...59)
        case .second: date.second = try number(2...2, "A two digit second could not be found", 0...59)
        case .millisecond:
            let start = position
            let value = try number(1...3, "A three digit millisecond could not be found")
            date.millisecond = [100, 10, 1][position - start - 1] * value
        case .isoWeekYear: date.isoWeekYear = try number(4...4, "A four digit ISO year could not be found")
        case .isoWeek: date.isoWeek = try number(1...2, "A two digit ISO week could not be found", 1...53)
        case .isoDayOfWeek:
            date.isoDayOfWeek = try number(1...1, "A single digit day of the week could not be found", 1...7)
        case .abbreviatedMonth, .fullMonth:
            guard let word = takeWord(), let month = DateParser.month(word) else {
                throw DateParser.failure(text, "A textual month could not be found")
            }
            date.month = month
        case .offset:
            guard let zone = takeZone() else { throw DateParser.failure(text, "The timezone could not be found") }
            date.zone = zone
        case .offsetMinutes:
            let negative = take("-")
            if !negative { _ = take("+") }
            let minutes = try number(1...4, "A timezone offset in minutes could not be found")
            date.zone = TimeZone(offset: (negative ? -minutes : minutes) * 60)
        case .week, .dayOfWeek: preconditionFailure("a format for reading has no such specifier")
        }
    }

    private func expect(_ condition: Bool, _ why: String) throws {
        if !condition { throw DateParser.failure(text, why) }
    }

    private mutating func number(_ digits: ClosedRange<Int>, _ why: String, _ allowed: ClosedRange<Int>? = nil) throws
        -> Int
    {
        let start = position
        guard let value = takeNumber(upTo: digits.upperBound), position - start >= digits.lowerBound,
            allowed?.contains(value) ?? true
        else { throw DateParser.failure(text, why) }
        return value
    }

    // MARK: By the usual forms

    /// Reads `2018-02-10`, `2018-02-10T12:00:00.123+01:00`, `10/02/2018` (October), `10.02.2018` and `10-02-2018`
    /// (February), `20180210T120000`, `2018-W06-6`, `Feb 10th, 2018 3:04 pm`, `Sat, 10 Feb 2018 12:00:00 GMT`, `@1518264000`.
    ///
    /// - Throws: `ConversionFailure` for text of another form.
    static func parse(_ text: UnsafeRawBufferPointer) throws -> ParsedDate {
        var parser = DateParser(text)
        try parser.readUsualForm()
        return parser.date
    }

    private mutating func readUsualForm() throws {
        skipSpaces()
        while position < text.count {
            let before = position
            let understood = readToken()
            guard understood, position > before else {
                throw DateParser.failure(text, "Unexpected character at byte \(before)")
            }
            skipSpaces()
        }
    }

    /// Reads a date, a time, a month's name, a zone, whatever stands next.
    private mutating func readToken() -> Bool {
        if take("@") { return readSeconds() }
        guard position < text.count else { return false }
        let byte = text[position]
        if DateParser.isDigit(byte) {
            return attempt { $0.readTime() } || attempt { $0.readNumericDate() } || attempt { $0.readDayOrYear() }
        }
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
            guard date.hour != nil, date.zone == nil, let zone = takeZone() else { return false }
            date.zone = zone
            return true
        }
        return DateParser.isLetter(byte) && readWord()
    }

    /// Runs a reading that may fail; takes back what it read where it does.
    private mutating func attempt(_ read: (inout DateParser) -> Bool) -> Bool {
        var copy = self
        guard read(&copy) else { return false }
        self = copy
        return true
    }

    private mutating func readSeconds() -> Bool {
        let negative = take("-")
        guard date.year == nil, let seconds = takeNumber(upTo: 12) else { return false }
        let moment = UTCDate(milliseconds: Int64(negative ? -seconds : seconds) * 1000)
        (date.year, date.month, date.day) = (moment.year, moment.month, moment.day)
        (date.hour, date.minute, date.second) = (moment.hour, moment.minute, moment.second)
        date.zone = .utc
        return true
    }

    /// `12:00`, `12:00:00.123`, `3:04 pm`, `3pm`.
    private mutating func readTime() -> Bool {
        guard date.hour == nil, var hour = takeNumber(upTo: 2) else { return false }
        var (minute, second, millisecond) = (0, 0, 0)
        var clock = false
        if take(":") {
            clock = true
            guard let value = takeNumber(upTo: 2) else { return false }
            minute = value
            if take(":") {
                guard let value = takeNumber(upTo: 2) else { return false }
                second = value
                if take(".") || take(",") {
                    guard let value = takeThousandths() else { return false }
                    millisecond = value
                }
            }
        }
        if let half = takeHalfOfDay() {
            guard 1...12 ~= hour else { return false }
            hour = hour % 12 + half
            clock = true
        }
        guard clock, hour <= 24, minute < 60, second < 60, hour < 24 || minute + second == 0 else { return false }
        (date.hour, date.minute, date.second, date.millisecond) = (hour, minute, second, millisecond)
        return true
    }

    /// `am` and `pm` with or without dots: the hours to add.
    private mutating func takeHalfOfDay() -> Int? {
        var copy = self
        copy.skipSpaces()
        guard copy.position < text.count else { return nil }
        let letter = text[copy.position] | 0x20
        guard letter == UInt8(ascii: "a") || letter == UInt8(ascii: "p") else { return nil }
        copy.position += 1
        let dotted = copy.take(".")
        guard copy.take("m") || copy.take("M") else { return nil }
        if dotted { _ = copy.take(".") }
        if copy.position < text.count && DateParser.isLetter(text[copy.position]) { return nil }
        self = copy
        return letter == UInt8(ascii: "p") ? 12 : 0
    }

    /// A date in numbers, the time that may follow after `T` included.
    private mutating func readNumericDate() -> Bool {
        guard date.year == nil, date.isoWeekYear == nil, date.day == nil else { return false }
        let start = position
        guard let first = takeNumber(upTo: 8) else { return false }
        let digits = position - start
        if digits == 8 {
            (date.year, date.month, date.day) = (first / 10_000, first / 100 % 100, first % 100)
        } else if digits == 4, readAfterYear(first) {
        } else if digits <= 2, readAfterDayOrMonth(first) {
        } else {
            return false
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "t") {
            position += 1
            return attempt { $0.readTime() } || attempt { $0.readCompactTime() }
        }
        return true
    }

    /// `-02-10`, `/02/10`, `-W06-6`, `-041` or `-02` after a year.
    private mutating func readAfterYear(_ year: Int) -> Bool {
        let compactWeek = take("W")
        if compactWeek || attempt({ $0.take("-") && $0.take("W") }) {
            let start = position
            guard let week = takeNumber(upTo: 2), position - start == 2, 1...53 ~= week else { return false }
            (date.isoWeekYear, date.isoWeek) = (year, week)
            let more = attempt {
                $0.take("-") && $0.position < $0.text.count && DateParser.isDigit($0.text[$0.position])
            }
            if more || (compactWeek && position < text.count && DateParser.isDigit(text[position])) {
                guard let day = takeNumber(upTo: 1), 1...7 ~= day else { return false }
                date.isoDayOfWeek = day
            }
            return true
        }
        guard let separator = takeSeparator() else { return false }
        let start = position
        if separator == UInt8(ascii: "-"), let month = takeMonthName() {
            date.month = month
        } else {
            guard let number = takeNumber(upTo: 3) else { return false }
            if position - start == 3 {
                guard 1...366 ~= number else { return false }
                (date.year, date.dayOfYear) = (year, number)
                return true
            }
            date.month = number
        }
        date.year = year
        let more = attempt { $0.take(Unicode.Scalar(separator)) }
        guard more else {
            date.day = 1
            return separator == UInt8(ascii: "-")
        }
        guard let day = takeNumber(upTo: 2) else { return false }
        date.day = day
        return true
    }

    /// `/10/2018` after a month; `-02-2018`, `.02.2018` and `-Feb-2018` after a day.
    private mutating func readAfterDayOrMonth(_ first: Int) -> Bool {
        guard let separator = takeSeparator() else { return false }
        if separator != UInt8(ascii: "/"), let month = takeMonthName() {
            (date.day, date.month) = (first, month)
        } else {
            guard let second = takeNumber(upTo: 2) else { return false }
            (date.month, date.day) = separator == UInt8(ascii: "/") ? (first, second) : (second, first)
        }
        guard take(Unicode.Scalar(separator)) else { return false }
        let start = position
        guard let year = takeNumber(upTo: 4), position - start == 4 else { return false }
        date.year = year
        return true
    }

    /// `1200` or `120000` after the `T` of a date.
    private mutating func readCompactTime() -> Bool {
        let start = position
        guard let number = takeNumber(upTo: 6) else { return false }
        switch position - start {
        case 6: (date.hour, date.minute, date.second) = (number / 10_000, number / 100 % 100, number % 100)
        case 4: (date.hour, date.minute, date.second) = (number / 100, number % 100, 0)
        case 2: (date.hour, date.minute, date.second) = (number, 0, 0)
        default: return false
        }
        if take(".") {
            guard let value = takeThousandths() else { return false }
            date.millisecond = value
        }
        return date.hour! < 24 && date.minute! < 60 && date.second! < 60
    }

    /// A number alone, beside a month's name: a year of four digits, else a day.
    private mutating func readDayOrYear() -> Bool {
        let start = position
        guard let number = takeNumber(upTo: 4) else { return false }
        if position - start == 4 {
            guard date.year == nil, date.month != nil || date.day != nil else { return false }
            date.year = number
            return true
        }
        guard position - start <= 2, date.day == nil, date.dayOfYear == nil else { return false }
        for suffix in ["st", "nd", "rd", "th"] where attempt({ $0.takeLetters(suffix) }) { break }
        date.day = number
        return true
    }

    private mutating func readWord() -> Bool {
        if attempt({ $0.takeLetters("noon") }) {
            guard date.hour == nil else { return false }
            (date.hour, date.minute, date.second) = (12, 0, 0)
            return true
        }
        var copy = self
        guard let word = copy.takeWord() else { return false }
        if let month = DateParser.month(word) {
            guard date.month == nil else { return false }
            self = copy
            date.month = month
            _ = take(".")
            return true
        }
        if DateParser.weekdays.contains(where: { $0 == word || (word.count >= 3 && $0.prefix(3) == word) }) {
            self = copy
            return true
        }
        guard date.zone == nil, date.hour != nil, let zone = takeZone() else { return false }
        date.zone = zone
        return true
    }

    // MARK: Pieces

    private static func isDigit(_ byte: UInt8) -> Bool { 48...57 ~= byte }
    private static func isLetter(_ byte: UInt8) -> Bool { 97...122 ~= byte | 0x20 }

    /// Spaces, and commas between words.
    private mutating func skipSpaces() {
        while position < text.count, text[position] == 32 || text[position] == 9 || text[position] == UInt8(ascii: ",")
        {
            position += 1
        }
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    private mutating func takeSeparator() -> UInt8? {
        for mark in ["-", "/", "."] as [Unicode.Scalar] where take(mark) { return UInt8(ascii: mark) }
        return nil
    }

    private mutating func takeNumber(upTo digits: Int) -> Int? {
        let start = position
        var value = 0
        while position < text.count, position - start < digits, DateParser.isDigit(text[position]) {
            value = value * 10 + Int(text[position]) - 48
            position += 1
        }
        return position > start ? value : nil
    }

    /// The digits after a point, as thousandths; more than three are cut.
    private mutating func takeThousandths() -> Int? {
        let start = position
        guard var value = takeNumber(upTo: 3) else { return nil }
        for _ in (position - start)..<3 { value *= 10 }
        while takeNumber(upTo: 9) != nil {}
        return value
    }

    private mutating func takeLetters(_ word: String) -> Bool {
        guard position + word.utf8.count <= text.count else { return false }
        for (i, byte) in word.utf8.enumerated() where text[position + i] | 0x20 != byte { return false }
        let end = position + word.utf8.count
        if end < text.count && DateParser.isLetter(text[end]) { return false }
        position = end
        return true
    }

    /// The letters that stand next, in lower case.
    private mutating func takeWord() -> String? {
        let start = position
        while position < text.count, DateParser.isLetter(text[position]) { position += 1 }
        return position > start ? String(decoding: text[start..<position].map { $0 | 0x20 }, as: UTF8.self) : nil
    }

    private mutating func takeMonthName() -> Int? {
        var copy = self
        guard let word = copy.takeWord(), let month = DateParser.month(word) else { return nil }
        self = copy
        return month
    }

    /// `Z`, `+01:00`, `-0330`, `GMT+1`, `Europe/London`, `EST`.
    private mutating func takeZone() -> TimeZone? {
        let start = position
        if position < text.count, DateParser.isLetter(text[position]) {
            while position < text.count,
                DateParser.isLetter(text[position]) || text[position] == UInt8(ascii: "/")
                    || text[position] == UInt8(ascii: "_")
            { position += 1 }
            let name = String(decoding: text[start..<position], as: UTF8.self)
            if let hours = DateParser.abbreviations[name.uppercased()] {
                if hours == 0, position < text.count,
                    text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-"),
                    let zone = takeZone()
                {
                    return zone
                }
                return TimeZone(offset: hours * 3600)
            }
            return try? ZoneDatabase.zone(name)
        }
        let negative = take("-")
        guard negative || take("+") else { return nil }
        let digitsStart = position
        guard let first = takeNumber(upTo: 4) else { return nil }
        var (hours, minutes) = (first, 0)
        switch position - digitsStart {
        case 1, 2:
            if take(":") {
                guard let value = takeNumber(upTo: 2) else { return nil }
                minutes = value
            }
        default: (hours, minutes) = (first / 100, first % 100)
        }
        return TimeZone(offset: (negative ? -1 : 1) * (hours * 60 + minutes) * 60)
    }

    /// Hours east of UTC of the zones that mail headers name. Source: RFC 5322, section 4.3.
    private static let abbreviations: [String: Int] = [
        "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
        "PST": -8,
        "PDT": -7, "CET": 1, "CEST": 2, "BST": 1, "EET": 2, "EEST": 3, "WET": 0, "WEST": 1, "MSK": 3, "JST": 9,
    ]

    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    private static let months = DateFormat.monthNames.map { "\($0)".lowercased() }

    /// The number of a month's name, or of its first three letters, in lower case.
    private static func month(_ word: String) -> Int? {
        months.firstIndex { $0 == word || $0.prefix(3) == word || (word == "sept" && $0 == "september") }.map { $0 + 1 }
    }
}
