import BSON

/// The arguments of the operators that take more than a value.
extension FilterParser {
    // MARK: Regular expressions

    func regexLiteral(_ value: ValueView) throws -> RegexLiteral {
        let (pattern, options) = value.asRegex
        return try RegexLiteral(pattern: pattern, options: options)
    }

    /// `{$regex: …, $options: …}`; `options` is missing where there are none.
    func regex(_ argument: ValueView, _ options: ValueView) throws -> RegexLiteral {
        var letters: String?
        if !options.isMissing {
            guard options.type == .string else { throw AtelierError(.badValue, "$options has to be a string") }
            letters = options.asString
        }
        switch argument.type {
        case .string: return try RegexLiteral(pattern: argument.asString, options: letters ?? "")
        case .regex:
            let (pattern, own) = argument.asRegex
            if letters != nil && !own.isEmpty { throw AtelierError(51074, "options set in both $regex and $options") }
            return try RegexLiteral(pattern: pattern, options: letters ?? own)
        default: throw AtelierError(.badValue, "$regex has to be a string")
        }
    }

    // MARK: Numbers

    /// `[divisor, remainder]`.
    func mod(_ argument: ValueView) throws -> FilterNode.Condition {
        guard argument.type == .array else { throw AtelierError(.badValue, "malformed mod, needs to be an array") }
        let parts = argument.asDocument
        let count = parts.count
        if count < 2 { throw AtelierError(.badValue, "malformed mod, not enough elements") }
        if count > 2 { throw AtelierError(.badValue, "malformed mod, too many elements") }
        let (divisor, remainder) = (parts.element(at: 0), parts.element(at: 1))
        guard divisor.isNumber else { throw AtelierError(.badValue, "malformed mod, divisor not a number") }
        guard remainder.isNumber else { throw AtelierError(.badValue, "malformed mod, remainder not a number") }
        guard let divisor = divisor.truncatedInt64 else {
            throw AtelierError(.badValue, "malformed mod, divisor value is invalid :: caused by :: out of range")
        }
        guard let remainder = remainder.truncatedInt64 else {
            throw AtelierError(.badValue, "malformed mod, remainder value is invalid :: caused by :: out of range")
        }
        if divisor == 0 { throw AtelierError(.badValue, "divisor cannot be 0") }
        return .mod(divisor: divisor, remainder: remainder)
    }

    func size(_ argument: ValueView) throws -> Int64 {
        guard argument.isNumber else {
            throw AtelierError(.badValue, "Failed to parse $size. Expected a number in: $size")
        }
        guard let size = argument.exactInt64 else {
            throw AtelierError(.badValue, "Failed to parse $size. Expected an integer: $size")
        }
        if size < 0 {
            throw AtelierError(.badValue, "Failed to parse $size. Expected a non-negative number in: $size")
        }
        return size
    }

    // MARK: Bits

    /// A number whose bits are meant, binary data likewise, or an array of bit positions.
    func bitMask(_ name: String, _ argument: ValueView) throws -> BitMask {
        switch argument.type {
        case .array:
            var positions: [Int] = []
            var cursor = argument.asDocument.elements()
            while cursor.next() {
                guard cursor.value.isNumber else {
                    throw AtelierError(.badValue, "bit positions must be an integer but got a \(cursor.type.name)")
                }
                guard let position = cursor.value.exactInt64, let position = Int32(exactly: position) else {
                    throw AtelierError(.badValue, "bit positions cannot be represented as a 32-bit signed integer")
                }
                if position < 0 { throw AtelierError(.badValue, "bit positions must be >= 0") }
                positions.append(Int(position))
            }
            return BitMask(positions)
        case .binary:
            let data = argument.asBinary.data
            return BitMask((0..<data.count * 8).filter { data[$0 >> 3] >> UInt8($0 & 7) & 1 != 0 })
        case .int32, .int64, .double, .decimal:
            guard let bits = argument.exactInt64 else {
                throw AtelierError(.failedToParse, "Expected an integer: \(name)")
            }
            if bits < 0 { throw AtelierError(.failedToParse, "Expected a non-negative number in: \(name)") }
            return BitMask((0..<63).filter { bits >> Int64($0) & 1 != 0 })
        default:
            throw AtelierError(
                .badValue, "\(name) takes an Array, a number, or a BinData but received: \(argument.type.name)")
        }
    }
}

// MARK: Types

extension TypeSet {
    /// The types that an argument of `$type` or `bsonType` names: one name or number, or an array of them.
    init(naming argument: ValueView, for keyword: String) throws {
        self.init()
        guard argument.type == .array else {
            try insert(naming: argument, for: keyword)
            return
        }
        var cursor = argument.asDocument.elements()
        while cursor.next() { try insert(naming: cursor.value, for: keyword) }
        if isEmpty { throw AtelierError(.failedToParse, "\(keyword) must match at least one type") }
    }

    private mutating func insert(naming value: ValueView, for keyword: String) throws {
        switch value.type {
        case .string:
            let name = value.asString
            if name == "number" {
                formUnion(.number)
            } else if let type = BSONType(name: name) {
                insert(type)
            } else {
                throw AtelierError(.badValue, "Unknown type name alias: \(name)")
            }
        case .int32, .int64, .double, .decimal:
            guard let number = value.exactInt64, let type = BSONType.allCases.first(where: { $0.number == number }),
                type != .missing
            else { throw AtelierError(.badValue, "Invalid numerical type code in \(keyword)") }
            insert(type)
        default:
            throw AtelierError(.typeMismatch, "type must be represented as a number or a string")
        }
    }
}
