import BSON
import Glibc

/// Graphs in files: written once, read by mapping them into memory.
///
/// | bytes | |
/// |---|---|
/// | 0–7 | `ATLGRAPH` |
/// | 8–11 | version, 1 |
/// | 12–15 | length of the description |
/// | 16–23 | length of the file |
/// | 24–31 | checksum of everything from byte 32 on |
/// | 32– | the description, BSON: counts, provenance, and where each column begins |
/// | … | the columns, each from a multiple of 64 on |
///
/// Numbers are little-endian. A file is checked whole before anything of it is used: checksum, places of the columns, that
/// rows ascend and that every number is one of a node. O(bytes), about a second for a gigabyte.
enum SnapshotFormat {
    static let magic = Array("ATLGRAPH".utf8)
    static let version: UInt32 = 1
    static let headerLength = 32

    /// FNV-1a over words of eight bytes, in four lanes.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let prime: UInt64 = 0x0000_0100_0000_01B3
        var (a, b, c, d) = (UInt64(1), UInt64(2), UInt64(3), UInt64(4))
        var i = 0
        func word(_ at: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        }
        func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
            let product = (state ^ word) &* prime
            return product ^ product >> 29
        }
        while i + 32 <= bytes.count {
            a = mix(a, word(i))
            b = mix(b, word(i + 8))
            c = mix(c, word(i + 16))
            d = mix(d, word(i + 24))
            i += 32
        }
        while i < bytes.count {
            a = mix(a, UInt64(bytes[i]))
            i += 1
        }
        return mix(mix(mix(mix(UInt64(bytes.count), a), b), c), d)
    }
}

extension Graph {
    // MARK: Writing

    /// Writes the graph to a file, which appears whole or not at all.
    ///
    /// - Parameters:
    ///   - path: a new file, an empty one, or a snapshot that is replaced; a symbolic link goes on leading to its file.
    ///   - announce: told the name that the file has until it is whole; what stands there may be removed at an interruption.
    /// - Throws: `fileOpenFailed` where that cannot be written, or something else than a snapshot stands there.
    public func write(snapshot path: String, announce: (_ temporary: String) -> Void = { _ in }) throws {
        let place = try Graph.place(forSnapshot: path)
        var columns: [UnsafeRawBufferPointer] = [
            UnsafeRawBufferPointer(nodes.offsets.buffer), UnsafeRawBufferPointer(nodes.keys.buffer),
        ]
        for set in edgeSets {
            for rows in set.type.isSymmetric ? [set.forward] : [set.forward, set.reverse] {
                columns += [
                    UnsafeRawBufferPointer(rows.offsets.buffer), UnsafeRawBufferPointer(rows.targets.buffer),
                    UnsafeRawBufferPointer(rows.weights.buffer), UnsafeRawBufferPointer(rows.times.buffer),
                ]
            }
        }
        // Places are relative to where the columns begin.
        var places: [BSONValue] = []
        var end = 0
        for column in columns {
            places.append(.array([.int64(Int64(end)), .int64(Int64(column.count))]))
            end = (end + column.count + 63) / 64 * 64
        }
        let description: Document = [
            "starts": .array(BSONArray(nodes.starts.map { .int64(Int64($0)) })),
            "columns": .array(BSONArray(places)), "provenance": .document(provenance.document),
        ]
        let first = (SnapshotFormat.headerLength + description.bytes.count + 63) / 64 * 64
        let length = first + end
        var bytes = [UInt8](repeating: 0, count: length)
        bytes.withUnsafeMutableBytes { buffer in
            buffer.copyBytes(from: SnapshotFormat.magic)
            buffer.storeBytes(of: SnapshotFormat.version.littleEndian, toByteOffset: 8, as: UInt32.self)
            buffer.storeBytes(of: UInt32(description.bytes.count).littleEndian, toByteOffset: 12, as: UInt32.self)
            buffer.storeBytes(of: UInt64(length).littleEndian, toByteOffset: 16, as: UInt64.self)
            UnsafeMutableRawBufferPointer(rebasing: buffer[SnapshotFormat.headerLength...])
                .copyBytes(from: description.bytes)
            var place = first
            for column in columns {
                UnsafeMutableRawBufferPointer(rebasing: buffer[place...]).copyMemory(from: column)
                place = (place + column.count + 63) / 64 * 64
            }
            let checksum = SnapshotFormat.checksum(
                UnsafeRawBufferPointer(rebasing: buffer[SnapshotFormat.headerLength...]))
            buffer.storeBytes(of: checksum.littleEndian, toByteOffset: 24, as: UInt64.self)
        }
        try Graph.writeWhole(bytes, to: place, announce)
    }

