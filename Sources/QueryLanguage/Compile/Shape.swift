import BSON

/// What a row looks like to the next stage: a base document, which of its fields still count, and fields laid over it.
///
/// A pipeline does not rebuild documents stage by stage. `$match`, `$unwind`, `$addFields`, `$project` and `$group` only
/// change the shape; the document is put together (`RowDocument`) where somebody asks for all of it.
public struct Shape {
    /// The slot with the base document; nil where the row consists of `overlays` only, as after `$group`.
    public var base: Slot?
    public var kept: Kept = .all
    /// Top-level fields whose value stands in a slot: in the base's place where the base has the name (and keeps it),
    /// otherwise after it, in this order. A missing value leaves the field out.
    public var overlays: [(name: String, slot: Slot)] = []
    /// Overlays that may leave a field of the base out, as `$unwind`'s do: once set again, such a field stands where the
    /// base has it, or else comes last.
    private var provisional: Set<String> = []

    /// Fields of the base whose values stand in a slot already, so that nobody has to look into the base for them.
    var gathered: [String: Slot] = [:]

    /// Whether the base document's bytes live as long as the pipeline, not just as long as the row; no overlay does.
    var stableBase = false
    var isStable: Bool {
        get { stableBase && overlays.isEmpty && base != nil && !filtered }
        set { stableBase = newValue }
    }
    private var filtered: Bool { if case .only = kept { true } else { false } }

    public enum Kept {
        case all
        case only(Set<String>)
    }

    public init(base: Slot?) { self.base = base }

    public func keeps(_ name: String) -> Bool {
        guard base != nil else { return false }
        switch kept {
        case .all: return true
        case .only(let names): return names.contains(name)
        }
    }

    /// Lays a field over the row, replacing an earlier overlay of the same name in its place.
    public mutating func overlay(_ name: String, _ slot: Slot) {
        if provisional.remove(name) != nil { overlays.removeAll { $0.name == name } }
        if let index = overlays.firstIndex(where: { $0.name == name }) {
            overlays[index].slot = slot
        } else {
            overlays.append((name, slot))
        }
    }

    /// Lays a value over a field that the row may or may not have, without making it one.
    public mutating func replace(_ name: String, _ slot: Slot) {
        let known = overlays.contains { $0.name == name }
        guard known || keeps(name) else { return }
        overlay(name, slot)
        if !known { provisional.insert(name) }
    }
}
