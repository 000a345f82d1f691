import BSON

/// Makes the keys of ascending and descending indexes, single and compound, as MongoDB does.
///
/// - A path that meets an array gives one key per element; an empty array that ends a path counts as undefined.
/// - A number in a path names an array position as well as a field.
/// - Fields that are not there count as null; a sparse index leaves out what has none of the fields.
/// - Two fields may not meet two different arrays (error 171).
///
/// Source: MongoDB manual, "Multikey Indexes", "Sparse Indexes".
public final class IndexKeyGenerator: IndexKeySource {
    struct Component: Sendable {
        let name: FieldName
        /// The array position this component may also mean.
        let position: Int?
    }

    struct Field: Sendable {
        let path: [Component]
        let isDescending: Bool
    }

    let fields: [Field]
    let isSparse: Bool

    public var fieldCount: Int { fields.count }

    /// - Throws: `cannotCreateIndex` (67) where the pattern is empty, a path has an empty component, or a direction is
    ///   no number other than 0.
    public init(keyPattern: Document, isSparse: Bool = false) throws {
        if keyPattern.isEmpty { throw AtelierError(.cannotCreateIndex, "Index keys cannot be an empty object.") }
        fields = try keyPattern.elements.map { name, direction in
            guard let number = direction.doubleValue, number != 0, !number.isNaN else {
                throw AtelierError(
                    .cannotCreateIndex,
                    "Values in v:2 index key pattern cannot be of type \(direction.type.name). "
                        + "Only numbers > 0, numbers < 0, and strings are allowed.",
                    at: name)
            }
            let components = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            if components.contains("") {
                throw AtelierError(.cannotCreateIndex, "Index keys cannot contain an empty field.", at: name)
            }
            return Field(
                path: components.map { Component(name: FieldName($0), position: Self.arrayPosition($0)) },
                isDescending: number < 0)
        }
        self.isSparse = isSparse
    }

    /// The number a component is, written without leading zeros.
    private static func arrayPosition(_ text: String) -> Int? {
        guard let number = Int(text), number >= 0, String(number) == text else { return nil }
        return number
    }

    public func addKeys(of document: DocumentView, to keys: IndexKeySet) throws {
        if fields.count == 1, fields[0].path.count == 1 {
            let value = document.find(fields[0].path[0].name)
            if value.type != .array {
                if isSparse && value.isMissing { return }
                keys.addKey { $0.append(value, descending: fields[0].isDescending) }
                return
            }
        }
        try forEachKey(of: document) { values in
            keys.addKey { buffer in
                for field in 0..<values.count { buffer.append(values[field], descending: fields[field].isDescending) }
            }
        } meetsArray: {
            keys.markMultikey(field: $0, component: $1)
        }
        keys.normalise()
    }

    /// The values of the key whose whole bytes (cut nowhere) these are, in the document that has it.
    func values(of document: DocumentView, forKey key: [UInt8]) -> [BSONValue]? {
        let buffer = IndexKeyBuffer(limit: .max)
        var found: [BSONValue]?
        try? forEachKey(of: document) { values in
            if found != nil { return }
            buffer.reset()
            for field in 0..<values.count { buffer.append(values[field], descending: fields[field].isDescending) }
            if buffer.bytes.elementsEqual(key) { found = values.map { BSONValue(copying: $0) } }
        } meetsArray: { _, _ in
        }
        return found
    }

    // MARK: Expanding arrays

    /// Where the walk along one field's path stands.
    private struct Walk {
        /// The value reached, to which the rest of the path applies.
        var value: ValueView
        /// How many components lie behind.
        var depth = 0
        /// The walk is over: `value` goes into the key.
        var isDone = false
        /// The walk stands at an array that must be expanded.
        var isAtArray = false
    }

    private func forEachKey(
        of document: DocumentView, _ body: (UnsafeBufferPointer<ValueView>) throws -> Void,
        meetsArray: (Int, Int) -> Void
    ) throws {
        try withUnsafeTemporaryAllocation(of: ValueView.self, capacity: fields.count) { values in
            try withUnsafeTemporaryAllocation(of: Walk.self, capacity: fields.count) { walks in
                walks.initialize(repeating: Walk(value: .document(document)))
                values.initialize(repeating: .missing)
                try expand(walks, values, body, meetsArray)
            }
        }
    }

