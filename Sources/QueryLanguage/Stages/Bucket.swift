import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$bucket". A `$group` by the lower bound of the range a value falls into, sorted by it.
    static let bucket = StageOperator("$bucket") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(
                40201, "Argument to $bucket stage must be an object, but found type: \(specification.type.name)")
        }
        let compiler = builder.compiler
        var groupBy: Expression?
        var boundaries: [ValueView]?
        var fallback: ValueView?
        var output: ValueView?
        var cursor = specification.asDocument.elements()
        while cursor.next() {
            let value = cursor.value
            switch cursor.keyString {
            case "groupBy":
                guard isGroupingExpression(value) else {
                    throw AtelierError(
                        40202,
                        "The $bucket 'groupBy' field must be defined as a $-prefixed path or an expression object")
                }
                groupBy = try compiler.expression(value)
            case "boundaries":
                guard value.type == .array else {
                    throw AtelierError(
                        40200, "The $bucket 'boundaries' field must be an array, but found type: \(value.type.name)")
                }
                boundaries = try constants(value.asDocument, compiler)
            case "default":
                guard let constant = try compiler.expression(value).constant else {
                    throw AtelierError(40195, "The $bucket 'default' field must be a constant expression")
                }
                fallback = constant
            case "output":
                guard value.type == .document else {
                    throw AtelierError(
                        40196, "The $bucket 'output' field must be an object, but found type: \(value.type.name)")
                }
                output = value
            case let name: throw AtelierError(40197, "Unrecognized option to $bucket: \(name)")
            }
        }
        guard let groupBy, let boundaries else {
            throw AtelierError(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified")
        }
        try check(boundaries, fallback)
        let fields = try bucketOutput(output, compiler, stage: "$bucket")
        builder.group(GroupKey(BucketBound(groupBy, boundaries, fallback)), fields)
        builder.sort(try SortPattern([("_id", true)], compiler), limit: nil)
    }

    private static func constants(_ array: DocumentView, _ compiler: Compiler) throws -> [ValueView] {
        var result: [ValueView] = []
        var cursor = array.elements()
        while cursor.next() {
            guard let constant = try compiler.expression(cursor.value).constant else {
                throw AtelierError(40191, "The $bucket 'boundaries' field must be an array of constant expressions")
            }
            result.append(constant)
        }
        return result
    }

    private static func check(_ boundaries: [ValueView], _ fallback: ValueView?) throws {
        guard boundaries.count >= 2 else {
            throw AtelierError(
                40192, "The $bucket 'boundaries' field must have at least 2 values, but found \(boundaries.count)")
        }
        for (lower, upper) in zip(boundaries, boundaries.dropFirst()) {
            guard lower.type.canonicalRank == upper.type.canonicalRank else {
                throw AtelierError(
                    40193,
                    "All values in the $bucket 'boundaries' must have the same type, found \(lower.type.name) and \(upper.type.name)"
                )
            }
            guard lower.compare(upper) < 0 else {
                throw AtelierError(40194, "The $bucket 'boundaries' must be sorted in ascending order")
            }
        }
        if let fallback, fallback.compare(boundaries[0]) >= 0, fallback.compare(boundaries[boundaries.count - 1]) < 0 {
            throw AtelierError(
                40199,
                "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest"
            )
        }
    }
}

/// Whether a `groupBy` is something that depends on the row: a path or an expression object.
func isGroupingExpression(_ value: ValueView) -> Bool {
    switch value.type {
    case .string: return value.bytes.first == UInt8(ascii: "$")
    case .document:
        var cursor = value.asDocument.elements()
        return cursor.next() && cursor.key.first == UInt8(ascii: "$")
    default: return false
    }
}

/// The accumulators of a bucket stage's `output`; a count where there is none.
func bucketOutput(
    _ output: ValueView?, _ compiler: Compiler, stage: String
) throws -> [(name: String, accumulator: Accumulator)] {
    guard let output else { return [("count", CountAccumulator.sum(of: Constant(.int32(1))))] }
    var fields: [(name: String, accumulator: Accumulator)] = []
    var cursor = output.asDocument.elements()
    while cursor.next() {
        fields.append(try reading(cursor) { try compiler.accumulatorField(cursor.keyString, cursor.value) })
    }
    return fields
}

/// The greatest boundary that a value does not fall below, or the default.
final class BucketBound: Expression {
    private let operand: Expression
    private let boundaries: [ValueView]
    private let fallback: ValueView?

    init(_ operand: Expression, _ boundaries: [ValueView], _ fallback: ValueView?) {
        self.operand = operand
        self.boundaries = boundaries
        self.fallback = fallback
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try operand.evaluate(scope)
        var (low, high) = (0, boundaries.count)
        while low < high {
            let middle = (low + high) / 2
            if boundaries[middle].compare(value) <= 0 { low = middle + 1 } else { high = middle }
        }
        if low > 0 && low < boundaries.count { return boundaries[low - 1] }
        guard let fallback else {
            throw AtelierError(
                40066,
                "$bucket found a value of type \(value.type.name) outside its boundaries, and no default was specified",
                advice: "Add a 'default' to $bucket, or widen its boundaries.")
        }
        return fallback
    }
}
