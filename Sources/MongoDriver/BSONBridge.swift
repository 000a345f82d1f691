import BSON
import CMongoC

/// A `bson_t` for libmongoc to write to. Owns its storage and what libbson hangs on it.
struct BSONBuffer: ~Copyable {
    let pointer: OpaquePointer
    private let storage: UnsafeMutableRawPointer

    init() {
        storage = .allocate(byteCount: atelier_bson_size, alignment: atelier_bson_alignment)
        pointer = OpaquePointer(storage)
        bson_init(pointer)
    }

    deinit {
        bson_destroy(pointer)
        storage.deallocate()
    }

    /// A copy of the bytes.
    /// - Throws: `AtelierError` (InvalidBSON) where a server sent what is none.
    var document: Document { get throws { try Document(copyingBSON: pointer) } }
}

extension Document {
    /// A copy of a `bson_t`. libmongoc passes on what a server sent without looking inside, so this does.
    /// - Throws: `AtelierError` (InvalidBSON) where a server sent what is none.
    init(copyingBSON bson: OpaquePointer) throws {
        let data = UnsafeRawPointer(bson_get_data(bson)!)
        // libbson has checked that the first four bytes are the number of bytes there are.
        let length = Int(Int32(littleEndian: data.loadUnaligned(as: Int32.self)))
        self.init(copying: try DocumentView.validate(untrusted: UnsafeRawBufferPointer(start: data, count: length)))
    }

    /// Shows the bytes to C as a `bson_t` without copying them; the pointer must not leave the closure.
    func withBSON<R>(_ body: (OpaquePointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeBufferPointer { bytes in
            try withUnsafeTemporaryAllocation(byteCount: atelier_bson_size, alignment: atelier_bson_alignment) {
                storage in
                let bson = OpaquePointer(storage.baseAddress!)
                // A static `bson_t` only borrows: there is nothing to destroy. It refuses bytes whose length field
                // or terminator is wrong, and a document has neither.
                guard bson_init_static(bson, bytes.baseAddress!, bytes.count) else {
                    preconditionFailure("a document's length field does not match its bytes")
                }
                return try body(bson)
            }
        }
    }
}

extension bson_error_t {
    /// The message, up to its NUL or the end of its 504 bytes.
    var text: String { withUnsafeBytes(of: message) { String(upToNUL: $0) } }
}

extension String {
    /// The text in a C array of characters, which may fill the array to its last byte.
    init(upToNUL bytes: UnsafeRawBufferPointer) { self.init(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
}
