import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$limit".
    static let limit = StageOperator("$limit") { specification, builder in
        let limit = try wholeNumber(specification, "$limit", 15957)
        if limit <= 0 { throw AtelierError(15958, "the limit must be positive") }
        builder.stage = Limit(builder.stage, limit)
    }

    /// Source: MongoDB manual, "$skip".
    static let skip = StageOperator("$skip") { specification, builder in
        let skip = try wholeNumber(specification, "$skip", 15972)
        if skip < 0 { throw AtelierError(15956, "Argument to $skip cannot be negative") }
        builder.stage = Skip(builder.stage, skip)
    }

    private static func wholeNumber(_ value: ValueView, _ stage: String, _ code: ErrorCode) throws -> Int64 {
        guard let number = value.numberAsDouble else {
            throw AtelierError(
                code, "invalid argument to \(stage) stage: Expected a number, but found \(value.type.name)")
        }
        guard let whole = value.exactInt64 else {
            throw AtelierError(code, "invalid argument to \(stage) stage: Expected an integer, but found \(number)")
        }
        return whole
    }
}

/// At most so many rows.
public final class Limit: Stage {
    private let input: Stage
    private let limit: Int64
    private var seen: Int64 = 0

    public init(_ input: Stage, _ limit: Int64) {
        self.input = input
        self.limit = limit
    }

    public override func next(_ scope: Scope) throws -> Bool {
        guard seen < limit, try input.next(scope) else { return false }
        seen += 1
        return true
    }

    public override func restart() {
        seen = 0
        input.restart()
    }
}

/// All rows but the first so many.
public final class Skip: Stage {
    private let input: Stage
    private let count: Int64
    private var skipped: Int64 = 0

    public init(_ input: Stage, _ count: Int64) {
        self.input = input
        self.count = count
    }

    public override func next(_ scope: Scope) throws -> Bool {
        while skipped < count {
            guard try input.next(scope) else { return false }
            skipped += 1
        }
        return try input.next(scope)
    }

    public override func restart() {
        skipped = 0
        input.restart()
    }
}
