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
    let slotCount: Int
    /// The batches whose columns lie in the arena.
    @exclusivity(unchecked) var batches: [Batch] = []
    /// Stands before the slots for what is gathered along with what is read.
    @usableFromInline static let unread = -1

    public init(slotCount: Int, now: Int64, interrupt: Interrupt = Interrupt(), arena: Arena = Arena()) {
        self.slotCount = max(1, slotCount)
        slots = .allocate(capacity: self.slotCount + 1) + 1
        (slots - 1).initialize(repeating: .missing, count: self.slotCount + 1)
        self.now = now
        self.interrupt = interrupt
        self.arena = arena
    }

    deinit { (slots - 1).deallocate() }

    /// Takes back what was made for the batch before.
    public func beginBatch() {
        batches.removeAll(keepingCapacity: true)
        arena.reset()
    }

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
        if slot.hasNested { gatherNested(slot) }
    }

    /// Gathers the fields of what was gathered.
    func gatherNested(_ slot: Slot) {
        for i in 0..<slot.entryCount {
            slot.entries[i].slot._withUnsafeGuaranteedRef { inner in
                if inner.entryCount > 0 { gather(inner, slots[inner.index]) }
            }
        }
    }

    /// One pass over the document: as far as it looks like the one before, by comparing names; then by looking them up.
    @inline(__always)
    private func gather(
        _ slot: Slot, _ document: DocumentView, _ entries: UnsafeMutablePointer<GatherEntry>, _ count: Int
    ) {
        let (slots, patterns, targets) = (slots, slot.layout.patterns, slot.layout.targets)
        let (readCount, knownCount) = (slot.layout.readCount, slot.layout.count)
        var cursor = PatternCursor(document)
        var absent = count
        var position = 0
        while position < knownCount {
            // A name that does not come now may be absent from this document: the next one's turn.
            let target = targets[position]
            if cursor.take(ifLike: patterns + position, into: slots + target) {
                if target != Scope.unread { absent &-= 1 }
            } else if target != Scope.unread {
                slots[target] = .missing
            }
            position &+= 1
            if absent == 0 && position == readCount { return }
        }
        for i in 0..<count where entries[i].position >= knownCount { slots[entries[i].target] = .missing }
        if !cursor.isAtEnd {
            lookUp(ElementCursor(document, at: cursor), absent, entries, count)
            slot.layout.learn(document, entries, count)
        }
    }

    /// Gathers what is left, element by element behind the cursor.
    private func lookUp(
        _ start: ElementCursor, _ missing: Int, _ entries: UnsafeMutablePointer<GatherEntry>, _ count: Int
    ) {
        var (cursor, remaining) = (start, missing)
        while remaining > 0 && cursor.next() {
            let key = cursor.key
            for i in 0..<count where entries[i].matches(key) {
                if slots[entries[i].target].type == .missing {
                    slots[entries[i].target] = cursor.value
                    remaining -= 1
                }
                break
            }
        }
    }
}

@inline(__always)
func sameBytes(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    for i in 0..<count where a.load(fromByteOffset: i, as: UInt8.self) != b.load(fromByteOffset: i, as: UInt8.self) {
        return false
    }
    return true
}
