import BSON

/// Compiles one pipeline: hands out slots, knows the row's shape and the variables in sight, owns the constants.
///
/// A compiler lives as long as what it compiled.
public final class Compiler {
    /// Constants and everything else the plan points to.
    public let arena = Arena(chunkSize: 4096)
    /// The row as the stage being compiled sees it.
    public var shape: Shape
    /// User variables (`$let`, `$map` …, a `$lookup`'s `let`) by name.
    var variables: [String: Slot] = [:]
    /// The command's `let`: variables with one value for the whole command.
    public var constants: [String: ValueView] = [:]
    /// `$$CURRENT` where it is not the row: inside `$redact` and where `$let` rebinds it.
    var current: Slot?
    public let now: Int64
    /// How deep in an expression compilation stands; what was found wrong while folding is reported at the outermost level.
    var depth = 0
    var foldFailure: AtelierError?
    /// Whether constant expressions are worked out, and their errors reported, while compiling. An update's pipeline leaves
    /// both for when there is a document to update, as MongoDB does.
    var foldsConstants = true
    /// How many slots a scope for what was compiled so far needs.
    public private(set) var slotCount = 0
    /// Arrays whose documents several expressions look at, by the index of the slot they stand in.
    var elementTables: [Int: ElementTable] = [:]
    /// Always missing.
    public private(set) lazy var missingSlot = newSlot()

    public init(now: Int64) {
        self.now = now
        shape = Shape(base: nil)
        shape.base = newSlot()
    }

    public func newSlot() -> Slot {
        defer { slotCount += 1 }
        return Slot(index: slotCount)
    }

    /// Consecutive slots, for a call's arguments.
    func newSlots(_ count: Int) -> Int {
        defer { slotCount += count }
        return slotCount
    }

    /// A scope to run what was compiled so far. Compile everything before making it.
    public func makeScope(interrupt: Interrupt = Interrupt()) -> Scope {
        Scope(slotCount: slotCount, now: now, interrupt: interrupt)
    }

    /// The slot that holds a top-level field of the row.
    public func field(_ name: String) -> Slot {
        if let overlay = shape.overlays.first(where: { $0.name == name }) { return overlay.slot }
        guard let base = shape.base, shape.keeps(name) else { return missingSlot }
        return shape.gathered[name] ?? base.field(name, in: self)
    }

    /// Runs `body` with a variable in sight, then restores what it hid.
    func with<R>(variable name: String, _ slot: Slot, _ body: () throws -> R) rethrows -> R {
        let hidden = variables[name]
        let hiddenCurrent = current
        if name == "CURRENT" { current = slot } else { variables[name] = slot }
        defer {
            if name != "CURRENT" { variables[name] = hidden }
            current = hiddenCurrent
        }
        return try body()
    }
}

extension Compiler {
    /// Says that the base document's bytes live as long as the pipeline, so that sorting need not copy them.
    public func declareStableBase() { shape.isStable = true }

    /// Defines the variables of a command's `let`: constant expressions.
    public func define(_ variables: Document?) throws {
        guard let variables else { return }
        try variables.withView { view in
            var cursor = view.elements()
            while cursor.next() {
                let name = cursor.keyString
                try Compiler.checkVariableName(name)
                guard let value = try expression(cursor.value).constant else {
                    throw AtelierError(
                        4890500, "Command let Expression tried to access a field, but this is not allowed: \(name)")
                }
                constants[name] = arena.copy(value)
            }
        }
    }
}
