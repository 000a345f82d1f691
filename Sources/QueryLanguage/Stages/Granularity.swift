import BSON
import Glibc

/// A series of preferred numbers that `$bucketAuto` rounds bounds to.
///
/// Source: ISO 3 (Renard series), IEC 60063 (E series), MongoDB manual "$bucketAuto, Granularity". Doubles and decimals
/// are rounded in their own arithmetic; whole numbers count as doubles.
enum Granularity: Sendable {
    /// Each decade holds these numbers, given for one decade in ascending order.
    case series([Double])
    case powersOfTwo

    init?(name: String) {
        if name == "POWERSOF2" {
            self = .powersOfTwo
        } else if let numbers = Granularity.series[name] {
            self = .series(numbers)
        } else {
            return nil
        }
    }

    static var names: [String] { series.keys.sorted() + ["POWERSOF2"] }

    /// - Throws: `40258` for what is no number, `40259` for NaN, `40260` for a negative number.
    static func check(_ value: ValueView) throws {
        guard value.isNumber else {
            throw AtelierError(
                40258,
                "$bucketAuto can specify a 'granularity' with numeric boundaries only, but found a value with type: \(value.type.name)"
            )
        }
        guard let number = value.numberAsDouble, !number.isNaN else {
            throw AtelierError(
                40259, "$bucketAuto can specify a 'granularity' with numeric boundaries only, but found a NaN")
        }
        if number < 0 {
            throw AtelierError(
                40260,
                "$bucketAuto can specify a 'granularity' with non-negative numbers only, but found a negative number")
        }
    }

    /// The least number of the series above the value; zero stays zero.
    func roundUp(_ value: ValueView, _ arena: Arena) -> ValueView { round(value, up: true, arena) }

    /// The greatest number of the series below the value; zero stays zero.
    func roundDown(_ value: ValueView, _ arena: Arena) -> ValueView { round(value, up: false, arena) }

    private func round(_ value: ValueView, up: Bool, _ arena: Arena) -> ValueView {
        guard value.isTruthy, let number = value.numberAsDouble, number.isFinite else {
            return value.type == .decimal ? value : .double(value.numberAsDouble ?? 0)
        }
        let decimal = value.type == .decimal
        switch self {
        case .powersOfTwo:
            if decimal { return arena.decimal(Granularity.power(of: value.asDecimal, up: up)) }
            if value.type != .double, let whole = Granularity.power(of: value.asInt64, up: up) {
                return value.type == .int64 ? .int64(whole) : .integer(whole)
            }
            let exponent = logb(number)
            let power = scalbn(1, Int32(exponent))
            let result = up ? power * 2 : power == number ? power / 2 : power
            return .double(result)
        case .series(let numbers):
            if decimal { return arena.decimal(Granularity.member(of: numbers, value.asDecimal, up: up)) }
            return .double(Granularity.member(of: numbers, number, up: up))
        }
    }

    /// The neighbour of a double in a series.
    private static func member(of numbers: [Double], _ value: Double, up: Bool) -> Double {
        var multiplier = 1.0
        while value >= numbers[numbers.count - 1] * multiplier * (up ? 1 : 10) { multiplier *= 10 }
        while value < numbers[0] * multiplier || (!up && value <= numbers[0] * multiplier) {
            let smaller = multiplier / 10
            if up && value >= numbers[numbers.count - 1] * smaller { break }
            multiplier = smaller
        }
        if up {
            for number in numbers where number * multiplier > value { return number * multiplier }
            return numbers[0] * multiplier * 10
        }
        for number in numbers.reversed() where number * multiplier < value { return number * multiplier }
        return numbers[numbers.count - 1] * multiplier / 10
    }

    private static func member(of numbers: [Double], _ value: Decimal128, up: Bool) -> Decimal128 {
        let series = numbers.map { Decimal128(String($0))! }
        let ten = Decimal128(10)
        var multiplier = Decimal128(1)
        while value.compare(series[series.count - 1] * multiplier) >= 0 { multiplier = multiplier * ten }
        while value.compare(series[0] * multiplier) < 0 { multiplier = multiplier / ten }
        if up {
            for number in series where (number * multiplier).compare(value) > 0 { return number * multiplier }
            return series[0] * multiplier * ten
        }
        for number in series.reversed() where (number * multiplier).compare(value) < 0 { return number * multiplier }
        return series[series.count - 1] * multiplier / ten
    }

    /// The neighbouring power of a positive whole number; nil where it is none (below 1) or does not fit.
    private static func power(of value: Int64, up: Bool) -> Int64? {
        let highest = 63 - value.leadingZeroBitCount
        let exponent = up ? highest + 1 : value == 1 << highest ? highest - 1 : highest
        return (0...62).contains(exponent) ? 1 << exponent : nil
    }

