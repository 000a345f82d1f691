import BSON
import Glibc
import Synchronization

/// How much memory mining may take, counted by those who allocate it.
public final class MemoryBudget: Sendable {
    /// Bytes.
    public let limit: Int
    private let used = Atomic<Int>(0)

    /// Enough for some twenty million frequent sets.
    public static let standardLimit = 1 << 30

    public init(limit: Int = MemoryBudget.standardLimit) { self.limit = limit }

    /// Takes bytes out of the budget.
    /// - Throws: `queryExceededMemory` where so many are not left.
    func take(_ bytes: Int) throws {
        let total = used.add(bytes, ordering: .relaxed).newValue
        if total > limit {
            used.subtract(bytes, ordering: .relaxed)
            throw exceeded("the baskets need more memory than the budget of \(MemoryBudget.text(limit))")
        }
    }

    /// Gives bytes back.
    func give(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }

    /// The error that says what to do.
    func exceeded(_ what: String) -> AtelierError {
        AtelierError(
            .queryExceededMemory, what,
            advice:
                "Ask for a higher minimal support or fewer items in a set, leave giant baskets out, or allow more memory."
        )
    }

    /// Reads `512M`, `2GiB`, `64k` or a number of bytes.
    /// - Throws: `failedToParse`.
    public static func bytes(_ text: String) throws -> Int {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units = ["": 0, "k": 10, "m": 20, "g": 30, "t": 40]
        var unit = text.dropFirst(digits.count).lowercased()
        if unit.hasSuffix("ib") { unit.removeLast(2) } else if unit.hasSuffix("b") { unit.removeLast() }
        guard let number = Int(digits), let shift = units[unit], number <= Int.max >> shift else {
            throw AtelierError(.failedToParse, "expected an amount of memory such as 512M or 2G, found \"\(text)\"")
        }
        return number << shift
    }

    static func text(_ bytes: Int) -> String {
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where bytes >= 1 << shift {
            let tenths = (bytes * 10) >> shift
            return tenths % 10 == 0 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
        }
        return "\(bytes) bytes"
    }
}

// Invariant: one thread at a time writes; its owner frees it.
/// A growing array of trivial values whose memory is counted. It frees itself only on `free`.
struct CountedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var capacity: Int
    let budget: MemoryBudget

    init(capacity: Int = 256, _ budget: MemoryBudget) throws {
        try budget.take(capacity * MemoryLayout<Element>.stride)
        base = CountedBuffer.allocate(nil, capacity)
        self.capacity = capacity
        self.budget = budget
    }

    /// Makes room for so many elements in all; addresses change.
    mutating func reserve(_ count: Int) throws {
        if count <= capacity { return }
        let larger = max(count, capacity + capacity / 2)
        let stride = MemoryLayout<Element>.stride
        do {
            try budget.take((larger - capacity) * stride)
        } catch {
            // Where a half more is too much, what is asked for may still fit.
            try budget.take((count - capacity) * stride)
            grow(to: count)
            return
        }
        grow(to: larger)
    }

    private mutating func grow(to count: Int) {
        base = CountedBuffer.allocate(base, count)
        capacity = count
    }

    /// `realloc`, because it moves large blocks without copying them: the system gives their pages other addresses.
    private static func allocate(_ old: UnsafeMutablePointer<Element>?, _ count: Int) -> UnsafeMutablePointer<Element> {
        guard let block = realloc(old, max(1, count) * MemoryLayout<Element>.stride) else {
            fatalError("the system has no memory left")  // As Swift's own allocation does.
        }
        return block.assumingMemoryBound(to: Element.self)
    }

    mutating func free() {
        Glibc.free(base)
        budget.give(capacity * MemoryLayout<Element>.stride)
        capacity = 0
    }
}
