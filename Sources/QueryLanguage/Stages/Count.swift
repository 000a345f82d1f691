import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$count". The number of rows as one document; none for no rows.
    static let count = StageOperator("$count") { specification, builder in
        guard specification.type == .string else {
            throw AtelierError(40156, "the count field must be a non-empty string")
        }
        let name = specification.asString
        if name.isEmpty { throw AtelierError(40157, "the count field must be a non-empty string") }
        if name.hasPrefix("$") { throw AtelierError(40158, "the count field cannot be a $-prefixed path") }
        if name.utf8.contains(0) { throw AtelierError(40159, "the count field cannot contain a null byte") }
        if name.contains(".") { throw AtelierError(40160, "the count field cannot contain '.'") }
        builder.group(GroupKey(Constant(.null)), [(name, CountAccumulator.sum(of: Constant(.int32(1))))])
        let counted = builder.compiler.shape.overlays[1]
        builder.compiler.shape.overlays = [counted]
    }

    /// Source: MongoDB manual, "$sortByCount". A `$group` by the expression and a `$sort` by the count, descending.
    static let sortByCount = StageOperator("$sortByCount") { specification, builder in
        switch specification.type {
        case .string where specification.bytes.first == UInt8(ascii: "$"): break
        case .string:
            throw AtelierError(
                40148, "the sortByCount field must be defined as a $-prefixed path or an expression inside an object")
        case .document:
            var cursor = specification.asDocument.elements()
            guard cursor.next(), cursor.key.first == UInt8(ascii: "$") else {
                throw AtelierError(
                    40147,
                    "the sortByCount field must be defined as a $-prefixed path or an expression inside an object")
            }
        default:
            throw AtelierError(40149, "the sortByCount field must be specified as a string or as an object")
        }
        let key = GroupKey(try builder.compiler.expression(specification))
        builder.group(key, [("count", CountAccumulator.sum(of: Constant(.int32(1))))])
        let pattern = try SortPattern([("count", false)], builder.compiler)
        builder.sort(pattern, limit: nil)
    }
}