    private static func power(of value: Decimal128, up: Bool) -> Decimal128 {
        let two = Decimal128(2)
        var power = Decimal128(1)
        while power.compare(value) <= 0 { power = power * two }
        while (power / two).compare(value) > 0 { power = power / two }
        if up { return power }
        let below = power / two
        return below.compare(value) == 0 ? below / two : below
    }

    private static let series: [String: [Double]] = [
        "R5": [10, 16, 25, 40, 63],
        "R10": [100, 125, 160, 200, 250, 315, 400, 500, 630, 800],
        "R20": [
            100, 112, 125, 140, 160, 180, 200, 224, 250, 280, 315, 355, 400, 450, 500, 560, 630, 710, 800, 900,
        ],
        "R40": [
            100, 106, 112, 118, 125, 132, 140, 150, 160, 170, 180, 190, 200, 212, 224, 236, 250, 265, 280, 300, 315,
            355, 375,
            400, 425, 450, 475, 500, 530, 560, 600, 630, 670, 710, 750, 800, 850, 900, 950,
        ],
        "R80": [
            103, 109, 115, 122, 128, 136, 145, 155, 165, 175, 185, 195, 206, 218, 230, 243, 258, 272, 290, 307, 325,
            345, 365,
            387, 412, 437, 462, 487, 515, 545, 575, 615, 650, 690, 730, 775, 825, 875, 925, 975,
        ],
        "1-2-5": [10, 20, 50],
        "E6": [10, 15, 22, 33, 47, 68],
        "E12": [10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82],
        "E24": [10, 11, 12, 13, 15, 16, 18, 20, 22, 24, 27, 30, 33, 36, 39, 43, 47, 51, 56, 62, 68, 75, 82, 91],
        "E48": [
            100, 105, 110, 115, 121, 127, 133, 140, 147, 154, 162, 169, 178, 187, 196, 205, 215, 226, 237, 249, 261,
            274, 287,
            301, 316, 332, 348, 365, 383, 402, 422, 442, 464, 487, 511, 536, 562, 590, 619, 649, 681, 715, 750, 787,
            825, 866,
            909, 953,
        ],
        "E96": [
            100, 102, 105, 107, 110, 113, 115, 118, 121, 124, 127, 130, 133, 137, 140, 143, 147, 150, 154, 158, 162,
            165, 169,
            174, 178, 182, 187, 191, 196, 200, 205, 210, 215, 221, 226, 232, 237, 243, 249, 255, 261, 267, 274, 280,
            287, 294,
            301, 309, 316, 324, 332, 340, 348, 357, 365, 374, 383, 392, 402, 412, 422, 432, 442, 453, 464, 475, 487,
            499, 511,
            523, 536, 549, 562, 576, 590, 604, 619, 634, 649, 665, 681, 698, 715, 732, 750, 768, 787, 806, 825, 845,
            866, 887,
            909, 931, 953, 976,
        ],
        "E192": [
            100, 101, 102, 104, 105, 106, 107, 109, 110, 111, 113, 114, 115, 117, 118, 120, 121, 123, 124, 126, 127,
            129, 130,
            132, 133, 135, 137, 138, 140, 142, 143, 145, 147, 149, 150, 152, 154, 156, 158, 160, 162, 164, 165, 167,
            169, 172,
            174, 176, 178, 180, 182, 184, 187, 189, 191, 193, 196, 198, 200, 203, 205, 208, 210, 213, 215, 218, 221,
            223, 226,
            229, 232, 234, 237, 240, 243, 246, 249, 252, 255, 258, 261, 264, 267, 271, 274, 277, 280, 284, 287, 291,
            294, 298,
            301, 305, 309, 312, 316, 320, 324, 328, 332, 336, 340, 344, 348, 352, 357, 361, 365, 370, 374, 379, 383,
            388, 392,
            397, 402, 407, 412, 417, 422, 427, 432, 437, 442, 448, 453, 459, 464, 470, 475, 481, 487, 493, 499, 505,
            511, 517,
            523, 530, 536, 542, 549, 556, 562, 569, 576, 583, 590, 597, 604, 612, 619, 626, 634, 642, 649, 657, 665,
            673, 681,
            690, 698, 706, 715, 723, 732, 741, 750, 759, 768, 777, 787, 796, 806, 816, 825, 835, 845, 856, 866, 876,
            887, 898,
            909, 920, 931, 942, 953, 965, 976, 988,
        ],
    ]
}
