/// What a node stands for.
public enum NodeKind: UInt8, CaseIterable, Sendable {
    case customer = 0
    case product
    case designer

    /// `customer`, as it stands before the colon of `customer:17850`.
    public var name: String { "\(self)" }

    public init?(name: some StringProtocol) {
        guard let kind = NodeKind.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    /// The collection whose documents the nodes are.
    public var collection: String { name + "s" }
}

/// What an edge says, and between whom. Two nodes have at most one edge of a type; its weight and time sum up what the
/// store holds.
public enum EdgeType: UInt8, CaseIterable, Sendable {
    /// Customer → product. Weight: the sales that hold the product; time: the last of them.
    case bought = 0
    /// Customer → product. Weight: how often; time: the last view.
    case viewed
    /// Customer → product. Weight: the score of the last review; time: when that was written.
    case reviewed
    /// Customer → designer. Weight: the sessions that were not cancelled or missed; time: the last of them.
    case met
    /// Designer → product. Weight 1; time: when the product was created.
    case designed
    /// Product – product, in both directions. Weight: the sales that hold both; time: the last of them.
    case boughtTogether

    public var name: String { "\(self)" }

    public init?(name: some StringProtocol) {
        guard let type = EdgeType.allCases.first(where: { $0.name == name }) else { return nil }
        self = type
    }

    /// Where edges of this type start.
    public var source: NodeKind {
        switch self {
        case .bought, .viewed, .reviewed, .met: .customer
        case .designed: .designer
        case .boughtTogether: .product
        }
    }

    /// Where they lead.
    public var target: NodeKind { self == .met ? .designer : .product }

    /// Whether every edge also runs the other way round.
    public var isSymmetric: Bool { self == .boughtTogether }

    /// What becomes of several edges of this type between the same two nodes.
    var merging: Merging { self == .reviewed || self == .designed ? .latest : .sum }

    enum Merging {
        /// Weights add up.
        case sum
        /// The weight of the latest stands; of several at one time, that which was read last.
        case latest
    }
}

/// Which way an edge is followed.
public enum Direction: String, CaseIterable, Sendable {
    /// From its source to its target.
    case out
    /// From its target to its source.
    case `in`
    case both
}