    /// The file that a snapshot of this name goes to, through symbolic links. Nothing is written.
    ///
    /// - Throws: `fileOpenFailed` where something stands there that is no snapshot, which writing would destroy.
    @discardableResult
    public static func place(forSnapshot path: String) throws -> String {
        func refusal(_ message: String, _ advice: String) -> AtelierError {
            AtelierError(.fileOpenFailed, message, at: path, advice: advice)
        }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            guard errno == ENOENT else {
                throw refusal(
                    "cannot write the snapshot: \(String(cString: strerror(errno)))",
                    "Name a file in a folder that exists and that you may write to.")
            }
            var link = stat()
            if lstat(path, &link) == 0 { throw refusal("this link leads to no file", "Name the file itself.") }
            return path
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refusal("this is no file, and a snapshot does not replace it", "Name a file.")
        }
        var magic = [UInt8](repeating: 0, count: SnapshotFormat.magic.count)
        guard status.st_size == 0 || read(file, &magic, magic.count) == magic.count && magic == SnapshotFormat.magic
        else {
            throw refusal(
                "this file is no snapshot of a graph, and is not written over", "Name a new file, or a snapshot.")
        }
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func writeWhole(_ bytes: [UInt8], to path: String, _ announce: (String) -> Void) throws {
        func failure() -> AtelierError {
            AtelierError(
                .fileOpenFailed, "cannot write the snapshot: \(String(cString: strerror(errno)))", at: path,
                advice: "Name a file in a folder that exists and that you may write to.")
        }
        // A name that nobody has: what stands beside the place is not written over either.
        var template = Array("\(path).XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw failure() }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        announce(temporary)
        let isWritten = bytes.withUnsafeBytes { buffer in
            var start = 0
            while start < buffer.count {
                let count = Glibc.write(file, buffer.baseAddress! + start, buffer.count - start)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return false }
                start += count
            }
            return fsync(file) == 0
        }
        let error = errno
        close(file)
        if isWritten && rename(temporary, path) == 0 { return }
        if !isWritten { errno = error }
        let thrown = failure()
        unlink(temporary)
        throw thrown
    }

    // MARK: Reading

    /// Maps a file that `write(snapshot:)` wrote.
    ///
    /// The file must not be changed in place while the graph lives; replacing it is no harm.
    /// - Throws: `fileOpenFailed` where it cannot be read, is none of Atelier's, or is damaged.
    public convenience init(snapshot path: String) throws {
        func damaged(_ what: String) -> AtelierError {
            AtelierError(
                .fileOpenFailed, "this snapshot is damaged: \(what)", at: path,
                advice: "Write it anew with `atelier graph build --keep FILE`.")
        }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw AtelierError(
                .fileOpenFailed, "cannot read the snapshot: \(String(cString: strerror(errno)))", at: path,
                advice: "Write one with `atelier graph build --keep FILE`.")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw AtelierError(.fileOpenFailed, "this is no file", at: path)
        }
        let length = Int(status.st_size)
        let foreign = AtelierError(
            .fileOpenFailed, "this is no snapshot of a graph", at: path,
            advice: "Write one with `atelier graph build --keep FILE`.")
        guard length >= SnapshotFormat.headerLength else { throw foreign }
        guard let base = mmap(nil, length, PROT_READ, MAP_PRIVATE, file, 0), base != MAP_FAILED else {
            throw AtelierError(
                .fileOpenFailed, "cannot map the snapshot: \(String(cString: strerror(errno)))", at: path)
        }
        let memory = Memory(mapping: base, length: length)
        let bytes = UnsafeRawBufferPointer(start: base, count: length)
        guard bytes.starts(with: SnapshotFormat.magic) else { throw foreign }
        let version = UInt32(littleEndian: bytes.load(fromByteOffset: 8, as: UInt32.self))
        guard version == SnapshotFormat.version else {
            throw AtelierError(
                .fileOpenFailed,
                "this snapshot has the version \(version), this program reads \(SnapshotFormat.version)",
                at: path, advice: "Write it anew with `atelier graph build --keep FILE`.")
        }
        let stated = UInt64(littleEndian: bytes.load(fromByteOffset: 16, as: UInt64.self))
        guard stated == UInt64(length) else {
            throw damaged("it has \(length) bytes and should have \(stated)")
        }
        let content = UnsafeRawBufferPointer(rebasing: bytes[SnapshotFormat.headerLength...])
        guard SnapshotFormat.checksum(content) == UInt64(littleEndian: bytes.load(fromByteOffset: 24, as: UInt64.self))
        else { throw damaged("its checksum does not fit its content") }
        let descriptionLength = Int(UInt32(littleEndian: bytes.load(fromByteOffset: 12, as: UInt32.self)))
        guard descriptionLength <= content.count,
            let description = try? Document(validating: Array(content.prefix(descriptionLength)))
        else { throw damaged("its description cannot be read") }
        do {
            let first = (SnapshotFormat.headerLength + descriptionLength + 63) / 64 * 64
            self.init(try SnapshotReader(description, memory, first: first, length: length).graph())
        } catch let error as SnapshotReader.Damage {
            throw damaged(error.what)
        }
    }

    private convenience init(_ graph: Graph) {
        self.init(nodes: graph.nodes, edgeSets: graph.edgeSets, provenance: graph.provenance)
    }
}
