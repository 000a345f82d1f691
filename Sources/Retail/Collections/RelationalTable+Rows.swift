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
            return try body(columns.map { $0.value(contexts) })
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
