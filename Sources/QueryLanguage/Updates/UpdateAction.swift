import BSON

/// An update operator with its argument: makes a field's new value from the old one.
///
/// Subclasses are final and immutable. New values live in the context's arena or in the plan's.
class UpdateAction {
    /// The new value. `value` is missing where the field is; a missing result leaves the field out.
    func apply(_ value: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        preconditionFailure("every operator says what it does")
    }

    /// Whether a path that leads through a scalar is passed over rather than an error.
    var toleratesUnviablePaths: Bool { false }

    /// Whether there is nothing to do for this document.
    func isIdle(_ context: UpdateContext) throws -> Bool { false }

    /// Refuses a place in the document where the operator may not write.
    func checkTarget(_ path: String, _ context: UpdateContext) throws {}
}

/// `$set`, and `$setOnInsert`, which acts in upserts only.
final class SetAction: UpdateAction {
    let value: ValueView
    let onInsertOnly: Bool

    init(_ value: ValueView, onInsertOnly: Bool = false) {
        self.value = value
        self.onInsertOnly = onInsertOnly
    }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView { value }
    override func isIdle(_ context: UpdateContext) throws -> Bool { onInsertOnly && !context.inserting }
}

/// `$unset`, and the source of a `$rename`.
final class UnsetAction: UpdateAction {
    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView { .missing }
    override var toleratesUnviablePaths: Bool { true }
}

/// `$inc` and `$mul`.
final class ArithmeticAction: UpdateAction {
    let operand: ValueView
    let multiplies: Bool

    init(_ operand: ValueView, multiplies: Bool) {
        self.operand = operand
        self.multiplies = multiplies
    }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        let name = multiplies ? "$mul" : "$inc"
        // A field that is not there counts as zero.
        if old.isMissing && !multiplies { return operand }
        let value = old.isMissing ? .int32(0) : old
        guard value.isNumber else {
            throw AtelierError(
                .typeMismatch,
                "Cannot apply \(name) to a value of non-numeric type: '\(path)' is of type \(value.type.name)")
        }
        let result =
            multiplies ? Numeric.multiply(value, operand, context.arena) : Numeric.add(value, operand, context.arena)
        // Whole numbers that outgrow a long are an error here, where expressions go on with doubles.
        if result.type == .double && value.type != .double && operand.type != .double {
            throw AtelierError(
                .badValue, "Failed to apply \(name) operations to current value of '\(path)': out of range")
        }
        return result
    }
}

/// `$min` and `$max`: the lesser or greater of the field and a value, in BSON's order.
final class ExtremumAction: UpdateAction {
    let value: ValueView
    let greatest: Bool

    init(_ value: ValueView, greatest: Bool) {
        self.value = value
        self.greatest = greatest
    }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        if old.isMissing { return value }
        let order = value.compare(old)
        return (greatest ? order > 0 : order < 0) ? value : old
    }
}

/// `$bit`.
final class BitAction: UpdateAction {
    enum Operator: String {
        case and, or, xor
    }

    let steps: [(Operator, ValueView)]
    init(_ steps: [(Operator, ValueView)]) { self.steps = steps }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        guard old.isMissing || old.type == .int32 || old.type == .int64 else {
            throw AtelierError(
                .badValue, "Cannot apply $bit to a value of non-integral type: '\(path)' is of type \(old.type.name)")
        }
        var value = old.isMissing ? ValueView.int32(0) : old
        for (operation, operand) in steps {
            let bits =
                switch operation {
                case .and: value.asInt64 & operand.asInt64
                case .or: value.asInt64 | operand.asInt64
                case .xor: value.asInt64 ^ operand.asInt64
                }
            value =
                value.type == .int64 || operand.type == .int64 ? .int64(bits) : .int32(Int32(truncatingIfNeeded: bits))
        }
        return value
    }
}

/// `$currentDate`.
final class CurrentDateAction: UpdateAction {
    let asTimestamp: Bool
    init(asTimestamp: Bool) { self.asTimestamp = asTimestamp }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        let now = context.scope.now
        return asTimestamp ? .timestamp(UInt64(truncatingIfNeeded: now / 1000) << 32 | 1) : .date(now)
    }
}

/// `$rename` at its target; an `UnsetAction` stands at its source.
final class RenameAction: UpdateAction {
    let source: [FieldName]
    let target: [FieldName]

    init(source: [String], target: [String]) {
        self.source = source.map { FieldName($0) }
        self.target = target.map { FieldName($0) }
    }

    override func isIdle(_ context: UpdateContext) throws -> Bool { try sourceValue(context).isMissing }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        try checkTarget(path, context)
        return try sourceValue(context)
    }

    override func checkTarget(_ path: String, _ context: UpdateContext) throws {
        var parent = ValueView.document(context.original)
        for name in target.dropLast() where parent.type == .document { parent = parent.asDocument.find(name) }
        if parent.type == .array {
            throw AtelierError(.badValue, "The destination field of $rename cannot be an array element: '\(path)'")
        }
    }

    private func sourceValue(_ context: UpdateContext) throws -> ValueView {
        var value = ValueView.document(context.original)
        var inArray = false
        for name in source {
            switch value.type {
            case .document: value = value.asDocument.find(name)
            case .array:
                guard let position = MatchPath.arrayPosition(name.text) else { return .missing }
                inArray = true
                value = value.asDocument.element(at: position)
            default: return .missing
            }
        }
        if inArray && !value.isMissing {
            throw AtelierError(
                .badValue,
                "The source field of $rename cannot be an array element: '\(source.map(\.text).joined(separator: "."))'"
            )
        }
        return value
    }
}
