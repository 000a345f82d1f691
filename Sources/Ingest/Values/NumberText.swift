import BSON

/// Numbers as files write them.
enum NumberText {
    /// A whole number that an int32 holds: `12`, `-3`, `+4`, and `12.0` as spreadsheets write it. Nil for anything else.
    static func integer(_ text: UnsafeRawBufferPointer) -> Int32? {
        guard let (negative, digits) = signed(text) else { return nil }
        var value: Int64 = 0
        var i = 0
        while i < digits.count, let digit = digit(digits[i]) {
            value = value * 10 + Int64(digit)
            guard value <= Int64(Int32.max) + 1 else { return nil }
            i += 1
        }
        guard i > 0 else { return nil }
        if i < digits.count {
            guard digits[i] == UInt8(ascii: "."), digits[(i + 1)...].allSatisfy({ $0 == UInt8(ascii: "0") }) else {
                return nil
            }
        }
        return Int32(exactly: negative ? -value : value)
    }

    /// A decimal number, digit for digit: `2.10` keeps its last zero. At most 20 digits, so that products with quantities
    /// and sums of them stay exact in the 34 digits of a decimal128. Nil for anything else.
    ///
    /// - Parameter separator: what stands before the fraction.
    static func decimal(_ text: UnsafeRawBufferPointer, separator: UInt8 = UInt8(ascii: ".")) -> Decimal128? {
        guard let (negative, digits) = signed(text) else { return nil }
        var coefficient: UInt128 = 0
        var count = 0
        var exponent = 0
        var afterPoint = false
        var i = 0
        while i < digits.count {
            if let digit = digit(digits[i]) {
                coefficient = coefficient * 10 + UInt128(digit)
                if coefficient > 0 { count += 1 }
                guard count <= 20, exponent > -100 else { return nil }
                if afterPoint { exponent -= 1 }
            } else if digits[i] == separator && !afterPoint {
                afterPoint = true
            } else {
                break
            }
            i += 1
        }
        guard i > (afterPoint ? 1 : 0) else { return nil }
        if i < digits.count {
            // 1E-3, as spreadsheets write small numbers.
            guard digits[i] | 0x20 == UInt8(ascii: "e"),
                let power = integer(UnsafeRawBufferPointer(rebasing: digits[(i + 1)...])), power.magnitude <= 100
            else { return nil }
            exponent += Int(power)
        }
        return Decimal128(negative: negative && coefficient > 0, coefficient: coefficient, exponent: exponent)
    }

    /// A finite double. Nil for anything else.
    static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        guard text.count > 0, text.count < 64, let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite
        else {
            return nil
        }
        return value
    }

    private static func signed(_ text: UnsafeRawBufferPointer) -> (
        negative: Bool, digits: Slice<UnsafeRawBufferPointer>
    )? {
        let text = trimmed(text)
        guard let first = text.first else { return nil }
        let hasSign = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
        let digits = UnsafeRawBufferPointer(rebasing: text[(hasSign ? 1 : 0)...])
        return (first == UInt8(ascii: "-"), digits[...])
    }

    @inline(__always)
    private static func digit(_ byte: UInt8) -> UInt8? { 48...57 ~= byte ? byte - 48 : nil }
}

/// What the prices of a file say about the sign before their fractions: seen row by row, decided at the end.
struct FractionSignEvidence {
    private var points = 0
    private var commas = 0

    mutating func observe(_ text: UnsafeRawBufferPointer) {
        if text.contains(UInt8(ascii: ",")) { commas += 1 }
        if text.contains(UInt8(ascii: ".")) { points += 1 }
    }

    /// A point, unless more prices have a comma.
    var sign: UInt8 { UInt8(ascii: commas > points ? "," : ".") }

    /// What was taken for granted, in a sentence; nil where all is as usual.
    var assumption: String? {
        guard commas > 0 else { return nil }
        let (name, other) = commas > points ? ("commas", points) : ("points", commas)
        return "Fractions follow decimal \(name)"
            + (other == 0 ? "." : "; \(other) prices with the other sign were rejected.")
    }
}
