import BSON

extension RelationalTable {
    /// Shows the rows a document gives this table, in order: one value a column, `missing` for NULL.
    ///
    /// The values live until the closure returns. Types are as stored: an int under a `DOUBLE PRECISION` column is an int.
    public func forEachRow(of document: DocumentView, _ body: ([ValueView]) throws -> Void) rethrows {
        var stack = [RowContext(value: .document(document), position: .missing, key: .missing)]
        try walk(rows.steps[...], .document(document), &stack, body)
    }

    private func walk(
        _ steps: ArraySlice<RelationalPath.Step>, _ value: ValueView, _ stack: inout [RowContext],
        _ body: ([ValueView]) throws -> Void
    ) rethrows {
        guard let step = steps.first else {
            let contexts = stack
            let values = columns.map { $0.value(contexts) }
            guard let absent = values.indices.first(where: { values[$0].isMissing && columns[$0].defaultValue != nil })
            else {
                return try body(values)
            }
            return try fill(values, from: absent, body)
        }
        switch step {
        case .field(let name): try walk(steps.dropFirst(), child(value, name), &stack, body)
        case .elements, .entries:
            guard value.type == (step == .elements ? .array : .document) else { return }
            var cursor = value.asDocument.elements()
            var position: Int64 = 0
            while cursor.next() {
                position += 1
                stack.append(
                    RowContext(value: cursor.value, position: .integer(position), key: .string(borrowing: cursor.key)))
                try walk(steps.dropFirst(), cursor.value, &stack, body)
                stack.removeLast()
            }
        }
    }
}

extension RelationalTable {
    /// Puts defaults in place of what is missing, from a column on, and shows the row.
    private func fill(_ values: [ValueView], from index: Int, _ body: ([ValueView]) throws -> Void) rethrows {
        guard index < values.count else { return try body(values) }
        guard values[index].isMissing, let value = columns[index].defaultValue else {
            return try fill(values, from: index + 1, body)
        }
        try value.withValue { view in
            var filled = values
            filled[index] = view
            try fill(filled, from: index + 1, body)
        }
    }
}

/// One iteration of the row at hand.
struct RowContext {
    var value: ValueView
    var position: ValueView
    var key: ValueView
}

extension RelationalColumn {
    fileprivate func value(_ contexts: [RowContext]) -> ValueView {
        let context = contexts[depth]
        switch path.end {
        case .position: return context.position
        case .key: return context.key
        case .value:
            let found = rest.reduce(context.value) { child($0, $1) }
            return found.isNullish ? .missing : found
        }
    }
}

/// The field of an object, or the element of an array where the name is a number.
private func child(_ value: ValueView, _ name: String) -> ValueView {
    switch value.type {
    case .document, .array: value.asDocument.find(name)
    default: .missing
    }
}
