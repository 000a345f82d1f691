import Glibc

/// Bytes that end where memory ends: reading one byte past them stops the process.
final class GuardedBytes {
    private let mapping: UnsafeMutableRawPointer
    private let mapped: Int
    let bytes: UnsafeRawBufferPointer

    init(_ content: [UInt8]) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let pages = (content.count + page - 1) / page
        mapped = (pages + 1) * page
        mapping = mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(mapping != MAP_FAILED, "no memory")
        precondition(mprotect(mapping + pages * page, page, PROT_NONE) == 0, "no guard page")
        let start = mapping + pages * page - content.count
        start.copyMemory(from: content, byteCount: content.count)
        bytes = UnsafeRawBufferPointer(start: start, count: content.count)
    }

    deinit { munmap(mapping, mapped) }
}
