extension ExtendedJSONParser {
    /// Reads a JSON number: an integer of the smallest type that holds it, else a double.
    mutating func readNumber() throws(AtelierError) -> ValueView {
        let first = position
        let isNegative = peek() == UInt8(ascii: "-")
        if isNegative { position += 1 }
        guard 48...57 ~= peek() else { throw unexpected("a digit") }
        var magnitude: UInt64 = 0
        var fits = true
        if peek() == 48 {
            position += 1
            if 48...57 ~= peek() { throw failure("numbers have no leading zeros", at: first) }
        } else {
            while 48...57 ~= peek() {
                let (tens, overflow) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(UInt64(peek() &- 48))
                if overflow || carry { fits = false }
                magnitude = sum
                position += 1
            }
        }
        var isInteger = true
        if peek() == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try skipDigits("a digit after the decimal point")
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            try skipDigits("a digit of the exponent")
        }
        if isInteger && fits && magnitude <= (isNegative ? 1 << 63 : (1 << 63) - 1) {
            return .integer(isNegative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(magnitude))
        }
        let text = UnsafeRawBufferPointer(start: first, count: position - first)
        guard let number = DecimalText.double(text), number.isFinite else {
            throw failure("the number is too large for a double", at: first)
        }
        return .double(number)
    }

    private mutating func skipDigits(_ expected: String) throws(AtelierError) {
        guard 48...57 ~= peek() else { throw unexpected(expected) }
        while 48...57 ~= peek() { position += 1 }
    }
}
