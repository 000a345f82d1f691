/// Whether a model forecasts better than seasonal naive, by origins that had no part in choosing it.
///
/// The best of many models looks good on the origins it was chosen by, also where it is not. So the model is chosen by
/// the earlier origins, and has to beat seasonal naive again on the later ones, by `margin` at least, and at two thirds
/// of all origins; otherwise nothing is claimed for it.
public struct Verdict: Sendable {
    public let model: ForecastModel
    /// Whether better forecasts than seasonal naive's are claimed.
    public let hasSkill: Bool
    /// The share of seasonal naive's error that the model avoids at the later origins; negative where it adds to it.
    public let skill: Double?
    /// The same for people.
    public let statement: String

    /// The fewest origins that can be split into some to choose by and some to confirm by.
    static let fewestOrigins = 3
    /// The least share of seasonal naive's error to avoid; less is luck as easily as skill.
    static let margin = 0.02

    /// - Parameter chosen: the model that was asked for; nil to choose one.
    init(_ backtest: Backtest, chosen: ForecastModel?, season: Int) {
        let yardstick = ForecastModel.yardstick(season: season)
        let benchmark = yardstick == .naive ? "naive (the last value repeated)" : "seasonal naive"
        let count = backtest.origins.count
        guard count >= Verdict.fewestOrigins, let naive = backtest[yardstick] else {
            model = chosen ?? yardstick
            hasSkill = false
            skill = nil
            statement =
                "The series is too short to tell whether any model beats \(benchmark): no skill is claimed"
                + (chosen == nil ? ", and the forecasts are \(yardstick.rawValue)." : " for \(model.rawValue).")
            return
        }
        let choosing = 0..<(count - max(1, count * 3 / 8))
        let confirming = choosing.upperBound..<count
        let best =
            chosen
            ?? backtest.scores.reduce(naive) { $1.rank(choosing) < $0.rank(choosing) * (1 - 1e-9) ? $1 : $0 }.model
        guard let score = backtest[best] else {
            model = best
            hasSkill = false
            skill = nil
            statement =
                "The series is too short to back-test \(best.rawValue): no skill is claimed for it."
            return
        }
        let (own, other) = (score.rank(confirming), naive.rank(confirming))
        let better = (0..<count).count { score.trials[$0].mae < naive.trials[$0].mae }
        let wins = own < other * (1 - Verdict.margin) && 3 * better >= 2 * count
        let isScaled = score.mase != nil
        let times = "; at \(better) of \(count) it was the better one"
        func text(_ value: Double) -> String { (isScaled ? "MASE " : "mean absolute error ") + short(value) }
        let sample =
            "at the last \(confirming.count == 1 ? "origin" : "\(confirming.count) of \(count) origins"), "
            + (chosen == nil ? "which had no part in choosing it" : "the later ones")
        if chosen != nil {
            model = best
            hasSkill = best != yardstick && wins
            skill = best == yardstick || other == 0 ? nil : 1 - own / other
            if best == yardstick {
                statement = "\(best.rawValue) is the yardstick itself (\(text(other))): no skill is claimed for it."
            } else if hasSkill {
                statement =
                    "\(best.rawValue) beats \(benchmark): \(text(own)) against \(text(other)) \(sample)\(times)."
            } else {
                statement =
                    "\(best.rawValue) is not shown to beat \(benchmark) (\(text(own)) against \(text(other)) \(sample)\(times)): no skill is claimed for it."
            }
        } else if best != yardstick && wins {
            model = best
            hasSkill = true
            skill = 1 - own / other
            statement =
                "\(best.rawValue) beats \(benchmark): \(text(own)) against \(text(other)) \(sample)\(times)."
        } else {
            model = yardstick
            hasSkill = false
            skill = nil
            statement =
                best == yardstick
                ? "Nothing beats \(benchmark) (\(text(naive.rank(0..<count))) over \(count) origins): the forecasts are its own."
                : "Nothing is shown to beat \(benchmark): \(best.rawValue), best at the first \(choosing.count) origins, "
                    + "was not clearly better at the other \(confirming.count) (\(text(own)) against \(text(other))\(times)). "
                    + "The forecasts are those of \(yardstick.rawValue)."
        }
    }
}
