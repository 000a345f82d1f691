/// One of the numbers at the top of a report: that of the latest complete month, and how it came about.
public struct KeyFigure: Sendable {
    public let title: String
    /// The month the value is of, such as `November 2011`.
    public let month: String
    public let value: String
    /// Against the month before, such as `+12.3%`; nil where that is not there or not complete.
    public let change: String?
    public let direction: Direction
    /// The month that the change is against.
    public let monthBefore: String
    /// The same over all the data.
    public let overall: String
    /// The value of each complete month, at most the latest 13, oldest first; nil where it has none.
    public let history: [Double?]
    /// The history in words.
    public let historyText: String

    public enum Direction: String, Sendable {
        case up, down, level
    }
}
