import BSON

/// Puts arguments into a pipeline that has places for them. The rule is written in aggregations/README.md.
struct Substitution {
    let arguments: Arguments

    /// The pipeline to run.
    func apply(to pipeline: [Document]) -> [Document] {
        pipeline.compactMap { stage in
            guard case .document(let result)? = substitute(.document(stage), in: .expression) else { return nil }
            return result
        }
    }

    /// Where a value stands: it decides what a text that begins with `$` would mean there.
    private enum Place {
        /// A condition of `$match`: it is a text.
        case query
        /// Any other part of a stage: it would name a field.
        case expression
        /// Inside `$literal`: it is a text.
        case literal

        func under(_ key: String) -> Place {
            switch (self, key) {
            case (.literal, _), (_, "$literal"): .literal
            case (_, "$match"): .query
            case (.query, "$expr"): .expression
            default: self
            }
        }
    }

    /// The value with its arguments; nil where an absent parameter removes it.
    private func substitute(_ value: BSONValue, in place: Place) -> BSONValue? {
        switch value {
        case .document(let document): substitute(document, in: place)
        case .array(let array): substitute(array, isList: true, in: place)
        default: value
        }
    }

    private func substitute(_ document: Document, in place: Place) -> BSONValue? {
        if let name = Substitution.parameter(of: document) {
            guard let value = arguments[name] else { return nil }
            if place == .expression, case .string(let text) = value, text.hasPrefix("$") {
                return .document(["$literal": value])
            }
            return value
        }
        if let choice = Choice(document) {
            guard let branch = isOn(choice.name) ? choice.then : choice.otherwise else { return nil }
            return substitute(branch, in: place)
        }
        var kept: [(String, BSONValue)] = []
        for (key, value) in document.elements {
            if let value = substitute(value, under: key, in: place) {
                kept.append((key, value))
            } else if key == "$match" {
                kept.append((key, .document([:])))
            }
        }
        return kept.isEmpty && !document.isEmpty ? nil : .document(Document(kept))
    }

    private func substitute(_ value: BSONValue, under key: String, in place: Place) -> BSONValue? {
        let inner = place.under(key)
        if case .array(let array) = value {
            let isList = !key.hasPrefix("$") || ["$and", "$or", "$nor"].contains(key)
            return substitute(array, isList: isList, in: inner)
        }
        return substitute(value, in: inner)
    }

    /// - Parameter isList: the elements stand for themselves; otherwise they are operands and go together.
    private func substitute(_ array: BSONArray, isList: Bool, in place: Place) -> BSONValue? {
        let values = array.values
        let kept = values.compactMap { substitute($0, in: place) }
        if kept.count < values.count && (!isList || kept.isEmpty) { return nil }
        return .array(BSONArray(kept))
    }

    /// Whether `$if` takes its `then`: the parameter is there, and true where it is a boolean.
    private func isOn(_ name: String) -> Bool {
        switch arguments[name] {
        case nil: false
        case .bool(let flag)?: flag
        default: true
        }
    }

    /// The name in `{ "$param": name }`.
    static func parameter(of document: Document) -> String? {
        guard document.count == 1, case .string(let name)? = document["$param"] else { return nil }
        return name
    }
}

/// `{ "$if": name, "then": value, "else": value }`: a part of a pipeline that depends on whether a parameter is given.
struct Choice {
    let name: String
    let then: BSONValue
    let otherwise: BSONValue?

    /// Nil where the document is something else. `then` is required, `else` is not.
    init?(_ document: Document) {
        guard case .string(let name)? = document["$if"], let then = document["then"] else { return nil }
        self.name = name
        self.then = then
        otherwise = document["else"]
    }
}
