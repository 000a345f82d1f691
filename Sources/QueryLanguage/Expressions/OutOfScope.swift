import BSON

extension ExpressionOperator {
    /// Operators that need a JavaScript engine, which this deployment has not: refused as MongoDB does without one.
    static let outOfScope: [ExpressionOperator] = [
        form("$function") { _, _ in throw noJavaScript }
    ]

    private static let noJavaScript = AtelierError(
        31264, "Cannot run server-side javascript without the javascript engine enabled",
        advice: "Write the function with aggregation expressions.")
}
