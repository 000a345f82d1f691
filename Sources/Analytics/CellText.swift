import BSON

/// Values as people read them in a table, and as programs read them in CSV.
public enum CellText {
    /// The value for a table: numbers rounded as their unit asks for, nothing for null.
    public static func readable(_ value: ValueView, _ column: Column) -> String {
        switch value.type {
        case .missing, .null, .undefined: return ""
        case .double, .int32, .int64, .decimal:
            guard let text = number(value, column) else { return plain(value) }
            return text
        default: return visible(plain(value))
        }
    }

    /// The value by itself: a text without quotes, a number with all its digits, a date as ISO 8601, JSON of the rest.
    public static func plain(_ value: ValueView) -> String {
        switch value.type {
        case .missing, .null, .undefined: ""
        case .string, .symbol: value.asString
        case .bool: value.asBool ? "true" : "false"
        case .int32, .int64: String(value.asInt64)
        case .double: plain(value.asDouble)
        case .decimal: value.asDecimal.description
        case .date: UTCDate(milliseconds: value.asDate).iso8601(milliseconds: .whenNotZero)
        case .objectId: value.asObjectId.description
        default: value.extendedJSON()
        }
    }

    private static func plain(_ number: Double) -> String {
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 { return String(whole) }
        return number.description
    }

    /// Nil where the number has no digits to round.
    private static func number(_ value: ValueView, _ column: Column) -> String? {
        guard let unit = column.unit, unit == .currency || unit == .ratio || column.type != .integer else {
            switch (column.type, value.type) {
            case (.integer, .int32), (.integer, .int64): return grouped(String(value.asInt64))
            case (.number, .double): return rounded(decimal(value), places: 4).map(trimmed)
            default: return nil
            }
        }
        switch unit {
        case .currency, .score: return rounded(decimal(value), places: 2).map(grouped)
        case .ratio: return rounded(decimal(value) * Decimal128(100), places: 1).map { $0 + "%" }
        case .days, .hours, .minutes, .months:
            return rounded(decimal(value), places: column.type == .integer ? 0 : 1).map(grouped)
        }
    }

    private static func decimal(_ value: ValueView) -> Decimal128 {
        switch value.type {
        case .double: Decimal128(exactly34: value.asDouble)
        case .decimal: value.asDecimal
        default: Decimal128(value.asInt64)
        }
    }

    /// Nil for infinities, NaN, and numbers with too many digits.
    private static func rounded(_ number: Decimal128, places: Int) -> String? {
        let result = number.quantized(like: Decimal128(negative: false, coefficient: 1, exponent: -places))
        guard result.isFinite else { return nil }
        return (result.isZero ? result.magnitude : result).description
    }

    /// Without zeros that say nothing after the point.
    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        let digits = text.reversed().drop { $0 == "0" }
        return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
    }

    /// With a comma after each three digits before the point.
    public static func grouped(_ text: String) -> String {
        let sign = text.hasPrefix("-") ? "-" : ""
        let number = text.dropFirst(sign.count)
        let whole = number.prefix { $0 != "." }
        var result = ""
        for (index, digit) in whole.enumerated() {
            if index > 0 && (whole.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return sign + result + number.dropFirst(whole.count)
    }

    /// The text with characters that would move the cursor or change colours shown as escapes.
    public static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            guard scalar.properties.generalCategory == .control else {
                result.unicodeScalars.append(scalar)
                continue
            }
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }
}
