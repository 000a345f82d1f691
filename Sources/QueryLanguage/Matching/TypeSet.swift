import BSON

/// A set of BSON types, as `$type` and `$jsonSchema` name them.
struct TypeSet: Sendable, Equatable {
    /// One bit per type: its rank in `BSONType.allCases`.
    private var bits: UInt32 = 0

    static let number = TypeSet([.double, .int32, .int64, .decimal])

    init() {}
    init(_ types: some Sequence<BSONType>) { for type in types { insert(type) } }

    @inline(__always)
    private static func bit(_ type: BSONType) -> UInt32 {
        switch type {
        case .maxKey: 1 << 20
        case .minKey: 1 << 21
        default: 1 << UInt32(type.rawValue)
        }
    }

    mutating func insert(_ type: BSONType) { bits |= TypeSet.bit(type) }
    mutating func formUnion(_ other: TypeSet) { bits |= other.bits }
    @inline(__always) func contains(_ type: BSONType) -> Bool { bits & TypeSet.bit(type) != 0 }
    func isSuperset(of other: TypeSet) -> Bool { bits & other.bits == other.bits }
    var isEmpty: Bool { bits == 0 }
    /// The types in the set, in the order of their numbers.
    var types: [BSONType] { BSONType.allCases.filter { contains($0) } }
}
