import BSON

/// What a projection does to a document and to what lies inside it: the common core of `$project`, `$addFields`, `$unset`
/// and `find`'s projection.
///
/// One node for the document at hand; `nested` entries are the nodes of embedded documents. Every node of a tree has the
/// same mode. Dotted paths of the specification have been taken apart, so names hold no dots.
public final class ProjectionTree {
    public enum Mode: Sendable {
        /// Keeps what is named, in the order of the document, then adds what is computed.
        case inclusion
        /// Keeps what is not named.
        case exclusion
        /// Keeps everything; what is computed takes the place of the field it names, or follows the rest.
        case addFields
    }

    public enum Entry {
        case include
        case exclude
        /// An expression over the whole row; no value leaves the field out.
        case computed(Expression)
        case nested(ProjectionTree)
        /// `find`'s `$slice`: part of the array that stands there.
        case slice(ArrayRange)
    }

    public let mode: Mode
    /// The fields the specification names, in its order. `_id` stands first where an inclusion keeps it unasked.
    public let entries: [(name: FieldName, entry: Entry)]
    /// Whether an expression stands anywhere in the tree.
    public let computes: Bool
    /// Finds a document's field among the entries.
    private let names: FieldNameTable

    init(mode: Mode, _ entries: [(name: FieldName, entry: Entry)]) {
        self.mode = mode
        self.entries = entries
        names = FieldNameTable(entries.map(\.name))
        computes = entries.contains { entry in
            switch entry.entry {
            case .computed: true
            case .nested(let tree): tree.computes
            case .include, .exclude, .slice: false
            }
        }
    }

    /// The entry of a field, if it has one. O(entries).
    public func entry(_ name: String) -> Entry? { entries.first { $0.name.text == name }?.entry }
}

extension ProjectionTree {
    /// The value that stands where `value` stood, once the node has been applied to it; missing where nothing is left.
    ///
    /// Documents are projected, also those in arrays at any depth. Anything else has no fields to project: an inclusion
    /// drops it, an exclusion keeps it, and a node that computes something puts a document of that in its place.
    public func apply(_ value: ValueView, _ scope: Scope) throws -> ValueView {
        switch value.type {
        case .document:
            return try scope.arena.document { writer in try write(value.asDocument, into: writer, scope) }
        case .array:
            return try scope.arena.array { writer in
                var cursor = value.asDocument.elements()
                while cursor.next() {
                    let element = try apply(cursor.value, scope)
                    if !element.isMissing { writer.appendElement(element) }
                }
            }
        default:
            if computes { return try scope.arena.document { writer in try writeComputed(into: writer, scope) } }
            return mode == .inclusion ? .missing : value
        }
    }

    /// Appends the projected fields of a document to the one being built.
    public func write(_ document: DocumentView, into writer: BSONWriter, _ scope: Scope) throws {
        try withUnsafeTemporaryAllocation(of: Bool.self, capacity: entries.count) { seen in
            seen.initialize(repeating: false)
            var cursor = document.elements()
            while cursor.next() {
                guard let index = names.index(of: cursor.key) else {
                    if mode != .inclusion { writer.append(element: cursor.elementBytes) }
                    continue
                }
                if seen[index] { continue }
                switch entries[index].entry {
                case .include: writer.append(element: cursor.elementBytes)
                case .exclude: break
                case .computed(let expression):
                    // An inclusion appends what it computes, after what it keeps.
                    if mode == .inclusion { continue }
                    writer.append(cursor.key, try expression.evaluate(scope))
                case .nested(let tree): writer.append(cursor.key, try tree.apply(cursor.value, scope))
                case .slice(let range): writer.append(cursor.key, range.slice(cursor.value, scope.arena))
                }
                seen[index] = true
            }
            if computes { try writeComputed(into: writer, scope, except: seen) }
        }
    }

    private func writeComputed(into writer: BSONWriter, _ scope: Scope) throws {
        for (name, entry) in entries { try append(name, entry, to: writer, scope) }
    }

    private func writeComputed(into writer: BSONWriter, _ scope: Scope, except seen: UnsafeMutableBufferPointer<Bool>)
        throws
    {
        for (index, (name, entry)) in entries.enumerated() where !seen[index] {
            try append(name, entry, to: writer, scope)
        }
    }

    /// Appends a field that the document did not have.
    private func append(_ name: FieldName, _ entry: Entry, to writer: BSONWriter, _ scope: Scope) throws {
        switch entry {
        case .computed(let expression): writer.append(name, try expression.evaluate(scope))
        case .nested(let tree): if tree.computes { writer.append(name, try tree.apply(.missing, scope)) }
        case .include, .exclude, .slice: break
        }
    }
}

/// Which elements of an array `find`'s `$slice` keeps.
public struct ArrayRange: Sendable {
    /// How many elements to pass over; from the end where negative.
    let skip: Int
    let limit: Int

    /// `$slice: count`: the first elements, or the last where the count is negative.
    init(count: Int) {
        skip = count < 0 ? count : 0
        limit = count < 0 ? -count : count
    }

    init(skip: Int, limit: Int) {
        self.skip = skip
        self.limit = limit
    }

    /// The part of an array; any other value as it is.
    func slice(_ value: ValueView, _ arena: Arena) -> ValueView {
        guard value.type == .array else { return value }
        let count = value.asDocument.count
        let first = skip < 0 ? max(0, count + skip) : skip
        if first == 0 && limit >= count { return value }
        return arena.array { writer in
            var cursor = value.asDocument.elements()
            var position = 0
            while cursor.next() && position - first < limit {
                if position >= first { writer.appendElement(cursor.value) }
                position += 1
            }
        }
    }
}

/// Names to be recognised in documents.
final class FieldNameTable: @unchecked Sendable {  // Invariant: written once, in `init`; `names` keeps the bytes alive.
    private let names: [FieldName]
    private let bytes: UnsafeMutablePointer<UnsafeRawBufferPointer>

    init(_ names: [FieldName]) {
        self.names = names
        bytes = .allocate(capacity: max(1, names.count))
        for (i, name) in names.enumerated() { (bytes + i).initialize(to: name.bytes) }
    }

    deinit { bytes.deallocate() }

    /// The position of a name; nil where it is not one of them. O(names).
    @inline(__always)
    func index(of key: UnsafeRawBufferPointer) -> Int? {
        for i in 0..<names.count where bytes[i].count == key.count {
            if sameBytes(bytes[i].baseAddress.unsafelyUnwrapped, key.baseAddress.unsafelyUnwrapped, key.count) {
                return i
            }
        }
        return nil
    }
}
