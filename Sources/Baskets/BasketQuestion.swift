import BSON

/// What is asked of baskets, by a person or a service: which rules or sets, and how many of them.
public struct BasketQuestion: Sendable {
    /// What is wanted.
    public enum Kind: Sendable, Equatable {
        case rules(by: RuleMeasures.Name)
        case sets(SetList.Kind, by: SetList.Order)
    }

    public var kind: Kind
    public var threshold = ItemsetMiner.Threshold.support(BasketQuestion.standardSupport)
    public var minimumConfidence = BasketQuestion.standardConfidence
    public var minimumLift: DecimalRatio?
    public var anyConsequent = false
    /// The most items of a set, or of a rule's two sides together; nil for any number.
    public var maximumSize: Int?
    /// Items that every set or rule holds.
    public var containing: [BSONValue] = []
    /// Items that every rule's consequent holds.
    public var consequents: [BSONValue] = []
    /// How many are wanted at most; nil for all.
    public var limit: Int?
    /// Bytes.
    public var memory = MemoryBudget.standardLimit

    /// One in a hundred.
    public static let standardSupport = try! DecimalRatio("0.01")  // A constant that is a decimal number.
    /// One in two.
    public static let standardConfidence = try! DecimalRatio("0.5")  // A constant that is a decimal number.

    public init(_ kind: Kind) { self.kind = kind }

    /// Mines the baskets.
    ///
    /// - Throws: `noSuchKey` where no basket has an item that is asked for; `queryExceededMemory`; what the monitor throws.
    public func answer(_ baskets: Baskets, monitor: MiningMonitor = MiningMonitor()) throws -> BasketAnswer {
        let containing = try containing.map { try baskets.known($0) }
        let consequents = try consequents.map { try baskets.known($0) }
        let budget = MemoryBudget(limit: memory)
        var miner = ItemsetMiner(threshold: threshold, maximumSize: maximumSize, budget: budget, monitor: monitor)
        switch kind {
        case .rules(let measure):
            let sets = try miner.mine(baskets)
            var rules = RuleMiner(minimumConfidence: minimumConfidence, budget: budget)
            rules.minimumLift = minimumLift
            rules.anyConsequent = anyConsequent
            rules.containing = containing
            rules.consequents = consequents
            rules.monitor = monitor
            var list = try rules.rules(of: sets)
            let total = list.count
            list.sort(by: measure, limit: limit)
            return BasketAnswer(baskets: baskets, content: .rules(list), total: total, minimumCount: sets.minimumCount)
        case .sets(let kind, let order):
            // Whether a set is closed or maximal shows in the sets that have one item more.
            if kind != .all, let size = maximumSize { miner.maximumSize = size + 1 }
            let sets = try miner.mine(baskets)
            var list = try sets.list(
                kind, sizes: 1...(maximumSize ?? .max), containing: containing, monitor: monitor, budget: budget)
            let total = list.count
            list.sort(by: order, limit: limit)
            return BasketAnswer(baskets: baskets, content: .sets(list), total: total, minimumCount: sets.minimumCount)
        }
    }
}

extension Baskets {
    fileprivate func known(_ item: BSONValue) throws -> UInt32 {
        if let number = number(of: item) { return number }
        let text = item.stringValue ?? item.extendedJSON()
        let nearest = nearestName(to: text, among: items.compactMap(\.stringValue))
        throw AtelierError(
            .noSuchKey, "no basket holds the item \(text)", advice: nearest.map { "Did you mean \($0)?" })
    }
}

/// Rules or sets, as rows.
public struct BasketAnswer: Sendable {
    enum Content: Sendable {
        case rules(RuleList)
        case sets(SetList)
    }

    public let baskets: Baskets
    let content: Content
    /// How many there are, also of those that a limit left out.
    public let total: Int
    /// How many baskets a set had to be in.
    public let minimumCount: Int

    /// How many rows there are.
    public var count: Int {
        switch content {
        case .rules(let list): list.count
        case .sets(let list): list.count
        }
    }

    /// Shows each row to the closure: `antecedent`, `consequent`, `count` and the measures of a rule; `items`, `count`
    /// and `support` of a set. The view must not leave the closure.
    ///
    /// - Parameter joined: whether items are one text, with commas between them, instead of an array.
    public func forEachRow(joined: Bool = false, _ body: (DocumentView) throws -> Void) throws {
        let writer = BSONWriter()
        for index in 0..<count {
            writer.reset()
            switch content {
            case .rules(let list):
                append("antecedent", list.antecedent(index), joined, to: writer)
                append("consequent", list.consequent(index), joined, to: writer)
                writer.append("count", ValueView.integer(Int64(list.basketCount(index))))
                let measures = list.measures(index)
                for name in RuleMeasures.Name.allCases {
                    writer.append(name.rawValue, ValueView.double(measures[name]))
                }
            case .sets(let list):
                append("items", Array(list.items(index)), joined, to: writer)
                let count = list.basketCount(index)
                writer.append("count", ValueView.integer(Int64(count)))
                writer.append("support", ValueView.double(Double(count) / Double(list.basketCount)))
            }
            try body(writer.finish())
        }
    }

    private func append(_ name: String, _ numbers: [UInt32], _ joined: Bool, to writer: BSONWriter) {
        if joined {
            let texts = numbers.map { number in
                let item = baskets.items[Int(number)]
                return item.stringValue ?? item.extendedJSON()
            }
            writer.append(name, BSONValue.string(texts.joined(separator: ", ")))
        } else {
            writer.array(name) { writer in
                for number in numbers { writer.appendElement(baskets.items[Int(number)]) }
            }
        }
    }
}
