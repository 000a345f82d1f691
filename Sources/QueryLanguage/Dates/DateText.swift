import BSON

/// Writes a date's text straight into an arena's memory.
struct DateText {
    private let start: UnsafeMutableRawPointer
    private let capacity: Int
    private(set) var count = 0

    /// - Parameter capacity: at least the bytes that will be written.
    init(arena: Arena, capacity: Int) {
        start = arena.allocate(max(1, capacity))
        self.capacity = capacity
    }

    /// The text as a string value.
    func finish() -> ValueView { ValueView(type: .string, pointer: UnsafeRawPointer(start), length: count) }

    mutating func append(_ byte: UInt8) {
        precondition(count < capacity)
        start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    mutating func append(_ text: StaticString) {
        for i in 0..<text.utf8CodeUnitCount { append(text.utf8Start[i]) }
    }

    /// A number with leading zeros.
    mutating func append(_ number: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(48 + number / divisor % 10))
            divisor /= 10
        }
    }

    /// `2010-12-01T08:26:00.000`, with `Z` where `suffix` says so: 24 bytes at most.
    ///
    /// - Throws: `18537` for a year outside 0 to 9999.
    mutating func appendISO8601(_ date: UTCDate, suffix: Bool) throws {
        append(try DateFormat.checked(date.year), digits: 4)
        append(UInt8(ascii: "-"))
        append(date.month, digits: 2)
        append(UInt8(ascii: "-"))
        append(date.day, digits: 2)
        append(UInt8(ascii: "T"))
        append(date.hour, digits: 2)
        append(UInt8(ascii: ":"))
        append(date.minute, digits: 2)
        append(UInt8(ascii: ":"))
        append(date.second, digits: 2)
        append(UInt8(ascii: "."))
        append(date.millisecond, digits: 3)
        if suffix { append(UInt8(ascii: "Z")) }
    }
}

/// The format of `$dateToString` and `$dateFromString`, taken apart.
struct DateFormat: Sendable {
    enum Part: Sendable {
        case byte(UInt8)
        case year, month, day, dayOfYear, hour, minute, second, millisecond
        case isoWeekYear, isoWeek, isoDayOfWeek, week, dayOfWeek
        case abbreviatedMonth, fullMonth
        /// `+hhmm`, and minutes.
        case offset, offsetMinutes
    }

    let parts: [Part]

    /// Where a format is used: each knows specifiers the other does not.
    enum Use {
        case writing
        case reading
    }

    /// - Throws: `18535` for a `%` at the end, `18536` for an unknown specifier.
    init(_ text: UnsafeRawBufferPointer, for use: Use) throws {
        var parts: [Part] = []
        parts.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            defer { position += 1 }
            guard text[position] == UInt8(ascii: "%") else {
                parts.append(.byte(text[position]))
                continue
            }
            position += 1
            guard position < text.count else { throw AtelierError(18535, "Unmatched '%' at end of format string") }
            guard let part = DateFormat.part(text[position], use) else {
                throw AtelierError(
                    18536, "Invalid format character '%\(Unicode.Scalar(text[position]))' in format string")
            }
            parts.append(part)
        }
        self.parts = parts
    }

    private static func part(_ specifier: UInt8, _ use: Use) -> Part? {
        switch Unicode.Scalar(specifier) {
        case "%": .byte(UInt8(ascii: "%"))
        case "Y": .year
        case "m": .month
        case "d": .day
        case "j": .dayOfYear
        case "H": .hour
        case "M": .minute
        case "S": .second
        case "L": .millisecond
        case "G": .isoWeekYear
        case "V": .isoWeek
        case "u": .isoDayOfWeek
        case "b": .abbreviatedMonth
        case "B": .fullMonth
        case "z": .offset
        case "Z": .offsetMinutes
        case "U" where use == .writing: .week
        case "w" where use == .writing: .dayOfWeek
        default: nil
        }
    }

    static let monthNames: [StaticString] = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// The date's text in a zone.
    ///
    /// - Throws: `18537` for a year outside 0 to 9999.
    func text(of milliseconds: Int64, in zone: TimeZone, _ arena: Arena) throws -> ValueView {
        let offset = zone.offset(atMilliseconds: milliseconds)
        let date = UTCDate(milliseconds: milliseconds &+ offset)
        var text = DateText(arena: arena, capacity: parts.count * 9)
        for part in parts {
            switch part {
            case .byte(let byte): text.append(byte)
            case .year: text.append(try DateFormat.checked(date.year), digits: 4)
            case .month: text.append(date.month, digits: 2)
            case .day: text.append(date.day, digits: 2)
            case .dayOfYear: text.append(date.dayOfYear, digits: 3)
            case .hour: text.append(date.hour, digits: 2)
            case .minute: text.append(date.minute, digits: 2)
            case .second: text.append(date.second, digits: 2)
            case .millisecond: text.append(date.millisecond, digits: 3)
            case .isoWeekYear: text.append(try DateFormat.checked(date.isoWeekYear), digits: 4)
            case .isoWeek: text.append(date.isoWeek, digits: 2)
            case .isoDayOfWeek: text.append(date.isoDayOfWeek, digits: 1)
            case .week: text.append(date.week, digits: 2)
            case .dayOfWeek: text.append(date.dayOfWeek, digits: 1)
            case .fullMonth: text.append(DateFormat.monthNames[date.month - 1])
            case .abbreviatedMonth:
                let name = DateFormat.monthNames[date.month - 1]
                for i in 0..<3 { text.append(name.utf8Start[i]) }
            case .offset:
                let minutes = Int(offset / 60_000)
                text.append(minutes < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
                text.append(abs(minutes) / 60, digits: 2)
                text.append(abs(minutes) % 60, digits: 2)
            case .offsetMinutes:
                let minutes = Int(offset / 60_000)
                if minutes < 0 { text.append(UInt8(ascii: "-")) }
                text.append(abs(minutes), digits: 1)
            }
        }
        return text.finish()
    }

    fileprivate static func checked(_ year: Int) throws -> Int {
        guard 0...9999 ~= year else {
            throw AtelierError(
                18537,
                "Could not convert date to string: date component was outside the supported range of 0-9999: \(year)")
        }
        return year
    }
}
