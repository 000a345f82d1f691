import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Type Expression Operators".
    static let conversion: [ExpressionOperator] = [
        unary("$type") { scope, value in scope.arena.string(value.type.name) },
        unary("$isNumber") { _, value in .bool(value.isNumber) },
        form("$convert") { argument, compiler in try Convert.compile(argument, compiler) },
        shorthand("$toBool", .bool),
        shorthand("$toDate", .date),
        shorthand("$toDecimal", .decimal),
        shorthand("$toDouble", .double),
        shorthand("$toInt", .int32),
        shorthand("$toLong", .int64),
        shorthand("$toObjectId", .objectId),
        shorthand("$toString", .string, format: .auto),
        shorthand("$toUUID", .binary, subtype: 4, format: .uuid),
    ]

    /// `{$toInt: x}` for `{$convert: {input: x, to: "int"}}`.
    private static func shorthand(
        _ name: String, _ type: BSONType, subtype: UInt8 = 0, format: BinaryFormat? = nil
    ) -> ExpressionOperator {
        form(name) { argument, compiler in
            var input = argument
            if argument.type == .array {
                let count = argument.asDocument.count
                guard count == 1 else {
                    throw AtelierError(50723, "\(name) requires a single argument, got \(count)")
                }
                input = argument.asDocument.element(at: 0)
            }
            let operand = try compiler.expression(input)
            let target = Conversion(type: type, subtype: subtype, format: format, byteOrder: .little)
            return try compiler.fold(
                UnaryCall(operand) { scope, value in try target.convert(value, scope.arena) }, [operand])
        }
    }
}

/// `$convert` in full.
final class Convert: Expression {
    private let input: Expression
    private let type: Expression
    private let subtype: Expression?
    private let format: Expression?
    private let byteOrder: Expression?
    private let onError: Expression?
    private let onNull: Expression?
    /// The conversion, where it is the same for every row.
    private var fixed: Conversion?

    static func compile(_ argument: ValueView, _ compiler: Compiler) throws -> Expression {
        let arguments = try NamedArguments(
            argument, of: "$convert", ["input", "to", "format", "byteOrder", "onError", "onNull"],
            notObject: .failedToParse, unknown: .failedToParse)
        let to = try arguments.required("to", .failedToParse)
        let result = try Convert(arguments, to, compiler)
        return try compiler.fold(result, result.operands)
    }

    private init(_ arguments: NamedArguments, _ to: ValueView, _ compiler: Compiler) throws {
        input = try compiler.expression(arguments, required: "input", .failedToParse)
        if to.type == .document, !to.asDocument.find("type").isMissing {
            let parts = try NamedArguments(
                to, of: "$convert's 'to'", ["type", "subtype"], notObject: .failedToParse, unknown: .failedToParse)
            type = try compiler.expression(parts, required: "type", .failedToParse)
            subtype = try compiler.expression(parts, "subtype")
        } else {
            type = try compiler.expression(to)
            subtype = nil
        }
        format = try compiler.expression(arguments, "format")
        byteOrder = try compiler.expression(arguments, "byteOrder")
        onError = try compiler.expression(arguments, "onError")
        onNull = try compiler.expression(arguments, "onNull")
        super.init()
        if [type, subtype, format, byteOrder].allSatisfy({ $0 == nil || $0!.constant != nil }),
            let known = try? conversion(Scope(slotCount: 0, now: compiler.now))
        {
            fixed = known
        }
    }

    fileprivate var operands: [Expression] {
        [input, type] + [subtype, format, byteOrder, onError, onNull].compactMap { $0 }
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let target = try fixed ?? conversion(scope)
        let value = try input.evaluate(scope)
        if value.isNullish { return try onNull?.evaluate(scope) ?? .null }
        guard let target else { return .null }
        do {
            return try target.convert(value, scope.arena)
        } catch let error as AtelierError where error.code == .conversionFailure {
            guard let onError else { throw error }
            return try onError.evaluate(scope)
        }
    }

    /// What to convert to; nil where the type is null.
    private func conversion(_ scope: Scope) throws -> Conversion? {
        guard let type = try Convert.type(type.evaluate(scope)) else { return nil }
        var target = Conversion(type: type, subtype: 0, format: nil, byteOrder: .little)
        if let value = try subtype?.evaluate(scope), !value.isNullish {
            guard let number = value.exactInt64, 0...9 ~= number || 128...255 ~= number else {
                throw AtelierError(
                    .failedToParse, "In $convert, numeric value for 'subtype' does not correspond to a BinData type")
            }
            target.subtype = UInt8(number)
        }
        if let value = try format?.evaluate(scope), !value.isNullish {
            guard value.type == .string, let format = BinaryFormat(rawValue: value.asString) else {
                throw AtelierError(
                    .badValue, "Invalid 'format' argument for $convert",
                    advice: "The formats are auto, base64, base64url, hex, utf8 and uuid.")
            }
            target.format = format
        }
        if let value = try byteOrder?.evaluate(scope), !value.isNullish {
            guard value.type == .string, let order = ByteOrder(rawValue: value.asString) else {
                throw AtelierError(
                    .badValue, "Invalid 'byteOrder' argument for $convert", advice: "It is little or big.")
            }
            target.byteOrder = order
        }
        return target
    }

    private static func type(_ value: ValueView) throws -> BSONType? {
        if value.isNullish { return nil }
        if value.type == .string {
            guard let type = BSONType(name: value.asString) else {
                throw AtelierError(.badValue, "Unknown type name: \(value.asString)")
            }
            return type
        }
        guard value.isNumber else {
            throw AtelierError(
                .failedToParse, "$convert's 'to' argument must be a string or number, but is \(value.type.name)")
        }
        guard let number = value.exactInt32 else {
            throw AtelierError(.failedToParse, "In $convert, numeric 'to' argument is not an integer")
        }
        guard let type = BSONType.allCases.first(where: { $0 != .missing && $0.number == number }) else {
            throw AtelierError(
                .failedToParse, "In $convert, numeric value for 'to' does not correspond to a BSON type: \(number)")
        }
        return type
    }
}
