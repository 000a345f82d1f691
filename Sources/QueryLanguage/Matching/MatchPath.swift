import BSON

/// A dotted path as filters walk it.
///
/// Unlike an expression's path it may hold empty components and names that start with `$`, and a component that is a
/// number addresses array positions as well as fields.
final class MatchPath: @unchecked Sendable {
    // Invariant: `steps` is written once, in `init`; `names` keeps its bytes alive.
    let names: [FieldName]
    let steps: UnsafeMutablePointer<Step>
    let count: Int

    /// One component, without reference counts.
    struct Step {
        let name: UnsafeRawPointer
        let length: Int
        /// The array position that the component addresses, or -1.
        let position: Int
    }

    init(_ components: [String]) {
        names = components.map { FieldName($0) }
        count = components.count
        steps = .allocate(capacity: max(1, count))
        for (i, name) in names.enumerated() {
            let step = Step(
                name: name.bytes.baseAddress!, length: name.length,
                position: MatchPath.arrayPosition(components[i]) ?? -1)
            (steps + i).initialize(to: step)
        }
    }

    deinit { steps.deallocate() }

    /// Whether the path is `0`: of an array its first element, if it has one.
    var leadsToFirstElement: Bool { count == 1 && steps[0].position == 0 }

    /// The component's name where the path has just one.
    var onlyComponent: String? { count == 1 ? names[0].text : nil }

    /// The array position a component stands for: digits without a leading zero.
    static func arrayPosition(_ component: some StringProtocol) -> Int? {
        guard let first = component.utf8.first, component.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
        if first == 48 && component.utf8.count > 1 { return nil }
        return Int(component)
    }

    static func components(_ path: String) -> [String] {
        path.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    }
}

extension MatchPath {
    /// Whether the test accepts any value that the path leads to from `value`, which stands for what `steps[..<step]` found.
    ///
    /// - An array on the way stands for each of its documents, and for the element a number addresses.
    /// - An array at the end stands for each of its elements, then for itself (unless the test wants the array only).
    /// - A path that ends early, in a document without the field or in a scalar, leads to `missing`; one that ends among an
    ///   array's scalars leads nowhere.
    func leads(from value: ValueView, at step: Int, to test: ValueTest, _ scope: Scope) throws -> Bool {
        if step == count { return try MatchPath.end(value, test, scope) }
        switch value.type {
        case .document: return try leads(from: value.asDocument.find(steps[step]), at: step + 1, to: test, scope)
        case .array: return try leads(through: value.asDocument, at: step, to: test, scope)
        default: return try test.test(.missing, scope)
        }
    }

    private func leads(through array: DocumentView, at step: Int, to test: ValueTest, _ scope: Scope) throws -> Bool {
        let wanted = steps[step].position
        var position = 0
        var cursor = array.elements()
        while cursor.next() {
            var found = false
            // The element that a number addresses comes first: it needs no look into the document's fields.
            if position == wanted {
                if step + 1 == count {
                    found = try test.test(cursor.value, scope)
                } else if cursor.type == .array {
                    found = try leads(through: cursor.value.asDocument, at: step + 1, to: test, scope)
                } else if cursor.type == .document {
                    found = try leads(from: cursor.value, at: step + 1, to: test, scope)
                }
            }
            if !found && cursor.type == .document {
                found = try leads(from: cursor.value, at: step, to: test, scope)
            }
            if found {
                scope.matchedPosition = position
                return true
            }
            position += 1
        }
        return false
    }

    /// Tests what a path ends at.
    @inline(__always)
    static func end(_ value: ValueView, _ test: ValueTest, _ scope: Scope) throws -> Bool {
        if value.type == .array && test.testsElements { return try endElements(value, test, scope) }
        return try test.test(value, scope)
    }

    private static func endElements(_ value: ValueView, _ test: ValueTest, _ scope: Scope) throws -> Bool {
        var position = 0
        var cursor = value.asDocument.elements()
        while cursor.next() {
            if try test.test(cursor.value, scope) {
                scope.matchedPosition = position
                return true
            }
            position += 1
        }
        return try test.test(value, scope)
    }
}

extension DocumentView {
    /// The value of the first element with the step's name, or `missing`. O(n).
    @inline(__always)
    func find(_ step: MatchPath.Step) -> ValueView {
        var cursor = elements()
        while cursor.next() {
            let key = cursor.key
            if key.count == step.length && sameBytes(step.name, key.baseAddress.unsafelyUnwrapped, key.count) {
                return cursor.value
            }
        }
        return .missing
    }
}
