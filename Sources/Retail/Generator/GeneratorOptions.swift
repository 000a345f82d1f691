import BSON

/// What the generator makes.
public struct GeneratorOptions: Sendable, Equatable {
    /// How many sales there are; everything else grows with them.
    public var orders: Int
    public var seed: UInt64
    /// Where the data ends: "now" of the generated shop, a midnight in milliseconds since the epoch. The default is fixed,
    /// so that the same options give the same bytes on any day.
    public var end: Int64
    /// How many days the sales cover.
    public var days: Int

    /// 2026-01-01T00:00:00Z.
    public static let defaultEnd: Int64 = 1_767_225_600_000

    /// - Parameter end: taken back to the midnight before.
    /// - Throws: `badValue` for numbers out of range.
    public init(orders: Int, seed: UInt64 = 1, end: Int64 = GeneratorOptions.defaultEnd, days: Int = 730) throws {
        guard 0...1_000_000_000 ~= orders else {
            throw AtelierError(.badValue, "orders is \(orders)", advice: "Give a number from 0 to 1,000,000,000.")
        }
        guard 30...3650 ~= days else {
            throw AtelierError(.badValue, "days is \(days)", advice: "Give a number from 30 to 3650.")
        }
        // Years 1990 to 2200: dates before and after stay ordinary.
        guard 631_152_000_000...7_258_118_400_000 ~= end else {
            throw AtelierError(.badValue, "the end lies outside the years 1990 to 2200")
        }
        self.orders = orders
        self.seed = seed
        self.end = end - end % 86_400_000
        self.days = days
    }
}
