import BSON
import CLMDB
import Glibc

/// Reads a store's file page by page, without LMDB, and sees whether its trees hang together.
///
/// LMDB trusts its pages: one that is not what it should be ends in a wrong answer or a crash. This walks every tree
/// from the meta page on, with plain reads that cannot fault, and checks that each page is inside the file, is of the
/// right kind, and belongs to one tree only. Used for a file that is shorter than its own account of itself, and by
/// `StorageEnvironment.check`.
///
/// The layout is that of LMDB 0.9 on 64-bit little-endian machines.
struct PageCheck {
    private let descriptor: Int32
    private let pageSize: Int
    private let filePages: UInt64
    /// Pages the store has allocated.
    private let allocatedPages: UInt64
    private var seen: [UInt64]
    private(set) var pageCount = 0
    private(set) var problems: [String] = []

    private enum Flag {
        static let branch: UInt16 = 0x01
        static let leaf: UInt16 = 0x02
        static let overflow: UInt16 = 0x04
        static let bigData: UInt16 = 0x01
        static let subDatabase: UInt16 = 0x02
    }

    /// The root and depth of a tree, from the 48 bytes LMDB keeps of it.
    private struct Tree {
        let name: String
        let root: UInt64
        let depth: Int

        init(name: String, record: UnsafeRawBufferPointer) {
            self.name = name
            depth = Int(record.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
            root = record.loadUnaligned(fromByteOffset: 40, as: UInt64.self)
        }
        var isEmpty: Bool { root == .max }
    }

    /// Checks what a read transaction sees.
    ///
    /// - Returns: what is wrong, in sentences; nil where two commits have overtaken the transaction, whose meta page is
    ///   then gone.
    static func run(_ core: EnvironmentCore, _ txn: OpaquePointer) throws -> PageCheck? {
        var descriptor: Int32 = -1
        try core.check(mdb_env_get_fd(core.env, &descriptor), "check the store")
        var statistics = MDB_stat()
        mdb_env_stat(core.env, &statistics)
        let pageSize = Int(statistics.ms_psize)
        var status = stat()
        if fstat(descriptor, &status) != 0 {
            throw AtelierError.storage(errno, cannot: "check the store", at: core.path)
        }
        for number in 0..<2 {
            var page = [UInt8](repeating: 0, count: pageSize)
            guard pread(descriptor, &page, pageSize, off_t(number * pageSize)) == pageSize else { continue }
            let found = page.withUnsafeBytes { page -> (PageCheck, [Tree])? in
                let meta = UnsafeRawBufferPointer(rebasing: page[16...])
                guard meta.loadUnaligned(fromByteOffset: 128, as: UInt64.self) == UInt64(mdb_txn_id(txn)) else {
                    return nil
                }
                let lastPage = meta.loadUnaligned(fromByteOffset: 120, as: UInt64.self)
                let check = PageCheck(descriptor, pageSize, UInt64(status.st_size) / UInt64(pageSize), lastPage + 1)
                let trees = [
                    Tree(name: "the list of free pages", record: UnsafeRawBufferPointer(rebasing: meta[24..<72])),
                    Tree(name: "the list of databases", record: UnsafeRawBufferPointer(rebasing: meta[72..<120])),
                ]
                return (check, trees)
            }
            if let (found, trees) = found {
                var check = found
                for tree in trees { check.walk(tree) }
                return check
            }
        }
        return nil
    }

    private init(_ descriptor: Int32, _ pageSize: Int, _ filePages: UInt64, _ allocatedPages: UInt64) {
        self.descriptor = descriptor
        self.pageSize = pageSize
        self.filePages = filePages
        self.allocatedPages = allocatedPages
        seen = Array(repeating: 0, count: Int(min(allocatedPages, 1 << 32) / 64) + 1)
    }

    private mutating func walk(_ tree: Tree) {
        if !tree.isEmpty { walk(tree, tree.root, level: 1) }
    }

