import BSON

/// Where a slot's gathered fields stood in the document before: the documents of an array or collection look alike.
///
/// The leading elements' names are kept, so that the next document's are recognised by comparing words instead of being
/// measured and looked up. A wrong guess costs time only.
@usableFromInline
struct Layout {
    /// How the leading elements look.
    let patterns: UnsafeMutablePointer<ElementPattern>
    /// The slots they are gathered into; `Scope.unread` for an element that nobody reads.
    let targets: UnsafeMutablePointer<Int>
    private(set) var count = 0
    /// How many elements there are up to the last one that somebody reads.
    private(set) var readCount = 0
    /// Where documents differ all the time, learning each one would cost more than it saves.
    private var patience = 64
    private static let capacity = 24

    init() {
        patterns = .allocate(capacity: Layout.capacity)
        targets = .allocate(capacity: Layout.capacity)
    }

    func deallocate() {
        patterns.deallocate()
        targets.deallocate()
    }

    /// Remembers a document's leading elements.
    mutating func learn(_ document: DocumentView, _ entries: UnsafeMutablePointer<GatherEntry>, _ entryCount: Int) {
        if patience == 0 { return }
        patience -= 1
        (count, readCount) = (0, 0)
        for i in 0..<entryCount { entries[i].position = .max }
        var cursor = document.elements()
        while count < Layout.capacity, cursor.next(), let pattern = ElementPattern(cursor) {
            // Of a name that stands twice, the first counts: what follows the second is left to be looked up.
            if (0..<count).contains(where: { patterns[$0].hasSameName(as: pattern) }) { break }
            var target = Scope.unread
            for i in 0..<entryCount where entries[i].matches(cursor.key) {
                (entries[i].position, target) = (count, entries[i].target)
            }
            (patterns + count).initialize(to: pattern)
            (targets + count).initialize(to: target)
            count += 1
            if target != Scope.unread { readCount = count }
        }
    }
}
