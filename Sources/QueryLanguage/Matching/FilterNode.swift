import BSON

/// A filter as it was parsed and checked, before it is bound to a row: what the compiler and the planner start from.
///
/// Constants are views into the bytes of the arena the parser was given.
indirect enum FilterNode {
    case all([FilterNode])
    case any([FilterNode])
    /// `$nor`.
    case none([FilterNode])
    case field(FieldCondition)
    /// `$expr`: the expression, compiled where the row is known; it lies in the filter, and is valid as long as that.
    case expression(ValueView)
    case schema(SchemaTest)
    case constant(Bool)
    case sample(rate: Double)

    struct FieldCondition {
        let path: String
        let condition: Condition
    }

    /// What a field's value must satisfy.
    indirect enum Condition {
        case compare(FilterComparison, ValueView)
        /// `$in`.
        case member([ValueView], [RegexLiteral])
        case regex(RegexLiteral)
        case exists
        case type(TypeSet)
        case mod(divisor: Int64, remainder: Int64)
        case size(Int64)
        case bits(set: Bool, all: Bool, BitMask)
        /// `$elemMatch` of operators.
        case element(Condition)
        /// `$elemMatch` of a filter on the element's fields.
        case elementFilter(FilterNode)
        case not(Condition)
        case all([Condition])
        case constant(Bool)
    }
}
