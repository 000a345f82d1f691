import CDecimal
import Testing

@testable import BSON

@Suite struct DecimalTests {
    @Test(arguments: [
        ("0", "0"), ("-0", "-0"), ("0.00", "0.00"), ("0E+3", "0E+3"), ("1", "1"), ("+1", "1"), ("1.", "1"),
        (".5", "0.5"), ("00.50", "0.50"),
        ("-12.345", "-12.345"), ("0.000001", "0.000001"), ("0.0000001", "1E-7"), ("0.00000010", "1.0E-7"),
        ("1e3", "1E+3"),
        ("12E4", "1.2E+5"), ("12E-4", "0.0012"), ("1E6144", "1.000000000000000000000000000000000E+6144"),
        ("1E6111", "1E+6111"), ("1E6112", "1.0E+6112"), ("0E6200", "0E+6111"), ("0E-6200", "0E-6176"),
        ("9999999999999999999999999999999999E6111", "9.999999999999999999999999999999999E+6144"),
        ("1E-6176", "1E-6176"),
        ("10E-6177", "1E-6176"), ("12345678901234567890123456789012340", "1.234567890123456789012345678901234E+34"),
        ("1234567890123456789012345678901234000E-3", "1234567890123456789012345678901234"),
        ("nan", "NaN"), ("-NaN", "NaN"), ("inf", "Infinity"), ("-INFINITY", "-Infinity"),
    ])
    func exactTexts(_ text: String, _ printed: String) {
        #expect(Decimal128(exactly: text)?.description == printed)
    }

    @Test(arguments: [
        ("12345678901234567890123456789012345", "1.234567890123456789012345678901234E+34"),
        ("12345678901234567890123456789012355", "1.234567890123456789012345678901236E+34"),
        ("12345678901234567890123456789012345.0001", "1.234567890123456789012345678901235E+34"),
        ("99999999999999999999999999999999999", "1.000000000000000000000000000000000E+35"), ("1E6145", "Infinity"),
        ("-1E99999999999999999999", "-Infinity"),
        ("1E-6177", "0E-6176"), ("5E-6177", "0E-6176"), ("6E-6177", "1E-6176"), ("15E-6177", "2E-6176"),
        ("9E-6178", "0E-6176"), ("-1E-99999999999999999999", "-0E-6176"),
        ("99999999999999999999999999999999999E6110", "Infinity"),
    ])
    func roundedTexts(_ text: String, _ printed: String) {
        #expect(Decimal128(text)?.description == printed)
        #expect(Decimal128(exactly: text) == nil)
    }