    /// Takes every walk as far as it goes without expanding an array; then emits a key, or expands the array that some
    /// of them stand at and goes on with each element.
    private func expand(
        _ walks: UnsafeMutableBufferPointer<Walk>, _ values: UnsafeMutableBufferPointer<ValueView>,
        _ body: (UnsafeBufferPointer<ValueView>) throws -> Void, _ meetsArray: (Int, Int) -> Void
    ) throws {
        var met = -1
        for field in 0..<fields.count {
            if !walks[field].isDone { advance(&walks[field], fields[field].path) }
            guard walks[field].isAtArray else { continue }
            if met < 0 {
                met = field
            } else if walks[field].value.pointer != walks[met].value.pointer {
                throw parallelArrays(name(walks[field], field), name(walks[met], met))
            }
        }
        if met < 0 {
            var isEmpty = isSparse
            for field in 0..<fields.count {
                values[field] = walks[field].value
                if !walks[field].value.isMissing { isEmpty = false }
            }
            if !isEmpty { try body(UnsafeBufferPointer(values)) }
            return
        }
        let array = walks[met].value.asDocument
        try withUnsafeTemporaryAllocation(of: Walk.self, capacity: fields.count) { next in
            _ = next.initialize(from: walks)
            // Fields whose next component is a position of this array go on from there, whatever the element.
            var positional = false
            var perElement = false
            for field in 0..<fields.count where walks[field].isAtArray {
                meetsArray(field, walks[field].depth - 1)
                if let element = positionalElement(walks[field], field, array) {
                    next[field] = Walk(value: element, depth: walks[field].depth + 1)
                    positional = true
                } else {
                    perElement = true
                }
            }
            var elements = array.elements()
            var count = 0
            while elements.next() {
                count += 1
                let element = elements.value
                for field in 0..<fields.count where walks[field].isAtArray {
                    if let position = positionalElement(walks[field], field, array) {
                        try rejectAmbiguity(element, walks[field], field)
                        next[field] = Walk(value: position, depth: walks[field].depth + 1)
                    } else {
                        next[field] = step(walks[field], into: element, field)
                    }
                }
                if perElement { try withCopy(next) { try expand($0, values, body, meetsArray) } }
            }
            if count == 0 {
                for field in 0..<fields.count where walks[field].isAtArray {
                    next[field] = Walk(value: isAtEnd(walks[field], field) ? .undefined : .missing, isDone: true)
                }
                try expand(next, values, body, meetsArray)
            } else if positional && !perElement {
                try expand(next, values, body, meetsArray)
            }
        }
    }

    private func withCopy(
        _ walks: UnsafeMutableBufferPointer<Walk>, _ body: (UnsafeMutableBufferPointer<Walk>) throws -> Void
    ) throws {
        try withUnsafeTemporaryAllocation(of: Walk.self, capacity: walks.count) { copy in
            _ = copy.initialize(from: walks)
            try body(copy)
        }
    }

    private func advance(_ walk: inout Walk, _ path: [Component]) {
        while true {
            if walk.value.type == .array {
                walk.isAtArray = true
                return
            }
            if walk.depth == path.count {
                walk.isDone = true
                return
            }
            guard walk.value.type == .document else {
                walk.value = .missing
                walk.isDone = true
                return
            }
            walk.value = walk.value.asDocument.find(path[walk.depth].name)
            walk.depth += 1
        }
    }

    /// The walk after it has gone into one element of the array it stands at.
    private func step(_ walk: Walk, into element: ValueView, _ field: Int) -> Walk {
        if isAtEnd(walk, field) { return Walk(value: element, depth: walk.depth, isDone: true) }
        // An array directly inside an array is not looked into, and a scalar has no fields.
        return Walk(
            value: element.type == .document ? element : .missing, depth: walk.depth, isDone: element.type != .document)
    }

    private func isAtEnd(_ walk: Walk, _ field: Int) -> Bool { walk.depth == fields[field].path.count }

    private func positionalElement(_ walk: Walk, _ field: Int, _ array: DocumentView) -> ValueView? {
        guard !isAtEnd(walk, field), let position = fields[field].path[walk.depth].position else { return nil }
        let element = array.element(at: position)
        return element.isMissing ? nil : element
    }

    private func rejectAmbiguity(_ element: ValueView, _ walk: Walk, _ field: Int) throws {
        let name = fields[field].path[walk.depth].name
        if element.type == .document, !element.asDocument.find(name).isMissing {
            throw AtelierError(
                .ambiguousArrayField,
                "Ambiguous field name found in array (do not use numeric field names in embedded elements in an array), "
                    + "field: '\(name.text)'")
        }
    }

    private func name(_ walk: Walk, _ field: Int) -> String { fields[field].path[walk.depth - 1].name.text }

    private func parallelArrays(_ second: String, _ first: String) -> AtelierError {
        AtelierError(.cannotIndexParallelArrays, "cannot index parallel arrays [\(second)] [\(first)]")
    }
}
