import Analytics
import BSON

extension KeyFigure {
    /// - Parameters:
    ///   - months: the complete months that are shown; the last is the one the value is of.
    ///   - hasBefore: whether the month before the last is complete.
    ///   - values: one a month.
    ///   - name: a month's name.
    init(
        _ title: String, _ column: Column, months: ClosedRange<Int>, hasBefore: Bool, values: [BSONValue?],
        overall: BSONValue?, name: (Int) -> String
    ) {
        let text = { (value: BSONValue?) in value.map { $0.withValue { CellText.readable($0, column) } } ?? "–" }
        self.title = title
        month = name(months.upperBound)
        monthBefore = name(months.upperBound - 1)
        value = text(values.last ?? nil)
        self.overall = text(overall)
        history = values.map { $0?.doubleValue }
        let now = history.last ?? nil
        let before = hasBefore ? history.dropLast().last ?? nil : nil
        (change, direction) = KeyFigure.change(from: before, to: now, inPoints: column.unit == .ratio)
        let range = zip(months, values).filter { $0.1 != nil }
        let least = range.min { ($0.1?.doubleValue ?? 0) < ($1.1?.doubleValue ?? 0) }
        let greatest = range.max { ($0.1?.doubleValue ?? 0) < ($1.1?.doubleValue ?? 0) }
        if let least, let greatest {
            historyText =
                "\(title) by month from \(name(months.lowerBound)) to \(month): least \(text(least.1)) in "
                + "\(name(least.0)), greatest \(text(greatest.1)) in \(name(greatest.0))"
        } else {
            historyText = "\(title) by month: no values"
        }
    }

    /// The change of an amount in percent, that of a ratio in percentage points.
    private static func change(from before: Double?, to now: Double?, inPoints: Bool) -> (String?, Direction) {
        guard let before, let now, inPoints || before > 0 else { return (nil, .level) }
        let tenths = ((inPoints ? now - before : now / before - 1) * 1000).rounded()
        guard tenths.magnitude < 1e9 else { return (nil, .level) }
        let direction: Direction = tenths > 0 ? .up : tenths < 0 ? .down : .level
        let digits = Int64(tenths.magnitude)
        let sign = tenths > 0 ? "+" : tenths < 0 ? "−" : "±"
        let number = CellText.readable(.int64(digits / 10), Column(name: "", type: .integer))
        return ("\(sign)\(number).\(digits % 10)" + (inPoints ? " points" : "%"), direction)
    }
}
