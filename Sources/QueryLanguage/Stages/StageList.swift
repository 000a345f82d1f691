extension StageOperator {
    /// Every stage. A new stage gets a file of its own in this folder and a place here.
    static let all: [StageOperator] = [
        .count, .facet, .group, .limit, .lookup, .match, .replaceRoot, .replaceWith, .skip, .sort, .sortByCount, .unwind,
    ]
}