    private mutating func walk(_ tree: Tree, _ number: UInt64, level: Int) {
        // A damaged store has as many problems as pages: the first ones tell the story.
        guard problems.count < 20, claim(number, 1, tree) else { return }
        var page = [UInt8](repeating: 0, count: pageSize)
        guard pread(descriptor, &page, pageSize, off_t(number) * off_t(pageSize)) == pageSize else {
            problems.append("page \(number) of \(tree.name) cannot be read")
            return
        }
        page.withUnsafeBytes { walk(tree, number, $0, level) }
    }

    private mutating func walk(_ tree: Tree, _ number: UInt64, _ page: UnsafeRawBufferPointer, _ level: Int) {
        let flags = page.loadUnaligned(fromByteOffset: 10, as: UInt16.self) & 0x0F
        let lower = Int(page.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
        let expected = level < tree.depth ? Flag.branch : Flag.leaf
        guard page.loadUnaligned(as: UInt64.self) == number, flags == expected, lower >= 16, lower <= pageSize else {
            problems.append("page \(number) of \(tree.name) is not what it should be")
            return
        }
        for position in 0..<(lower - 16) / 2 {
            let offset = Int(page.loadUnaligned(fromByteOffset: 16 + 2 * position, as: UInt16.self))
            guard offset >= lower, offset + 8 <= pageSize else {
                problems.append("page \(number) of \(tree.name) has an entry outside itself")
                return
            }
            let low = UInt64(page.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            let nodeFlags = page.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)
            if flags == Flag.branch {
                walk(tree, low | UInt64(nodeFlags) << 32, level: level + 1)
                continue
            }
            let keySize = Int(page.loadUnaligned(fromByteOffset: offset + 6, as: UInt16.self))
            let data = offset + 8 + keySize
            let size = nodeFlags & Flag.bigData != 0 ? 8 : Int(low)
            guard data + size <= pageSize else {
                problems.append("page \(number) of \(tree.name) has an entry outside itself")
                return
            }
            if nodeFlags & Flag.bigData != 0 {
                walkOverflow(tree, page.loadUnaligned(fromByteOffset: data, as: UInt64.self), size: Int(low))
            } else if nodeFlags & Flag.subDatabase != 0, size == 48 {
                let name = String(decoding: page[offset + 8..<data], as: UTF8.self)
                walk(Tree(name: "database '\(name)'", record: UnsafeRawBufferPointer(rebasing: page[data..<data + 48])))
            }
        }
    }

    /// A value of its own pages: the first one has a header that says how many.
    private mutating func walkOverflow(_ tree: Tree, _ number: UInt64, size: Int) {
        let count = UInt64((16 + size + pageSize - 1) / pageSize)
        guard claim(number, count, tree) else { return }
        var header = [UInt8](repeating: 0, count: 16)
        let isRight =
            pread(descriptor, &header, 16, off_t(number) * off_t(pageSize)) == 16
            && header.withUnsafeBytes {
                $0.loadUnaligned(as: UInt64.self) == number
                    && $0.loadUnaligned(fromByteOffset: 10, as: UInt16.self) & 0x0F == Flag.overflow
                    && UInt64($0.loadUnaligned(fromByteOffset: 12, as: UInt32.self)) == count
            }
        if !isRight { problems.append("page \(number) of \(tree.name) is not what it should be") }
    }

    /// Notes pages as this tree's.
    private mutating func claim(_ number: UInt64, _ count: UInt64, _ tree: Tree) -> Bool {
        guard number >= 2, number < allocatedPages, count <= allocatedPages - number else {
            problems.append("\(tree.name) has page \(number), which was never allocated")
            return false
        }
        guard number + count <= filePages else {
            problems.append(
                "\(tree.name) has page \(number), which lies behind the end of the file: the file has been cut")
            return false
        }
        for page in number..<number + count {
            if seen[Int(page / 64)] & (1 << (page % 64)) != 0 {
                problems.append("page \(page) is used twice, once by \(tree.name)")
                return false
            }
            seen[Int(page / 64)] |= 1 << (page % 64)
        }
        pageCount += Int(count)
        return true
    }
}
