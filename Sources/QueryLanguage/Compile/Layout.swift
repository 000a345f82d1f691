import BSON

/// Where a slot's gathered fields stood in the document before: the documents of an array or collection look alike.
///
/// The leading elements' names are kept, so that the next document's are recognised by comparing words instead of being
/// measured and looked up. A wrong guess costs time only.
@usableFromInline
struct Layout {
    @usableFromInline
    struct Element {
        let pattern: ElementPattern
        /// The slot it is gathered into; negative for an element that nobody reads.
        let target: Int
    }

    @usableFromInline private(set) var elements: UnsafeMutablePointer<Element>
    @usableFromInline private(set) var count = 0
    /// Where documents differ all the time, learning each one would cost more than it saves.
    private var patience = 64
    private static let capacity = 24

    init() { elements = .allocate(capacity: Layout.capacity) }

    func deallocate() { elements.deallocate() }

    /// Remembers a document's leading elements.
    mutating func learn(_ document: DocumentView, _ entries: UnsafeMutablePointer<GatherEntry>, _ entryCount: Int) {
        if patience == 0 { return }
        patience -= 1
        count = 0
        for i in 0..<entryCount { entries[i].position = .max }
        var cursor = document.elements()
        while count < Layout.capacity, cursor.next(), let pattern = ElementPattern(cursor) {
            // Of a name that stands twice, the first counts: what follows the second is left to be looked up.
            if (0..<count).contains(where: { elements[$0].pattern.hasSameName(as: pattern) }) { break }
            var target = -1
            for i in 0..<entryCount where entries[i].matches(cursor.key) {
                (entries[i].position, target) = (count, entries[i].target)
            }
            (elements + count).initialize(to: Element(pattern: pattern, target: target))
            count += 1
        }
    }
}
