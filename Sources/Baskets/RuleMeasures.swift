/// How interesting a rule X ⇒ Y is, from four counts. Doubles are rounded once, from exact products.
public struct RuleMeasures: Sendable, Equatable, BitwiseCopyable {
    /// Baskets that hold X and Y, X, Y, and all baskets.
    let both: UInt32, antecedent: UInt32, consequent: UInt32, total: UInt32

    public init(both: Int, antecedent: Int, consequent: Int, total: Int) {
        self.both = UInt32(both)
        self.antecedent = UInt32(antecedent)
        self.consequent = UInt32(consequent)
        self.total = UInt32(total)
    }

    init(_ both: UInt32, _ antecedent: UInt32, _ consequent: UInt32, _ total: UInt32) {
        self.both = both
        self.antecedent = antecedent
        self.consequent = consequent
        self.total = total
    }

    private func product(_ a: UInt32, _ b: UInt32) -> Double { Double(UInt64(a) * UInt64(b)) }
    /// total · both − antecedent · consequent: how far the rule is from independence.
    private var excess: Double {
        Double(Int128(UInt64(both) * UInt64(total)) - Int128(UInt64(antecedent) * UInt64(consequent)))
    }

    /// s(XY): the part of all baskets that hold both.
    public var support: Double { Double(both) / Double(total) }
    /// s(XY) / s(X): the part of the baskets with X that hold Y too.
    public var confidence: Double { Double(both) / Double(antecedent) }
    /// s(XY) / (s(X) s(Y)): how many times as often as if X and Y had nothing to do with each other.
    public var lift: Double { product(both, total) / product(antecedent, consequent) }
    /// s(XY) − s(X) s(Y).
    public var leverage: Double { excess / product(total, total) }
    /// (1 − s(Y)) / (1 − confidence); infinite where the confidence is 1.
    public var conviction: Double {
        antecedent == both
            ? .infinity : product(total - consequent, antecedent) / product(total, antecedent - both)
    }
    /// Zhang's measure, from −1 (never together) to 1: leverage / max(s(XY)(1 − s(X)), s(X)(s(Y) − s(XY))); 0 where both
    /// parts of the maximum are 0, which means that all baskets hold X and Y alike.
    public var zhang: Double {
        let scale = max(product(both, total - antecedent), product(antecedent, consequent - both))
        return scale == 0 ? 0 : excess / scale
    }
    /// s(XY) / (s(X) + s(Y) − s(XY)): the part of the baskets with X or Y that hold both.
    public var jaccard: Double {
        Double(both) / (Double(antecedent) + Double(consequent) - Double(both))
    }
    /// s(XY) / √(s(X) s(Y)).
    public var cosine: Double { Double(both) / product(antecedent, consequent).squareRoot() }
}

extension RuleMeasures {
    /// The measures by name, in the order in which they are shown.
    public enum Name: String, Sendable, CaseIterable {
        case support, confidence, lift, leverage, conviction, zhang, jaccard, cosine
    }

    public subscript(_ name: Name) -> Double {
        switch name {
        case .support: support
        case .confidence: confidence
        case .lift: lift
        case .leverage: leverage
        case .conviction: conviction
        case .zhang: zhang
        case .jaccard: jaccard
        case .cosine: cosine
        }
    }
}
