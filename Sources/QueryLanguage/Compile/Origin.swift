import BSON

/// Where in a query an error was found.
///
/// While compiling, an error notes the address of the element that was being read: the innermost notes it, those around leave
/// it. Whoever has the whole query then works out the path, so that nothing is paid for where nothing is wrong.

/// Does work on a query, or a part of it; errors in it say their place, as `located` words it.
public func locatingErrors<R>(
    in query: DocumentView, named name: String, isArray: Bool = false, _ body: () throws -> R
) throws -> R {
    do { return try body() } catch let error as AtelierError {
        throw error.located(in: query, named: name, isArray: isArray)
    }
}

/// Does work on an element of a query; an error in it was found there, unless something further in has said so.
func reading<R>(_ element: ElementCursor, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as AtelierError { throw error.found(at: element) }
}

extension AtelierError {
    /// The error, found at an element of a query; where something further in has said where, that stays.
    func found(at element: ElementCursor) -> AtelierError {
        guard origin == nil, location == nil, let address = element.key.baseAddress else { return self }
        var error = self
        error.origin = UInt(bitPattern: address)
        return error
    }

    /// The error, found at the first element of a document: the operator of `{$operator: …}`.
    func found(atStartOf document: DocumentView) -> AtelierError {
        var cursor = document.elements()
        return cursor.next() ? found(at: cursor) : self
    }

    /// The error with its place in a query, such as `pipeline[2].$group.total.$sume`.
    ///
    /// Where compiling did not say where the error was found, or it was found while running, the operator that the message
    /// names says it, if it stands at one place only.
    ///
    /// - Parameters:
    ///   - query: the query, or a part of it.
    ///   - name: what it is called: `filter`, `pipeline`, `update`; empty for a command, whose fields have their names.
    ///   - isArray: whether the query's names are positions.
    public func located(in query: DocumentView, named name: String, isArray: Bool = false) -> AtelierError {
        guard location == nil else { return self }
        var error = self
        if let origin {
            guard let path = QueryPath.path(to: origin, in: query, isArray: isArray) else { return self }
            error.location = QueryPath.text(name, path)
        } else if let mentioned = QueryPath.operators(in: message).first {
            let paths = QueryPath.paths(of: mentioned, in: query, isArray: isArray)
            guard paths.count == 1 else { return self }
            error.location = QueryPath.text(name, paths[0])
        }
        return error
    }
}

/// Paths within a query, as errors name them: `[2].$group.total.$sume`.
private enum QueryPath {
    /// The path of the innermost element that begins at or holds an address; nil where the address is outside.
    static func path(to address: UInt, in document: DocumentView, isArray: Bool) -> String? {
        let start = UInt(bitPattern: document.base)
        guard address > start, address < start + UInt(document.length) else { return nil }
        var cursor = document.elements()
        while cursor.next() {
            let element = cursor.elementBytes
            let first = UInt(bitPattern: element.baseAddress)
            guard address >= first, address < first + UInt(element.count) else { continue }
            let step = step(cursor, isArray)
            guard cursor.type == .document || cursor.type == .array else { return step }
            return step + (path(to: address, in: cursor.value.asDocument, isArray: cursor.type == .array) ?? "")
        }
        return nil
    }

    /// The paths of all elements with this name.
    static func paths(of name: String, in document: DocumentView, isArray: Bool) -> [String] {
        var found: [String] = []
        var cursor = document.elements()
        while cursor.next() {
            let step = step(cursor, isArray)
            if cursor.keyString == name { found.append(step) }
            guard cursor.type == .document || cursor.type == .array else { continue }
            found += paths(of: name, in: cursor.value.asDocument, isArray: cursor.type == .array).map { step + $0 }
        }
        return found
    }

    /// The operators that a message mentions, in order.
    static func operators(in message: String) -> [String] {
        message.split { !($0.isLetter || $0.isNumber || $0 == "$") }.filter { $0.hasPrefix("$") && $0.count > 1 }
            .map(String.init)
    }

    /// A path below a name, or alone where there is none.
    static func text(_ name: String, _ path: String) -> String {
        name.isEmpty && path.hasPrefix(".") ? String(path.dropFirst()) : name + path
    }

    private static func step(_ element: ElementCursor, _ isArray: Bool) -> String {
        isArray ? "[\(element.keyString)]" : ".\(element.keyString)"
    }
}
