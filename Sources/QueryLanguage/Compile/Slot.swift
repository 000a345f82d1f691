import BSON

/// A place in a running pipeline's row: a register that holds one value.
///
/// Field paths are resolved to slots when the pipeline is compiled, so that at run time `$items.quantity` is one load.
/// A slot whose value may be a document knows which of that document's fields anybody reads; whoever fills the slot
/// gathers them in one pass (`Scope.assign`).
public final class Slot {
    public let index: Int
    /// Fields gathered from this slot's document. Grows while compiling, fixed while running.
    @usableFromInline private(set) var entries: UnsafeMutablePointer<GatherEntry>
    @usableFromInline private(set) var entryCount = 0
    /// Whether the value comes from the pipeline around this one: no batch holds it.
    var isOfOuterPipeline = false
    /// How the document before looked.
    @exclusivity(unchecked) @usableFromInline var layout = Layout()
    private var capacity = 4
    private var gathered: [(name: FieldName, slot: Slot)] = []
    /// Whether fields of the gathered fields are gathered in turn.
    @usableFromInline private(set) var hasNested = false
    /// The slot whose documents this one's values are gathered from: it keeps this slot alive. Not a weak reference, which
    /// would make counting references to any slot slow.
    private unowned(unsafe) var parent: Slot?

    init(index: Int) {
        self.index = index
        entries = .allocate(capacity: capacity)
    }

    deinit {
        entries.deallocate()
        layout.deallocate()
    }

    /// The fields that are gathered, in the order of the entries.
    var gatheredNames: [String] { gathered.map(\.name.text) }

    /// The fields that are gathered and the slots that receive them, in the order of the entries.
    var gatheredFields: [(name: String, slot: Slot)] { gathered.map { ($0.name.text, $0.slot) } }

    /// The slot that receives this field of this slot's document.
    func field(_ name: String, in compiler: Compiler) -> Slot {
        if let known = gathered.first(where: { $0.name.text == name }) { return known.slot }
        let field = FieldName(name)
        let slot = compiler.newSlot()
        slot.parent = self
        slot.isOfOuterPipeline = isOfOuterPipeline
        parent?.hasNested = true
        gathered.append((field, slot))
        if entryCount == capacity {
            capacity *= 2
            let larger = UnsafeMutablePointer<GatherEntry>.allocate(capacity: capacity)
            larger.update(from: entries, count: entryCount)
            entries.deallocate()
            entries = larger
        }
        entries[entryCount] = GatherEntry(
            name: field.bytes.baseAddress!, length: field.length, target: slot.index, slot: .passUnretained(slot))
        entryCount += 1
        return slot
    }
}

/// One field to gather: its name's bytes (kept alive by the slot) and where the value goes.
@usableFromInline
struct GatherEntry {
    @usableFromInline let name: UnsafeRawPointer
    @usableFromInline let length: Int
    @usableFromInline let target: Int
    /// Where the layout has the field; past its end where it has it not.
    @usableFromInline var position = Int.max
    /// The target, whose own fields are gathered in turn; `gathered` of the owning slot keeps it alive.
    @usableFromInline let slot: Unmanaged<Slot>

    @inline(__always)
    func matches(_ key: UnsafeRawBufferPointer) -> Bool {
        length == key.count && sameBytes(name, key.baseAddress.unsafelyUnwrapped, length)
    }
}
