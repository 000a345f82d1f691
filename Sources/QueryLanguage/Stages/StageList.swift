extension StageOperator {
    /// Every stage. A new stage gets a file of its own in this folder and a place here.
    static let all: [StageOperator] = [
        .bucket, .bucketAuto, .count, .facet, .graphLookup, .group, .limit, .lookup, .match, .redact, .replaceRoot,
        .replaceWith, .sample, .skip, .sort, .sortByCount, .unionWith, .unwind,
    ]
}
