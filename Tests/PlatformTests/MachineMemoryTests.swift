import Glibc
import Testing

@testable import Platform

@Suite("The memory a process may count on")
struct MachineMemoryTests {
    @Test("There is some, and no more than the machine has")
    func isSome() {
        #expect(MachineMemory.bytes > 1 << 20)
        #expect(MachineMemory.bytes <= sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)))
    }

    @Test(
        "A control group's limit is a number of bytes or none",
        arguments: [("536870912\n", 536_870_912), ("max\n", nil), ("", nil)] as [(String, Int?)])
    func readsLimits(text: String, bytes: Int?) throws {
        var path = Array("/tmp/atelier-limit-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        try #require(descriptor >= 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        try #require(write(descriptor, text, text.utf8.count) == text.utf8.count)
        let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #expect(MachineMemory.limit(inFile: name) == bytes)
    }

    @Test("Where there is no such file there is no limit")
    func knowsNoLimit() { #expect(MachineMemory.limit(inFile: "/nowhere/memory.max") == nil) }
}
