import BSON

extension ValueView {
    /// The moment that date operators see in a date, a timestamp or an ObjectId, in milliseconds.
    ///
    /// - Throws: `16006` for other types.
    @inline(__always)
    func coercedDate() throws -> Int64 {
        if type == .date { return asDate }
        return try coercedOtherDate()
    }

    private func coercedOtherDate() throws -> Int64 {
        switch type {
        case .timestamp: return Int64(bits >> 32) * 1000
        case .objectId: return asObjectId.seconds * 1000
        default: throw AtelierError(16006, "can't convert from BSON type \(type.name) to Date")
        }
    }

    var isDateLike: Bool { type == .date || type == .timestamp || type == .objectId }
}

/// The `timezone` argument of a date operator: known while compiling, or evaluated for each row.
struct ZoneOperand {
    private let constant: TimeZone?
    let expression: Expression?

    /// - Parameter expression: nil where the argument is not given: UTC.
    init(_ expression: Expression?) {
        guard let expression else {
            (constant, self.expression) = (.utc, nil)
            return
        }
        self.expression = expression
        guard let value = expression.constant, !value.isNullish else {
            constant = nil
            return
        }
        // A zone that does not exist is reported where it is used.
        constant = (try? ZoneOperand.zone(value)) ?? nil
    }

    /// Whether the zone is the same for every row.
    var isConstant: Bool { expression?.constant != nil || expression == nil }

    /// The zone; nil where the argument is null.
    ///
    /// - Throws: `40517` for an argument that is no string, `40485` for an unknown zone.
    @inline(__always)
    func evaluate(_ scope: Scope) throws -> TimeZone? {
        if let constant { return constant }
        return try ZoneOperand.zone(expression!.evaluate(scope))
    }

    private static func zone(_ value: ValueView) throws -> TimeZone? {
        if value.isNullish { return nil }
        guard value.type == .string else {
            throw AtelierError(40517, "timezone must evaluate to a string, found \(value.type.name)")
        }
        return try ZoneDatabase.zone(value.asString)
    }
}

extension Compiler {
    /// A date operator's expression, folded where its operands are constant.
    func fold(_ expression: Expression, _ operands: [Expression?], _ zone: ZoneOperand) throws -> Expression {
        try fold(expression, operands.compactMap { $0 } + [zone.expression].compactMap { $0 })
    }
}
