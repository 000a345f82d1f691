import Glibc

/// Numbers in a row, in memory of their own or in a mapped file. Immutable; copies share the memory.
public struct PackedColumn<Element: BitwiseCopyable & Sendable>: Sendable, RandomAccessCollection {
    /// The elements. They live as long as any copy of the column.
    // Invariant: immutable, and alive while `memory` is.
    public nonisolated(unsafe) let buffer: UnsafeBufferPointer<Element>
    let memory: Memory

    init(buffer: UnsafeBufferPointer<Element>, memory: Memory) {
        self.buffer = buffer
        self.memory = memory
    }

    /// A column of so many elements, which the closure fills.
    init(count: Int, _ fill: (UnsafeMutableBufferPointer<Element>) throws -> Void) rethrows {
        let memory = Memory(byteCount: count * MemoryLayout<Element>.stride)
        let elements = UnsafeMutableBufferPointer(
            start: memory.base.bindMemory(to: Element.self, capacity: count), count: count)
        try fill(elements)
        self.init(buffer: UnsafeBufferPointer(elements), memory: memory)
    }

    init(_ elements: [Element]) {
        self.init(count: elements.count) { buffer in _ = buffer.update(fromContentsOf: elements) }
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { buffer.count }

    @inline(__always)
    public subscript(_ index: Int) -> Element { buffer[index] }

    /// The address of the first element.
    var pointer: UnsafePointer<Element> { buffer.baseAddress! }
    var byteCount: Int { count * MemoryLayout<Element>.stride }
}

/// Bytes that are freed, or unmapped, when nobody refers to them any more.
final class Memory: @unchecked Sendable {  // Invariant: written only before it is shared.
    let base: UnsafeMutableRawPointer
    private let mappedLength: Int

    /// Fresh bytes, aligned for anything.
    init(byteCount: Int) {
        base = .allocate(byteCount: Swift.max(16, byteCount), alignment: 64)
        mappedLength = 0
    }

    /// Takes over a mapping.
    init(mapping: UnsafeMutableRawPointer, length: Int) {
        base = mapping
        mappedLength = length
    }

    deinit {
        if mappedLength == 0 { base.deallocate() } else { munmap(base, mappedLength) }
    }
}
