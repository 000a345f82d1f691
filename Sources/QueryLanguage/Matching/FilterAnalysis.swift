import BSON

/// What a filter says about the documents it accepts, path by path: what a planner needs to choose an index.
///
/// Every document the filter accepts satisfies all `constraints`, and at least one branch of every entry of
/// `alternatives`. The converse holds only where `isExact`.
public struct FilterAnalysis: Sendable {
    public private(set) var constraints: [PathConstraint] = []
    /// The `$or`s: the analyses of their branches.
    public private(set) var alternatives: [[FilterAnalysis]] = []
    /// Whether the constraints and alternatives are all that the filter says.
    private var isComplete = true
    /// Whether that can be told from an index too, so that documents found through its keys need not be tested again.
    public var isExact: Bool {
        isComplete && constraints.allSatisfy(\.isExact) && alternatives.allSatisfy { $0.allSatisfy(\.isExact) }
    }
    private var groups = 0

    /// - Throws: what compiling the filter throws.
    public init(_ filter: DocumentView) throws {
        let arena = Arena(chunkSize: 1024)
        try self.init(FilterParser(arena: arena).filter(filter))
    }

    init(_ node: FilterNode) throws { add(node, below: "", group: nil) }

    // MARK: Reading the filter

    private mutating func add(_ node: FilterNode, below path: String, group: Int?) {
        switch node {
        case .all(let nodes): for node in nodes { add(node, below: path, group: group) }
        case .field(let field):
            // Below the element there may be arrays again: such a condition shares no element with others.
            if group != nil && field.path.contains(".") { groups += 1 }
            let own = group != nil && field.path.contains(".") ? groups : group
            add(field.condition, at: path + field.path, group: own)
        case .any(let nodes):
            if nodes.count == 1 { return add(nodes[0], below: path, group: group) }
            // Inside `$elemMatch` the branches speak of one element; nothing is said of the whole document's paths.
            if group == nil {
                let branches = nodes.map { node in
                    var branch = FilterAnalysis()
                    branch.add(node, below: path, group: nil)
                    return branch
                }
                alternatives.append(branches)
                isComplete = isComplete && branches.allSatisfy(\.isComplete)
            } else {
                isComplete = false
            }
        case .constant(let answer): if !answer { isComplete = false }
        case .none, .expression, .schema, .sample: isComplete = false
        }
    }

    private init() {}

    /// - Parameter group: the `$elemMatch` around the condition, if any.
    private mutating func add(_ condition: FilterNode.Condition, at path: String, group: Int?) {
        switch condition {
        case .all(let conditions): for condition in conditions { add(condition, at: path, group: group) }
        case .elementFilter(let node):
            groups += 1
            add(node, below: path + ".", group: groups)
            isComplete = false
        case .element(let inner):
            groups += 1
            let (intervals, _) = FilterAnalysis.intervals(inner, dotted: false)
            constraints.append(
                PathConstraint(
                    path: path, intervals: intervals, requiresPresence: true, isExact: false, elementGroup: groups))
            isComplete = false
        case .exists:
            constraints.append(
                PathConstraint(
                    path: path, intervals: .everything, requiresPresence: true,
                    isExact: group == nil && !path.contains("."), elementGroup: group))
        default:
            let (intervals, exact) = FilterAnalysis.intervals(condition, dotted: path.contains("."))
            if !exact { isComplete = false }
            if intervals.isEverything { return }
            constraints.append(
                PathConstraint(
                    path: path, intervals: intervals, requiresPresence: !intervals.contains(.null),
                    isExact: exact && group == nil, elementGroup: group))
        }
    }

    // MARK: From conditions to intervals

