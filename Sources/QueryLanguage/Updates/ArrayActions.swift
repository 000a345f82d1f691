import BSON

/// `$push`: appends or inserts, then sorts, then cuts.
final class PushAction: UpdateAction {
    let values: [ValueView]
    /// Where to insert; from the end where negative; nil for the end.
    let position: Int?
    let order: ElementOrder?
    /// How many elements to keep: the first, or the last where negative; nil for all.
    let slice: Int?

    init(_ values: [ValueView], position: Int?, order: ElementOrder?, slice: Int?) {
        self.values = values
        self.position = position
        self.order = order
        self.slice = slice
    }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        guard old.isMissing || old.type == .array else {
            throw AtelierError(
                .badValue, "The field '\(path)' must be an array but is of type \(old.type.name) in the document")
        }
        if position == nil && order == nil && slice == nil {
            return context.arena.array { writer in
                if !old.isMissing { writer.appendElements(of: old.asDocument) }
                for value in values { writer.appendElement(value) }
            }
        }
        var elements = old.isMissing ? [] : old.asDocument.valueViews
        let place = position.map { $0 < 0 ? max(0, elements.count + $0) : min($0, elements.count) } ?? elements.count
        elements.insert(contentsOf: values, at: place)
        if let order { elements = order.sorted(elements) }
        let kept = slice.map { $0 < 0 ? elements.suffix(-$0) : elements.prefix($0) } ?? elements[...]
        return context.arena.array { writer in for element in kept { writer.appendElement(element) } }
    }
}

/// The order that `$push` sorts an array in: of the elements themselves, or of fields of them.
struct ElementOrder: Sendable {
    /// No path for the elements themselves.
    let keys: [(path: [FieldName], descending: Bool)]

    /// Stable.
    func sorted(_ elements: [ValueView]) -> [ValueView] {
        let rows = elements.enumerated().map { row in
            (position: row.offset, element: row.element, keys: keys.map { ElementOrder.key(row.element, $0.path) })
        }
        return rows.sorted { a, b in
            for (i, key) in keys.enumerated() {
                let order = a.keys[i].compare(b.keys[i])
                if order != 0 { return key.descending ? order > 0 : order < 0 }
            }
            return a.position < b.position
        }.map(\.element)
    }

    private static func key(_ element: ValueView, _ path: [FieldName]) -> ValueView {
        if path.isEmpty { return element }
        if element.type != .document { return .null }
        var value = element
        for name in path {
            guard value.type == .document || value.type == .array else { return .null }
            value = value.asDocument.find(name)
        }
        return value.isMissing ? .null : value
    }
}

/// `$addToSet`: appends what is not there yet.
final class AddToSetAction: UpdateAction {
    let values: ConstantSet
    init(_ values: [ValueView]) { self.values = ConstantSet(values) }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        guard old.isMissing || old.type == .array else {
            throw AtelierError(
                .badValue,
                "Cannot apply $addToSet to non-array field. Field named '\(path)' has non-array type \(old.type.name)")
        }
        return withUnsafeTemporaryAllocation(of: Bool.self, capacity: values.values.count) { present in
            present.initialize(repeating: false)
            return context.arena.array { writer in
                if !old.isMissing {
                    var cursor = old.asDocument.elements()
                    while cursor.next() {
                        if let index = values.index(of: cursor.value) { present[index] = true }
                        writer.appendElement(cursor.value)
                    }
                }
                for (index, value) in values.values.enumerated() where !present[index] { writer.appendElement(value) }
            }
        }
    }
}

/// `$pull` and `$pullAll`: takes out the elements that a condition picks.
final class PullAction: UpdateAction {
    enum Condition {
        /// Equal to one of these.
        case equal(ConstantSet)
        /// Documents that a filter matches; the slot receives them.
        case filter(Slot, Predicate)
        /// Elements that operators or a regular expression accept, as a field with that value would be.
        case test(ValueTest)
    }

    let name: String
    let condition: Condition

    init(_ name: String, _ condition: Condition) {
        self.name = name
        self.condition = condition
    }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        if old.isMissing { return old }
        guard old.type == .array else {
            throw AtelierError(
                .badValue, "Cannot apply \(name) to a non-array value: '\(path)' is of type \(old.type.name)")
        }
        return try context.arena.array { writer in
            var cursor = old.asDocument.elements()
            while cursor.next() {
                if try !picks(cursor.value, context.scope) { writer.appendElement(cursor.value) }
            }
        }
    }

    private func picks(_ element: ValueView, _ scope: Scope) throws -> Bool {
        switch condition {
        case .equal(let values): return values.index(of: element) != nil
        case .filter(let slot, let filter):
            guard element.type == .document else { return false }
            scope.assign(slot, element)
            return try filter.matches(scope)
        case .test(let test): return try MatchPath.end(element, test, scope)
        }
    }
}

/// `$pop`: takes out the first or the last element.
final class PopAction: UpdateAction {
    let first: Bool
    init(first: Bool) { self.first = first }

    override func apply(_ old: ValueView, _ path: String, _ context: UpdateContext) throws -> ValueView {
        if old.isMissing { return old }
        guard old.type == .array else {
            throw AtelierError(
                .typeMismatch, "Path '\(path)' contains an element of non-array type '\(old.type.name)'")
        }
        let gone = first ? 0 : old.asDocument.count - 1
        return context.arena.array { writer in
            var position = 0
            var cursor = old.asDocument.elements()
            while cursor.next() {
                if position != gone { writer.appendElement(cursor.value) }
                position += 1
            }
        }
    }
}

extension DocumentView {
    /// The values, in order.
    var valueViews: [ValueView] {
        var values: [ValueView] = []
        var cursor = elements()
        while cursor.next() { values.append(cursor.value) }
        return values
    }
}

extension BSONWriter {
    /// Appends an array's elements to the open array.
    func appendElements(of array: DocumentView) {
        var cursor = array.elements()
        while cursor.next() { appendElement(cursor.value) }
    }
}
