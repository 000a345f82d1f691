/// What of a store becomes a graph.
public struct GraphOptions: Sendable {
    /// The edges to read; the others stay empty. Nodes are read of every kind that these link.
    public var types = Set(EdgeType.allCases)
    /// Only what happened at this time or later, in milliseconds since 1970.
    public var from: Int64?
    /// Only what happened before this time.
    public var to: Int64?
    /// How `boughtTogether` is counted.
    public var together = TogetherOptions()
    /// The reading fails with `maxTimeMSExpired` after so many milliseconds in the store.
    public var maxTimeMS: Int?

    public init(types: Set<EdgeType> = Set(EdgeType.allCases)) { self.types = types }
}

/// How pairs of products are counted: all pairs of a large sale would be too many.
public struct TogetherOptions: Sendable, Equatable {
    /// Sales of more products do not count.
    public var maximumBasket = 500
    /// Pairs of fewer sales are left out.
    public var minimumCount = 2
    /// A pair stays if it is among the so many most frequent of either product; ties go to the lower id.
    public var perProduct = 100

    public init() {}
}

/// How a caller watches over reading and walking: asked now and then.
public struct GraphMonitor: Sendable {
    /// Throws where the work shall end; the error reaches the caller.
    public var check: @Sendable () throws -> Void
    /// Told how many documents of a collection have been read.
    public var report: @Sendable (_ collection: String, _ documents: Int) -> Void

    public init(
        check: @escaping @Sendable () throws -> Void = {},
        report: @escaping @Sendable (_ collection: String, _ documents: Int) -> Void = { _, _ in }
    ) {
        self.check = check
        self.report = report
    }
}
