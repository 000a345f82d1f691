import BSON

/// Where a slot's gathered fields stood in the document before: the documents of an array or collection look alike.
///
/// The leading elements' names are kept, so that the next document's are recognised by comparing words instead of being
/// measured and looked up. A wrong guess costs time only.
@usableFromInline
struct Layout {
    @usableFromInline
    struct Element {
        let name: ElementName
        /// Which of the gathered fields it is; negative for one that nobody reads.
        let field: Int
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
        var seen: Set<Int> = []
        var cursor = document.elements()
        while count < Layout.capacity, cursor.next(), let name = ElementName(cursor.key) {
            let found = (0..<entryCount).first { entries[$0].matches(cursor.key) } ?? -1
            // Of a name that stands twice, the first counts.
            (elements + count).initialize(to: Element(name: name, field: seen.insert(found).inserted ? found : -1))
            count += 1
        }
    }
}