    /// The values that may satisfy a condition, and whether each of them does. An array satisfies one through an element, or
    /// as a whole; a missing value counts as null.
    ///
    /// - Parameter dotted: whether arrays may lie on the way, so that the path leads nowhere: an index holds null then.
    private static func intervals(_ condition: FilterNode.Condition, dotted: Bool) -> (ValueIntervals, isExact: Bool) {
        switch condition {
        case .compare(let comparison, let constant): return compare(comparison, constant)
        case .member(let values, let regexes):
            let parts = values.map { compare(.equal, $0) } + regexes.map(\.intervals)
            return (ValueIntervals(parts.flatMap(\.0.intervals)), parts.allSatisfy(\.isExact))
        case .regex(let regex): return regex.intervals
        case .mod: return (ValueIntervals([ValueIntervals.bracket(.int32)]), false)
        case .bits:
            return (ValueIntervals([ValueIntervals.bracket(.int32), ValueIntervals.bracket(.binary)]), false)
        case .type(let types):
            // A stored array shows its elements only.
            if types.contains(.array) { return (.everything, false) }
            let exact = !types.types.contains(where: \.isNumber) || types.isSuperset(of: .number)
            // NaN is a number too, though no comparison finds it.
            let intervals = ValueIntervals(
                types.types.map {
                    $0.isNumber
                        ? ValueInterval(.double(.nan), true, .double(.infinity), true) : ValueIntervals.bracket($0)
                })
            return (
                intervals,
                exact && !types.contains(.null) && !types.contains(.undefined) && !types.contains(.symbol)
                    && !types.contains(.string)
            )
        case .all(let conditions):
            var result = (ValueIntervals.everything, isExact: true)
            for part in conditions.map({ intervals($0, dotted: dotted) }) {
                result = (result.0.intersection(part.0), result.isExact && part.isExact)
            }
            return result
        case .not(.exists) where !dotted: return (.null, false)
        case .not(let inner):
            let (intervals, exact) = intervals(inner, dotted: dotted)
            guard exact || intervals.isNull else { return (.everything, false) }
            return (dotted ? intervals.complement().union(.null) : intervals.complement(), false)
        case .constant(let answer): return (answer ? .everything : ValueIntervals([]), true)
        case .exists, .size, .element, .elementFilter: return (.everything, false)
        }
    }

    private static func compare(_ comparison: FilterComparison, _ constant: ValueView) -> (
        ValueIntervals, isExact: Bool
    ) {
        if constant.type == .array {
            guard comparison == .equal else { return (.everything, false) }
            // An index holds an array's elements, and an empty array as undefined: look for the first.
            let first = constant.asDocument.element(at: 0)
            let key = first.isMissing ? BSONValue.undefined : BSONValue(copying: first)
            return (ValueIntervals([.point(key), .point(BSONValue(copying: constant))]), false)
        }
        let intervals = ValueIntervals.satisfying(comparison, constant)
        // Null finds documents with and without the field, and more where arrays lie on the path.
        return (intervals, !intervals.contains(.null) && constant.type != .minKey && constant.type != .maxKey)
    }
}

/// What a filter says about one path.
public struct PathConstraint: Sendable {
    public let path: String
    /// The values of which at least one lies at the path (in an array there: among its elements, or the array itself). A
    /// missing field counts as null.
    public let intervals: ValueIntervals
    /// Whether a document without the field is out of the question, so that a sparse index will do.
    public let requiresPresence: Bool
    /// Whether such a value is all it takes: documents found through an index need not be tested again.
    public let isExact: Bool
    /// Constraints with the same group speak of the same array element (`$elemMatch`).
    ///
    /// Without a group, constraints may be satisfied by different elements: of an index with array elements only one of
    /// them can be used. Of a group, one per path can be used together.
    public let elementGroup: Int?
}

extension FilterAnalysis {
    /// Whether every document that this filter accepts is accepted by another one, as far as the analyses tell: whether a
    /// partial index with that filter holds all documents a query with this one wants.
    public func implies(_ other: FilterAnalysis) -> Bool {
        if !other.isComplete { return false }
        let said = other.constraints.allSatisfy { wanted in
            constraints.contains {
                $0.path == wanted.path && $0.intervals.isSubset(of: wanted.intervals)
                    && ($0.requiresPresence || !wanted.requiresPresence)
            }
        }
        return said
            && other.alternatives.allSatisfy { branches in
                branches.contains { implies($0) }
                    || alternatives.contains { mine in
                        mine.allSatisfy { branch in branches.contains { branch.implies($0) } }
                    }
            }
    }
}
