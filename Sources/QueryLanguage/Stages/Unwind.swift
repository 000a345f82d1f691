import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$unwind".
    static let unwind = StageOperator("$unwind") { specification, builder in
        var pathValue = specification
        var preserve = false
        var indexName: String?
        if specification.type == .document {
            pathValue = .missing
            var cursor = specification.asDocument.elements()
            while cursor.next() {
                let value = cursor.value
                switch cursor.keyString {
                case "path": pathValue = value
                case "preserveNullAndEmptyArrays":
                    guard value.type == .bool else {
                        throw AtelierError(
                            28809,
                            "expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got \(value.type.name)"
                        )
                    }
                    preserve = value.asBool
                case "includeArrayIndex":
                    guard value.type == .string, value.length > 0 else {
                        throw AtelierError(
                            28810,
                            "expected a non-empty string for the includeArrayIndex option to $unwind stage, got \(value.type.name)"
                        )
                    }
                    if value.asString.hasPrefix("$") {
                        throw AtelierError(
                            28822, "includeArrayIndex option to $unwind stage should not be prefixed with a '$'")
                    }
                    indexName = value.asString
                case let name: throw AtelierError(28811, "unrecognized option to $unwind stage: \(name)")
                }
            }
            if pathValue.isMissing { throw AtelierError(28812, "no path specified to $unwind stage") }
        } else if specification.type != .string {
            throw AtelierError(
                15981,
                "expected either a string or an object as specification for $unwind stage, got \(specification.type.name)"
            )
        }
        guard pathValue.type == .string else {
            throw AtelierError(28808, "expected a string as the path for $unwind stage, got \(pathValue.type.name)")
        }
        let text = pathValue.asString
        guard text.hasPrefix("$") else {
            throw AtelierError(28818, "path option to $unwind stage should be prefixed with a '$': \(text)")
        }
        let path = try FieldPath(text.dropFirst())
        let compiler = builder.compiler
        let top = path.components[0].text
        let from = compiler.field(top)
        let to = compiler.newSlot()
        compiler.shape.replace(top, to)
        let index = try indexName.map { try PathTarget($0, compiler) }
        // An array that is made only to be taken apart is not made.
        let elements = path.components.count == 1 ? (builder.stage as? Compute)?.takeLast(from) : nil
        builder.stage = Unwind(
            builder.stage, elements: elements, from: from, below: Array(path.components.dropFirst()), to: to,
            preserve: preserve,
            index: index)
    }
}

/// Where a computed value goes in the row: a top-level field, or a path below one whose documents are rebuilt.
final class PathTarget {
    private let top: Slot
    private let previous: Slot
    private let below: [FieldName]

    init(_ path: String, _ compiler: Compiler) throws {
        let components = try FieldPath(path).components
        previous = compiler.field(components[0].text)
        top = compiler.newSlot()
        compiler.shape.overlay(components[0].text, top)
        below = Array(components.dropFirst())
    }

    func assign(_ value: ValueView, _ scope: Scope) {
        if below.isEmpty { return scope.assign(top, value) }
        scope.assign(top, replacing(scope.slots[previous.index], below[...], with: value, scope.arena))
    }
}

/// A copy of `value` with what lies at the path replaced; documents on the way are made where there are none.
func replacing(_ value: ValueView, _ path: ArraySlice<FieldName>, with new: ValueView, _ arena: Arena) -> ValueView {
    guard let name = path.first else { return new }
    return arena.document { writer in
        var found = false
        if value.type == .document {
            var cursor = value.asDocument.elements()
            while cursor.next() {
                if !found && cursor.keyEquals(name) {
                    found = true
                    writer.append(name, replacing(cursor.value, path.dropFirst(), with: new, arena))
                } else {
                    writer.append(element: cursor.elementBytes)
                }
            }
        }
        if !found { writer.append(name, replacing(.missing, path.dropFirst(), with: new, arena)) }
    }
}

/// One row per element of an array.
final class Unwind: Stage {
    private let input: Stage
    /// What yields the array, where no slot holds it.
    private let elements: Expression?
    private let from: Slot
    private let below: [FieldName]
    private let to: Slot
    private let preserve: Bool
    private let index: PathTarget?
    /// The elements that `elements` yielded.
    private var values: [ValueView] = []
    /// The elements still to come of the array at hand, while `active`.
    private var cursor = ElementCursor.empty
    private var active = false
    private var position: Int64 = 0

    init(
        _ input: Stage, elements: Expression?, from: Slot, below: [FieldName], to: Slot, preserve: Bool,
        index: PathTarget?
    ) {
        self.input = input
        self.elements = elements
        self.from = from
        self.below = below
        self.to = to
        self.preserve = preserve
        self.index = index
    }

    override func next(_ scope: Scope) throws -> Bool {
        while true {
            if active {
                if elements != nil {
                    if position < values.count {
                        emit(values[Int(position)], index: position, scope)
                        position += 1
                        return true
                    }
                } else if cursor.next() {
                    emit(cursor.value, index: position, scope)
                    position += 1
                    return true
                }
                active = false
            }
            guard try input.next(scope) else { return false }
            if try begin(scope) { return true }
        }
    }

    /// Looks at a new row; true where the row itself goes on as it is.
    private func begin(_ scope: Scope) throws -> Bool {
        if let elements {
            values.removeAll(keepingCapacity: true)
            if let other = try elements.visitElements(scope, { values.append($0) }) { return begin(other, scope) }
            guard values.isEmpty else {
                active = true
                position = 0
                return false
            }
            if preserve { emit(.missing, index: nil, scope) }
            return preserve
        }
        var value = scope.slots[from.index]
        for name in below { value = value.type == .document ? value.asDocument.find(name) : .missing }
        return begin(value, scope)
    }

    private func begin(_ value: ValueView, _ scope: Scope) -> Bool {
        switch value.type {
        case .array:
            if value.asDocument.isEmpty {
                guard preserve else { return false }
                emit(.missing, index: nil, scope)
                return true
            }
            cursor = value.asDocument.elements()
            active = true
            position = 0
            return false
        case .missing, .null, .undefined:
            guard preserve else { return false }
            emit(value, index: nil, scope)
            return true
        default:
            emit(value, index: nil, scope)
            return true
        }
    }

    private func emit(_ value: ValueView, index position: Int64?, _ scope: Scope) {
        if below.isEmpty {
            scope.assign(to, value)
        } else if value.isMissing && scope.slots[from.index].type != .document {
            scope.assign(to, scope.slots[from.index])
        } else {
            scope.assign(to, replacing(scope.slots[from.index], below[...], with: value, scope.arena))
        }
        index?.assign(position.map { .int64($0) } ?? .null, scope)
    }

    override var batchSource: (any BatchSource)? {
        below.isEmpty && !preserve && index == nil && elements?.isBatched ?? true ? input.batchSource : nil
    }

    override func batch(_ scope: Scope) throws -> Batch {
        let batch = try input.batch(scope)
        let rows = batch.rows
        if let list = try elements?.elements(batch, rows) ?? batch.elements(ofSlot: from.index) {
            return list.unwound(rows, in: batch, to)
        }
        let arrays =
            try elements.map { batch.source(of: try $0.column(batch, rows), rows) } ?? batch.source(ofSlot: from.index)
        let list = try batch.takeApart(arrays, rows, into: to)
        list.batch.rows = list.rows(of: rows)
        return list.batch
    }

    override func restart() {
        active = false
        input.restart()
    }
}
