import BSON

/// What a running pipeline computes in: the row's slots, memory for values made while the row is at hand, the time.
///
/// One scope per pipeline; not thread-safe. `arena` is reset by whoever produces the next row (a scan, a `$group` that
/// emits): a stage that keeps a value for longer copies it to an arena of its own.
public final class Scope {
    public let slots: UnsafeMutablePointer<ValueView>
    public let arena: Arena
    /// `$$NOW`: milliseconds since the epoch, the same for the whole command.
    public let now: Int64
    public let interrupt: Interrupt
    /// Where in an array a filter matched last: what `$` stands for in the paths of updates and projections.
    @exclusivity(unchecked) public var matchedPosition: Int?
    private let slotCount: Int

    public init(slotCount: Int, now: Int64, interrupt: Interrupt = Interrupt(), arena: Arena = Arena()) {
        self.slotCount = max(1, slotCount)
        slots = .allocate(capacity: self.slotCount)
        slots.initialize(repeating: .missing, count: self.slotCount)
        self.now = now
        self.interrupt = interrupt
        self.arena = arena
    }

    deinit { slots.deallocate() }

    /// Puts a value into a slot and gathers the fields that are read from it.
    @inlinable @inline(__always)
    public func assign(_ slot: Slot, _ value: ValueView) {
        slots[slot.index] = value
        if slot.entryCount > 0 { gather(slot, value) }
    }

    @usableFromInline
    func gather(_ slot: Slot, _ value: ValueView) {
        let (entries, count) = (slot.entries, slot.entryCount)
        if value.type == .document {
            gather(slot, value.asDocument, entries, count)
        } else {
            for i in 0..<count { slots[entries[i].target] = .missing }
        }
        if slot.hasNested {
            for i in 0..<count {
                entries[i].slot._withUnsafeGuaranteedRef { inner in
                    if inner.entryCount > 0 { gather(inner, slots[inner.index]) }
                }
            }
        }
    }

    /// One pass over the document: as far as it looks like the one before, by comparing names; then by looking them up.
    @inline(__always)
    private func gather(
        _ slot: Slot, _ document: DocumentView, _ entries: UnsafeMutablePointer<GatherEntry>, _ count: Int
    ) {
        let (elements, known) = (slot.layout.elements, slot.layout.count)
        var remaining = count
        var cursor = document.elements()
        var position = 0
        while position < known {
            let target = elements[position].target
            // A name that does not come now may be absent from this document: the next one's turn.
            let isNext = cursor.next(ifLike: elements[position].pattern)
            position += 1
            if target >= 0 {
                slots[target] = isNext ? cursor.value : .missing
                if isNext {
                    remaining &-= 1
                    if remaining == 0 { return }
                }
            }
        }
        for i in 0..<count where entries[i].position >= known { slots[entries[i].target] = .missing }
        if cursor.next() {
            lookUp(cursor, remaining, entries, count)
            slot.layout.learn(document, entries, count)
        }
    }

    /// Gathers what is left, element by element from the cursor's on.
    private func lookUp(
        _ start: ElementCursor, _ missing: Int, _ entries: UnsafeMutablePointer<GatherEntry>, _ count: Int
    ) {
        var (cursor, remaining) = (start, missing)
        repeat {
            let key = cursor.key
            for i in 0..<count where entries[i].matches(key) {
                if slots[entries[i].target].type == .missing {
                    slots[entries[i].target] = cursor.value
                    remaining -= 1
                }
                break
            }
        } while remaining > 0 && cursor.next()
    }
}

@inline(__always)
func sameBytes(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    for i in 0..<count where a.load(fromByteOffset: i, as: UInt8.self) != b.load(fromByteOffset: i, as: UInt8.self) {
        return false
    }
    return true
}
