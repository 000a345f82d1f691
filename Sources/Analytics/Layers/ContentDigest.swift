import BSON
import DocumentStore

/// What a collection held at some moment, in a few bytes: two states of it are told apart by comparing theirs.
///
/// Every document's bytes are hashed to 64 bits, and hashes are added up, so that the order of documents does not matter.
/// That a change goes unnoticed takes two sums to agree by chance, once in 2⁶⁴. Days are kept apart by a date of the
/// documents, so that a change is found together with when it lies.
struct ContentDigest: Equatable {
    /// Over all documents.
    var total: UInt64 = 0
    var documents = 0
    /// By field, and by the UTC day of the field's date, as days since 1970-01-01.
    var days: [String: [Int: UInt64]] = [:]
    /// By field: over the documents where it holds no date.
    var undated: [String: UInt64] = [:]

    /// Reads a whole collection once.
    /// - Parameter fields: the dates by which days are kept apart.
    init(of collection: Collection, by fields: Set<String>) throws {
        let fields = fields.sorted()
        let paths = fields.map { $0.split(separator: ".").map(String.init) }
        var days = [[Int: UInt64]](repeating: [:], count: fields.count)
        var undated = [UInt64](repeating: 0, count: fields.count)
        let cursor = try collection.find()
        try cursor.forEachDocument { document in
            let hash = ContentHash.of(document.bytes)
            total &+= hash
            documents += 1
            for (index, path) in paths.enumerated() {
                let value = ContentDigest.value(at: path, in: document)
                if value.type == .date {
                    days[index][floorDivide(Int(value.asDate), Int(millisecondsOfDay)), default: 0] &+= hash
                } else {
                    undated[index] &+= hash
                }
            }
        }
        self.days = Dictionary(uniqueKeysWithValues: zip(fields, days))
        self.undated = Dictionary(uniqueKeysWithValues: zip(fields, undated))
    }

    init(total: UInt64, documents: Int) {
        self.total = total
        self.documents = documents
    }

    private static func value(at path: [String], in document: DocumentView) -> ValueView {
        var value = document.find(path[0])
        for name in path.dropFirst() {
            guard value.type == .document else { return .missing }
            value = value.asDocument.find(name)
        }
        return value
    }
}

/// A 64-bit hash of bytes, the same on every machine and in every process. Not for adversaries.
///
/// Sixteen bytes a step: both halves are mixed with the state, multiplied to 128 bits, and the product is folded.
enum ContentHash {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        // Odd constants without pattern: the fractional digits of √2, √3, √5 and √7.
        let (first, second): (UInt64, UInt64) = (0x6A09_E667_F3BC_C909, 0xBB67_AE85_84CA_A73B)
        let (third, fourth): (UInt64, UInt64) = (0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1)
        var state = UInt64(bytes.count) &* third ^ fourth
        var position = 0
        while position + 16 <= bytes.count {
            let low = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self))
            state = fold(low ^ state ^ first, high ^ second) &+ state
            position += 16
        }
        var (low, high): (UInt64, UInt64) = (0, 0)
        for (index, byte) in bytes[position...].enumerated() {
            if index < 8 { low |= UInt64(byte) << (8 * index) } else { high |= UInt64(byte) << (8 * (index - 8)) }
        }
        return fold(fold(low ^ state ^ first, high ^ second) &+ state ^ third, UInt64(bytes.count) ^ fourth)
    }

    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
