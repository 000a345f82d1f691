import BSON

extension ExpressionOperator {
    /// `$meta`: what MongoDB knows of a document besides its fields. None of it exists here: a query that asks for it is
    /// refused, as MongoDB refuses one without the search or sort that would make it.
    ///
    /// Source: MongoDB manual, "$meta".
    static let metadata: [ExpressionOperator] = [
        form("$meta") { argument, _ in
            guard argument.type == .string else {
                throw AtelierError(17307, "$meta only supports string arguments, not \(argument.type.name)")
            }
            let name = argument.asString
            guard kinds.contains(name) else { throw AtelierError(17308, "Unsupported argument to $meta: \(name)") }
            throw AtelierError(40218, "query requires \(name) metadata, but it is not available")
        }
    ]

    private static let kinds: Set<String> = [
        "textScore", "randVal", "searchScore", "searchHighlights", "searchScoreDetails", "vectorSearchScore",
        "geoNearDistance", "geoNearPoint", "recordId", "indexKey", "sortKey",
    ]
}
