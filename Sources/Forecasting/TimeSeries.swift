import BSON

/// One number for each of consecutive periods.
public struct TimeSeries: Sendable {
    public let period: Period
    /// The number of the first period.
    public let first: Int
    /// Finite numbers; a period without any observation is 0.
    public let values: [Double]
    /// What was left out or filled in, in sentences.
    public let notes: [String]

    /// How many periods a series may have.
    public static let longest = 20_000

    /// The number of the period after the last.
    public var end: Int { first + values.count }

    /// A series of values that are known already.
    public init(period: Period, first: Int, values: [Double], notes: [String] = []) {
        self.period = period
        self.first = first
        self.values = values
        self.notes = notes
    }

    /// Adds up daily observations by period.
    ///
    /// Only periods whose days all lie within the coverage count: half a month is no month.
    /// - Parameters:
    ///   - days: days since 1970-01-01 and values, in any order.
    ///   - coverage: the days that the data cover, where nothing observed means zero.
    /// - Throws: `badValue` where no whole period is left.
    public init(days: [(day: Int, value: Double)], coverage: Range<Int>, period: Period) throws {
        var start = period.index(ofDay: coverage.lowerBound)
        if period.firstDay(of: start) < coverage.lowerBound { start += 1 }
        let end = period.index(ofDay: coverage.upperBound)  // The first period that is not covered to its end.
        guard start < end else {
            throw AtelierError(
                .badValue, "the data cover no whole \(period.rawValue)",
                advice: "Choose shorter periods, or a longer range.")
        }
        guard end - start <= TimeSeries.longest else {
            throw AtelierError(
                .badValue,
                "the data cover \(end - start) \(period.rawValue)s: \(TimeSeries.longest) at most can be forecast from",
                advice: "Choose longer periods or a shorter range; a date may be mistaken.")
        }
        var values = [Double](repeating: 0, count: end - start)
        var isObserved = [Bool](repeating: false, count: end - start)
        var left = 0
        for (day, value) in days where coverage.contains(day) {
            let index = period.index(ofDay: day) - start
            guard values.indices.contains(index) else {
                left += 1
                continue
            }
            values[index] += value
            isObserved[index] = true
        }
        var notes: [String] = []
        let empty = isObserved.count { !$0 }
        if empty > 0 {
            notes.append("\(period.counted(empty)) without any observation \(empty == 1 ? "counts" : "count") as 0.")
        }
        if left > 0 {
            notes.append(
                "Incomplete \(period.rawValue)s at the ends are left out (\(Period.day.counted(left)) with data).")
        }
        self.init(period: period, first: start, values: values, notes: notes)
    }
}
