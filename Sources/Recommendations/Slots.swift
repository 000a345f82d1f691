/// Room for results that several threads fill, each its own places.
///
/// `@unchecked Sendable`: no two threads touch the same place, which `SideBySide` sees to by giving out disjoint ranges.
struct Slots<Value>: @unchecked Sendable {
    let base: UnsafeMutableBufferPointer<Value>

    static func filled(_ count: Int, with value: Value, _ work: (Slots<Value>) throws -> Void) rethrows -> [Value] {
        var values = [Value](repeating: value, count: count)
        try values.withUnsafeMutableBufferPointer { try work(Slots(base: $0)) }
        return values
    }
}
