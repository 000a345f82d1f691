extension StageOperator {
    /// Every stage. A new stage gets a file of its own in this folder and a place here.
    static let all: [StageOperator] = [
        .addFields, .bucket, .bucketAuto, .count, .facet, .graphLookup, .group, .limit, .lookup, .match, .merge, .out,
        .project, .redact, .replaceRoot, .replaceWith, .sample, .set, .skip, .sort, .sortByCount, .unionWith, .unset,
        .unwind,
    ]
}
