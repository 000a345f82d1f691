/// A BSON document that owns its bytes. Value semantics, cheap to copy.
///
/// Everything above the engine speaks in these; hot code uses `DocumentView`. Equality is byte equality.
public struct Document: Sendable, Hashable {
    /// Valid BSON, length and terminator included.
    public let bytes: [UInt8]

    /// An empty document.
    public init() { bytes = [5, 0, 0, 0, 0] }

    /// A document whose bytes are known to be valid BSON.
    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// A copy of bytes that somebody else owns.
    public init(copying view: DocumentView) { bytes = Array(view.bytes) }

    /// A document built element by element.
    public init(_ build: (BSONWriter) throws -> Void) rethrows {
        let writer = BSONWriter()
        try build(writer)
        self = writer.finishDocument()
    }

    /// A document with these elements, in this order.
    public init(_ elements: some Sequence<(String, BSONValue)>) {
        self.init { writer in for (key, value) in elements { writer.append(key, value) } }
    }

    /// Shows the bytes to the closure; the view must not leave it.
    @inlinable
    public func withView<R>(_ body: (DocumentView) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes { try body(DocumentView(base: $0.baseAddress!, length: $0.count)) }
    }

    /// Whether there are no elements.
    public var isEmpty: Bool { bytes.count <= 5 }
    /// How many elements there are. O(n).
    public var count: Int { withView { $0.count } }

    /// The value of the first element with this name; nil where there is none. O(n).
    public subscript(_ key: String) -> BSONValue? {
        withView { view in
            let value = view.find(key)
            return value.isMissing ? nil : BSONValue(copying: value)
        }
    }

    /// Names and owned values, in order.
    public var elements: [(key: String, value: BSONValue)] {
        withView { view in
            var result: [(key: String, value: BSONValue)] = []
            var cursor = view.elements()
            while cursor.next() { result.append((cursor.keyString, BSONValue(copying: cursor.value))) }
            return result
        }
    }

    /// The names, in order.
    public var keys: [String] {
        withView { view in
            var result: [String] = []
            var cursor = view.elements()
            while cursor.next() { result.append(cursor.keyString) }
            return result
        }
    }

    /// The values, in order: the elements of an array.
    public var values: [BSONValue] { elements.map(\.value) }

    /// The name of the first element, which of a command says what it does; nil where there is none.
    public var firstKey: String? {
        withView { view in
            var cursor = view.elements()
            return cursor.next() ? cursor.keyString : nil
        }
    }

    /// A copy with this element set in place, or appended where there was none. O(bytes).
    public func setting(_ key: String, _ value: BSONValue) -> Document {
        let name = FieldName(key)
        return withView { view in
            Document { writer in
                var found = false
                var cursor = view.elements()
                while cursor.next() {
                    if cursor.keyEquals(name) {
                        found = true
                        writer.append(key, value)
                    } else {
                        writer.append(element: cursor.elementBytes)
                    }
                }
                if !found { writer.append(key, value) }
            }
        }
    }

    /// A copy without this element. O(bytes).
    public func removing(_ key: String) -> Document {
        let name = FieldName(key)
        return withView { view in
            Document { writer in
                var cursor = view.elements()
                while cursor.next() {
                    if !cursor.keyEquals(name) { writer.append(element: cursor.elementBytes) }
                }
            }
        }
    }
}

extension Document: CustomStringConvertible {
    /// Relaxed Extended JSON: what the document holds, so nothing for messages and logs.
    public var description: String { extendedJSON() }
}

extension Document: ExpressibleByDictionaryLiteral {
    /// `["find": "orders", "limit": 5]`: elements in the order they are written.
    public init(dictionaryLiteral elements: (String, BSONValue)...) { self.init(elements) }
}
