/// How far forecasts were from what came.
///
/// Percentages of the actual values (MAPE) are not among them: a shop that is closed on a day sells 0.
/// Source: Hyndman and Koehler, "Another look at measures of forecast accuracy" (2006).
public enum Accuracy {
    /// Mean absolute error.
    public static func mae(_ actual: [Double], _ predicted: [Double]) -> Double {
        zip(actual, predicted).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(actual.count)
    }

    /// Root of the mean squared error.
    public static func rmse(_ actual: [Double], _ predicted: [Double]) -> Double {
        (zip(actual, predicted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(actual.count)).squareRoot()
    }

    /// Symmetric percentage error, from 0 to 200; a term is 0 where both are.
    public static func smape(_ actual: [Double], _ predicted: [Double]) -> Double {
        let sum = zip(actual, predicted).reduce(0) { sum, pair in
            let scale = abs(pair.0) + abs(pair.1)
            return scale == 0 ? sum : sum + 2 * abs(pair.0 - pair.1) / scale
        }
        return 100 * sum / Double(actual.count)
    }

    /// The absolute errors' share of the actual values' sum; nil where that is 0.
    public static func wape(_ actual: [Double], _ predicted: [Double]) -> Double? {
        let scale = actual.reduce(0) { $0 + abs($1) }
        return scale == 0 ? nil : mae(actual, predicted) * Double(actual.count) / scale
    }

    /// The mean absolute error of repeating the value a season ago, within a series; nil where it is 0 or the series
    /// no longer than a season.
    public static func scale(_ train: [Double], season: Int) -> Double? {
        guard train.count > season else { return nil }
        let error = mae(Array(train[season...]), Array(train[..<(train.count - season)]))
        return error == 0 ? nil : error
    }

    /// Mean absolute scaled error: in units of what seasonal naive misses by, one step ahead, in the training data.
    public static func mase(_ actual: [Double], _ predicted: [Double], train: [Double], season: Int) -> Double? {
        scale(train, season: season).map { mae(actual, predicted) / $0 }
    }
}
