import BSON

/// Objects that are looped over per row without counting references.
///
/// Looping over a Swift array of objects retains the array and each element; this keeps them alive once, and lends them.
struct ObjectList<Element: AnyObject> {
    private let storage: Storage

    init(_ elements: [Element]) { storage = Storage(elements) }

    @inline(__always) var count: Int { storage.loan.count }

    /// The elements as an array, for what is not done per row.
    var elements: [Element] { storage.elements }

    /// The elements without the list: for as long as the list lives.
    @inline(__always) var loan: Loan { storage.loan }

    /// Lends an element to the closure.
    @inline(__always)
    func with<R>(_ index: Int, _ body: (Element) throws -> R) rethrows -> R { try storage.loan.with(index, body) }

    /// Plain data: where the elements stand.
    struct Loan {
        fileprivate let base: UnsafeMutablePointer<Unmanaged<Element>>
        let count: Int

        @inline(__always)
        func with<R>(_ index: Int, _ body: (Element) throws -> R) rethrows -> R {
            try base[index]._withUnsafeGuaranteedRef(body)
        }
    }

    private final class Storage {
        let elements: [Element]
        let loan: Loan

        init(_ elements: [Element]) {
            self.elements = elements
            loan = Loan(base: .allocate(capacity: max(1, elements.count)), count: elements.count)
            for (i, element) in elements.enumerated() { (loan.base + i).initialize(to: .passUnretained(element)) }
        }

        deinit { loan.base.deallocate() }
    }
}

extension ObjectList where Element == Expression {
    @inline(__always)
    func evaluate(_ index: Int, _ scope: Scope) throws -> ValueView { try loan.evaluate(index, scope) }
}

extension ObjectList.Loan where Element == Expression {
    @inline(__always)
    func evaluate(_ index: Int, _ scope: Scope) throws -> ValueView { try with(index) { try $0.evaluate(scope) } }
}