    @Test(arguments: [
        "", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "--1", "1 ", " 1", "1_0", "0x10", "na", "infi", "infinityx",
        "1e5x", "１",
    ])
    func textsThatAreNoNumbers(_ text: String) { #expect(Decimal128(text) == nil) }

    /// Digits, points and exponents at random, and long runs of nines and ties: the library's reading decides.
    @Test func textsAreReadAsTheLibraryReadsThem() {
        var values = RandomValues(seed: 0xDEC)
        for _ in 0..<20_000 {
            var digits = String(
                (0..<values.pick([1, 2, 17, 33, 34, 35, 36, 60])).map { _ in Character(String(values.below(10))) })
            switch values.below(5) {
            case 0: digits = String(digits.prefix(34)) + "5" + String(repeating: "0", count: values.below(9))
            case 1: digits = String(repeating: "9", count: digits.count)
            case 2: digits += String(repeating: "0", count: values.below(20))
            default: break
            }
            let split = values.below(digits.count + 1)
            let exponent = values.pick([
                0, values.below(80) - 40, values.below(12600) - 6300, 6144, 6111, -6143, -6176, -6200,
            ])
            let text =
                "\(values.pick(["", "-", "+"]))\(digits.prefix(split))\(values.pick(["", "."]))\(digits.dropFirst(split))E\(exponent)"
            var flags: UInt32 = 0
            let expected = Decimal128(text.withCString { decimal128_from_text($0, &flags) })
            if Decimal128(text) != expected { Issue.record("\(text) is read as \(Decimal128(text)!), not \(expected)") }
        }
    }

    @Test func everyNumberReadsBackFromItsText() {
        var values = RandomValues(seed: 0xDEC + 1)
        for _ in 0..<20_000 {
            let number = values.decimal()
            if Decimal128(exactly: number.description) != number { Issue.record("\(number)") }
        }
    }

    /// Coefficients around the limits of the integer paths, and exponents around the limits of the format.
    private func awkward(_ values: inout RandomValues) -> Decimal128 {
        let coefficient: UInt128 =
            switch values.below(6) {
            case 0: UInt128(values.below(1000))
            case 1:
                values.pick([
                    0, 1, 10, (1 << 48) - 1, 1 << 48, (1 << 63) - 1, 1 << 63, UInt128(UInt64.max),
                    Decimal128.coefficientLimit - 1,
                ])
            case 2: UInt128(values.random.next() >> UInt64(values.below(64)))
            case 3: (1 << 63) / values.pick([1, 10, 100, 1000, 10000]) + UInt128(values.below(3))
            default: UInt128(values.below(1_000_000))
            }
        let exponent = values.pick([
            -2, -1, 0, 1, values.below(12) - 6, values.below(12288) - 6176, -6176, -6175, 6110, 6111, -3088, 3056,
        ])
        return Decimal128(negative: values.below(2) == 0, coefficient: coefficient, exponent: exponent)
    }

    /// The integer paths give the library's results, bit for bit, or leave the work to it.
    @Test func shortArithmeticIsTheLibrarys() {
        var values = RandomValues(seed: 0xADD)
        var (sums, products) = (0, 0)
        for _ in 0..<200_000 {
            let a = awkward(&values)
            var b = awkward(&values)
            if values.below(2) == 0 {
                b = Decimal128(
                    negative: b.isNegative, coefficient: b.parts.coefficient,
                    exponent: min(max(a.parts.exponent + values.below(13) - 6, -6176), 6111))
            }
            if let sum = a.addingShort(b) {
                sums += 1
                if sum != a.addingLong(b) { Issue.record("\(a) + \(b) gives \(sum)") }
            }
            if a - b != a.subtractingLong(b) { Issue.record("\(a) - \(b) gives \(a - b)") }
            if let product = a.multiplyingShort(b) {
                products += 1
                if product != a.multiplyingLong(b) { Issue.record("\(a) * \(b) gives \(product)") }
            }
        }
        #expect(sums > 10_000 && products > 10_000)
    }

    @Test func shortConversionToDoubleIsTheLibrarys() {
        var values = RandomValues(seed: 0xD0B)
        for _ in 0..<50_000 {
            let number = values.below(2) == 0 ? awkward(&values) : values.decimal()
            let (short, long) = (number.doubleValue, number.doubleValue(.toNearestEven))
            if short.bitPattern != long.bitPattern && !(short.isNaN && long.isNaN) {
                Issue.record("\(number): \(short), \(long)")
            }
        }
    }

    @Test(arguments: [
        (0.1, "0.100000000000000"), (2.5, "2.50000000000000"), (-0.5, "-0.500000000000000"), (1, "1.00000000000000"),
        (5.5, "5.50000000000000"),
        (1e20, "1.00000000000000E+20"), (123456789.123456789, "123456789.123457"),
        (0.999999999999999999, "1.00000000000000"),
        (9.999999999999998, "10.0000000000000"), (1e-7, "1.00000000000000E-7"), (0, "0"), (-0.0, "-0"), (.nan, "NaN"),
        (.infinity, "Infinity"),
        (-.infinity, "-Infinity"), (.greatestFiniteMagnitude, "1.79769313486232E+308"),
        (.leastNonzeroMagnitude, "4.94065645841247E-324"),
    ])
    func doublesBecomeFifteenDigits(_ number: Double, _ printed: String) {
        #expect(Decimal128(rounding: number).description == printed)
    }

    @Test func doublesInArithmetic() {
        #expect((Decimal128("1.25")! - Decimal128(rounding: -0.5)).description == "1.750000000000000")
        #expect((Decimal128("1.25")! + Decimal128(rounding: 2.5)).description == "3.75000000000000")
        #expect((Decimal128("0.1")! + Decimal128(rounding: 0.2)).compare(Decimal128("0.3")!) == 0)
    }

    @Test(arguments: [
        ("1234.5678", 2, "1234.57", "1234.56"), ("1234.5678", -2, "1.2E+3", "1.2E+3"),
        ("1234.5678", -4, "0E+4", "0E+4"), ("1234.5678", 0, "1235", "1234"),
        ("2.5", 0, "2", "2"), ("3.5", 0, "4", "3"), ("-2.5", 0, "-2", "-2"), ("0.125", 2, "0.12", "0.12"),
        ("0.135", 2, "0.14", "0.13"), ("1.5", 3, "1.500", "1.500"),
        ("-0.4", 0, "-0", "-0"),
        ("1E+30", 2, "1000000000000000000000000000000.00", "1000000000000000000000000000000.00"),
        ("1E+33", 2, "1E+33", "1E+33"),
        ("1E+6000", 100, "1E+6000", "1E+6000"), ("999.99", 1, "1000.0", "999.9"), ("15", -1, "2E+1", "1E+1"),
        ("25", -1, "2E+1", "2E+1"), ("1", -20, "0E+20", "0E+20"),
        ("NaN", 2, "NaN", "NaN"), ("-Infinity", 2, "-Infinity", "-Infinity"), ("1E-6176", 100, "0E-100", "0E-100"),
    ])
    func roundingToPlaces(_ text: String, _ places: Int, _ rounded: String, _ truncated: String) {
        let number = Decimal128(text)!
        #expect(number.rounded(toPlaces: places).description == rounded)
        #expect(number.rounded(toPlaces: places, .towardZero).description == truncated)
    }

    @Test func integersOfAnyWidth() {
        #expect(Decimal128(.min).description == "-9223372036854775808")
        #expect(Decimal128("-9223372036854775808")!.exactInt64 == .min)
        #expect(Decimal128("9223372036854775807.00")!.exactInt64 == .max)
        #expect(Decimal128("9223372036854775808")!.exactInt64 == nil)
        #expect(Decimal128("1E+18")!.exactInt64 == 1_000_000_000_000_000_000)
        #expect(Decimal128("0.5")!.exactInt64 == nil)
        #expect(Decimal128("0E+6111")!.exactInt64 == 0)
        #expect(Decimal128("1E+6111")!.exactInt64 == nil)
        #expect(Decimal128("Infinity")!.exactInt64 == nil)
    }

    @Test func functionsOfTheLibrary() {
        #expect(Decimal128("2")!.power(.zero).description == "1.000000000000000000000000000000000")
        #expect(Decimal128("2")!.applying(.sqrt).description == "1.414213562373095048801688724209698")
        #expect(Decimal128("-7")!.remainder(dividingBy: Decimal128("3")!).description == "-1")
        #expect(Decimal128("1")! / .zero == .infinity)
    }
}
