// Text of decimal128 numbers, both ways.
// Source: MongoDB specifications, "BSON Decimal128", To-String and From-String.

extension Decimal128: CustomStringConvertible {
    /// The number as the BSON specification prints it: plain where the exponent is at most zero and the number not
    /// tiny (`-12.50`, `0.000001`), else scientific (`1.25E+7`, `1E-7`); `NaN`, `Infinity`, `-Infinity`.
    public var description: String {
        var bytes: [UInt8] = []
        appendText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends what `description` returns, as UTF-8.
    public func appendText(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: Decimal128.longestText, alignment: 1) { buffer in
            let count = writeText(to: buffer.baseAddress!)
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Bytes that hold every number's text: a sign, 34 digits, a point and an exponent, or zeros in front.
    static let longestText = 48

    /// Writes what `description` returns; there is room for `longestText` bytes. Returns how many were written.
    func writeText(to buffer: UnsafeMutableRawPointer) -> Int {
        var text = TextWriter(buffer: buffer)
        if isNaN {
            text.put("NaN")
            return text.count
        }
        if isNegative { text.put("-") }
        if isInfinite {
            text.put("Infinity")
            return text.count
        }
        let (coefficient, exponent) = parts
        let digits = decimalDigits(coefficient)
        let adjusted = exponent + digits - 1
        let point = digits + exponent
        if exponent > 0 || adjusted < -6 {
            text.put(coefficient, digits: digits, point: 1)
            text.put(adjusted < 0 ? "E-" : "E+")
            text.put(UInt128(adjusted.magnitude), digits: decimalDigits(UInt128(adjusted.magnitude)), point: nil)
        } else if point > 0 {
            text.put(coefficient, digits: digits, point: point)
        } else {
            text.put("0.")
            for _ in 0..<(-point) { text.put("0") }
            text.put(coefficient, digits: digits, point: nil)
        }
        return text.count
    }
}

/// Writes a number's text from left to right.
private struct TextWriter {
    let buffer: UnsafeMutableRawPointer
    var count = 0

    mutating func put(_ text: StaticString) {
        (buffer + count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    /// Digits, with a point after the first `point` of them unless those are all.
    mutating func put(_ number: UInt128, digits: Int, point: Int?) {
        let hasPoint = point != nil && point != digits
        var position = count + digits + (hasPoint ? 1 : 0)
        let pointPosition = hasPoint ? count + point! : -1
        count = position
        func putDigit(_ digit: UInt8) {
            position -= 1
            if position == pointPosition {
                buffer.storeBytes(of: UInt8(ascii: "."), toByteOffset: position, as: UInt8.self)
                position -= 1
            }
            buffer.storeBytes(of: 48 + digit, toByteOffset: position, as: UInt8.self)
        }
        var rest = number
        var left = digits
        while rest > UInt128(UInt64.max) {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            putDigit(UInt8(truncatingIfNeeded: remainder))
            rest = quotient
            left -= 1
        }
        var short = UInt64(truncatingIfNeeded: rest)
        while left > 0 {
            putDigit(UInt8(truncatingIfNeeded: short % 10))
            short /= 10
            left -= 1
        }
    }
}

extension Decimal128 {
    /// Reads `-1.50`, `.5`, `1E+3`, `NaN`, `Infinity`, `inf`…, upper and lower case alike; nil for any other text.
    ///
    /// Rounds to nearest even past 34 digits, and becomes infinite past the largest number.
    public init?(_ text: String) {
        var (text, isExact) = (text, true)
        guard let value = text.withUTF8({ Decimal128(utf8: UnsafeRawBufferPointer($0), isExact: &isExact) }) else {
            return nil
        }
        self = value
    }

    /// Reads the same text, but nil as well where digits other than zeros would be lost, as the specification has it.
    public init?(exactly text: String) {
        var (text, isExact) = (text, true)
        guard let value = text.withUTF8({ Decimal128(utf8: UnsafeRawBufferPointer($0), isExact: &isExact) }), isExact
        else { return nil }
        self = value
    }

    /// Reads the same text from UTF-8 bytes.
    /// - Parameter isExact: set to false where the number was rounded, or became infinite or zero for want of exponents.
    public init?(utf8 text: UnsafeRawBufferPointer, isExact: inout Bool) {
        var position = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { position = 1 }
        guard let numeral = Numeral(text, from: position) else {
            guard let special = Decimal128.special(text[position...], isNegative) else { return nil }
            self = special
            return
        }
        self = numeral.decimal(isNegative, isExact: &isExact)
    }

    private static func special(_ word: Slice<UnsafeRawBufferPointer>, _ isNegative: Bool) -> Decimal128? {
        func spells(_ name: String) -> Bool { word.elementsEqual(name.utf8) { $0 | 0x20 == $1 } }
        if spells("nan") { return .nan }
        return spells("infinity") || spells("inf") ? (isNegative ? .negativeInfinity : .infinity) : nil
    }
}

/// The digits of a decimal number in text, and their power of ten.
private struct Numeral {
    /// From the first digit that is not zero to the last digit; a point may stand among them.
    var significant: Slice<UnsafeRawBufferPointer>
    /// How many digits those are.
    var digits = 0
    /// The power of ten of the last digit.
    var exponent = 0

    /// Digits with at most one point and an optional exponent, up to the end of the text.
    init?(_ text: UnsafeRawBufferPointer, from start: Int) {
        var position = start
        var (seen, point): (Int, Int?) = (0, nil)
        var first: Int?
        while position < text.count {
            let byte = text[position]
            if 48...57 ~= byte {
                seen += 1
                if first != nil || byte != 48 {
                    first = first ?? position
                    digits += 1
                }
                if point != nil { exponent -= 1 }
            } else if byte == UInt8(ascii: ".") && point == nil {
                point = position
            } else {
                break
            }
            position += 1
        }
        guard seen > 0 else { return nil }
        significant = text[(first ?? position)..<position]
        guard position < text.count else { return }
        guard text[position] | 0x20 == UInt8(ascii: "e") else { return nil }
        position += 1
        guard position < text.count else { return nil }
        let sign = text[position] == UInt8(ascii: "-") ? -1 : 1
        if text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") { position += 1 }
        guard position < text.count else { return nil }
        var power = 0
        for byte in text[position...] {
            guard 48...57 ~= byte else { return nil }
            // Far past any exponent that matters; the cap keeps the sums below in range.
            power = min(power * 10 + Int(byte - 48), 1 << 40)
        }
        exponent += sign * power
    }

    /// The nearest decimal128, ties to even: one rounding, wherever the digits end for want of room or of exponents.
    func decimal(_ isNegative: Bool, isExact: inout Bool) -> Decimal128 {
        let dropped = max(digits - 34, -6176 - exponent, 0)
        // Negative where more digits are dropped than there are: then the first one dropped is a zero before them.
        let kept = digits - dropped
        var (coefficient, index, firstDropped, othersDropped) = (UInt128(0), 0, UInt8(48), false)
        for byte in significant where byte != UInt8(ascii: ".") {
            if index < kept {
                coefficient = coefficient * 10 + UInt128(byte - 48)
            } else if index == kept {
                firstDropped = byte
            } else {
                othersDropped = othersDropped || byte != 48
            }
            index += 1
        }
        if firstDropped != 48 || othersDropped { isExact = false }
        var power = exponent + dropped
        if firstDropped > 53 || firstDropped == 53 && (othersDropped || coefficient % 2 == 1) {
            coefficient += 1
            if coefficient == Decimal128.coefficientLimit { (coefficient, power) = (coefficient / 10, power + 1) }
        }
        if coefficient == 0 {
            return Decimal128(negative: isNegative, coefficient: 0, exponent: min(max(power, -6176), 6111))
        }
        // An exponent that is too large can move zeros into the coefficient: 1E+6144 is 1000…E+6111.
        while power > 6111 {
            guard coefficient < Decimal128.coefficientLimit / 10 else {
                isExact = false
                return isNegative ? .negativeInfinity : .infinity
            }
            (coefficient, power) = (coefficient * 10, power - 1)
        }
        return Decimal128(negative: isNegative, coefficient: coefficient, exponent: power)
    }
}
