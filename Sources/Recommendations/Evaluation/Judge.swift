import Platform

/// Lets models rank for the customers of a split, and judges the lists.
struct Judge: Sendable {
    let split: HoldoutSplit
    /// Lists are so long.
    static let length = 10
    let check: @Sendable () throws -> Void

    init(_ split: HoldoutSplit, check: @escaping @Sendable () throws -> Void = {}) {
        self.split = split
        self.check = check
    }

    func quality(of model: any ScoringModel, _ setting: HoldoutSplit.Setting, seed: UInt64? = nil) throws
        -> RankingQuality
    {
        try qualities(setting, variants: 1, seed: seed) { history, scratch, emit in
            try model.score(history, into: scratch.first)
            emit(0, scratch.first)
        }[0]
    }

    /// Rooms for scores that a thread has to itself.
    struct Scratch {
        let first: UnsafeMutableBufferPointer<Float>
        let second: UnsafeMutableBufferPointer<Float>
        let sum: UnsafeMutableBufferPointer<Float>
    }

    typealias Emit = (_ variant: Int, _ scores: UnsafeMutableBufferPointer<Float>) -> Void

    /// Judges several variants in one pass over the customers.
    ///
    /// - Parameter score: is given a customer's history, and hands over scores of each variant; they may be written to.
    func qualities(
        _ setting: HoldoutSplit.Setting, variants: Int, every step: Int = 1, seed: UInt64? = nil,
        _ score: @escaping @Sendable (History, Scratch, Emit) throws -> Void
    ) throws -> [RankingQuality] {
        let cases = split.cases(setting).enumerated().filter { $0.offset % step == 0 }.map(\.element)
        let (log, length) = (split.training, Judge.length)
        let size = log.products.count
        var scores: [RankingQuality.Score] = []
        let lists = try Slots.filled(cases.count * variants, with: [Int32]()) { lists in
            scores = try Slots.filled(cases.count * variants, with: RankingQuality.Score()) { results in
                try SideBySide.forEachRange(of: cases.count, size: 32) { range in
                    try check()
                    let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, 3 * size))
                    room.initialize(repeating: 0)
                    defer { room.deallocate() }
                    func part(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
                        UnsafeMutableBufferPointer(rebasing: room[index * size..<(index + 1) * size])
                    }
                    let scratch = Scratch(first: part(0), second: part(1), sum: part(2))
                    for index in range {
                        let test = cases[index]
                        let history = log.history(of: test.customer)
                        try score(history, scratch) { variant, values in
                            if setting == .new {
                                for basket in history.baskets {
                                    for place in basket { values[Int(place)] = -.infinity }
                                }
                            }
                            let list = TopList.best(length, of: UnsafeBufferPointer(values)).map(\.place)
                            lists.base[variant * cases.count + index] = list
                            results.base[variant * cases.count + index] = RankingQuality.Score(
                                list, truth: test.truth(setting), length: length)
                        }
                    }
                }
            }
        }
        return (0..<variants).map { variant in
            let part = variant * cases.count..<(variant + 1) * cases.count
            return RankingQuality(
                Array(scores[part]), recommended: Set(lists[part].joined()), products: size, seed: seed)
        }
    }
}
