import BSON
import Testing

@Suite struct ValidationTests {
    static let seed: UInt64 = 0xA7E1_1E5

    @Test func whatTheWriterWritesIsValid() throws {
        var values = RandomValues(seed: ValidationTests.seed)
        for round in 0..<2000 {
            let document = values.document(depth: 4)
            #expect(throws: Never.self, "seed \(ValidationTests.seed), round \(round)") {
                try Document(validating: document.bytes)
            }
        }
    }

    /// Whatever a byte is changed to, cut off or put in: either an error, or a document that can be read to the end
    /// without leaving its bytes. The copy ends where its memory does, so that a sanitizer or a guard sees a step too far.
    @Test func mutatedDocumentsAreRefusedOrReadable() {
        var values = RandomValues(seed: ValidationTests.seed + 1)
        var (accepted, refused) = (0, 0)
        for _ in 0..<20_000 {
            var bytes = values.document(depth: 4).bytes
            for _ in 0...values.below(3) { mutate(&bytes, &values) }
            let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            defer { exact.deallocate() }
            exact.copyBytes(from: bytes)
            guard let view = try? DocumentView.validate(untrusted: UnsafeRawBufferPointer(exact)) else {
                refused += 1
                continue
            }
            accepted += 1
            var reached = view.base
            walk(view, &reached)
            let inBounds = reached <= view.base + view.length
            if !inBounds { Issue.record("read past the end of \(bytes) (seed \(ValidationTests.seed + 1))") }
        }
        // The mutations must exercise both answers.
        #expect(accepted > 1000 && refused > 1000)
    }

    private func mutate(_ bytes: inout [UInt8], _ values: inout RandomValues) {
        guard !bytes.isEmpty else { return }
        let place = values.below(bytes.count)
        switch values.below(6) {
        case 0: bytes[place] = UInt8(values.below(256))
        case 1: bytes[place] = values.pick([0, 1, 2, 5, 0x7F, 0x80, 0xFF])
        case 2: bytes[place] ^= 1 << UInt8(values.below(8))
        case 3: bytes.removeSubrange(place...)
        case 4: bytes.insert(UInt8(values.below(256)), at: place)
        default: bytes.remove(at: place)
        }
        // Keep the outer length right most of the time, so that the inside is looked at.
        if bytes.count >= 4 && values.below(4) > 0 {
            withUnsafeBytes(of: Int32(bytes.count).littleEndian) { length in for i in 0..<4 { bytes[i] = length[i] } }
        }
    }

    /// Reads everything there is to read.
    private func walk(_ view: DocumentView, _ reached: inout UnsafeRawPointer) {
        var cursor = view.elements()
        while cursor.next() {
            let element = cursor.elementBytes
            reached = max(reached, element.baseAddress! + element.count)
            let value = cursor.value
            _ = (BSONValue(copying: value), value.hash, value.extendedJSON(.canonical), cursor.keyString)
            if value.type == .document || value.type == .array { walk(value.asDocument, &reached) }
            if value.type == .javascriptWithScope { walk(value.codeAndScope.scope, &reached) }
        }
    }

    static let wrong: [(bytes: [UInt8], place: String, reason: String)] = [
        ([], "byte 0", "a document takes at least 5 bytes, 0 are left"),
        ([5, 0, 0, 0], "byte 0", "a document takes at least 5 bytes, 4 are left"),
        ([4, 0, 0, 0, 0], "byte 0", "a document's length is at least 5, not 4"),
        ([0xFF, 0xFF, 0xFF, 0xFF, 0], "byte 0", "a document's length is at least 5, not -1"),
        ([6, 0, 0, 0, 0], "byte 0", "the document's length is 6, but 5 bytes are left"),
        ([5, 0, 0, 0, 1], "byte 4", "the document does not end with a zero byte"),
        ([5, 0, 0, 0, 0, 0], "byte 5", "the document ends, but 1 bytes follow"),
        ([6, 0, 0, 0, 0, 0], "byte 4", "the document ends before its length says so"),
        ([8, 0, 0, 0, 0x20, 97, 0, 0], "byte 4", "20 is no type of BSON"),
        ([7, 0, 0, 0, 0x0A, 97, 0], "byte 5", "a name does not end with a zero byte"),
        ([8, 0, 0, 0, 0x0A, 0xFF, 0, 0], "byte 5", "a name is not UTF-8"),
        ([9, 0, 0, 0, 0x08, 97, 0, 2, 0], "byte 7", "a bool is 0 or 1, not 2"),
        ([9, 0, 0, 0, 0x10, 97, 0, 2, 0], "byte 7", "an int32 takes 4 bytes, 1 are left"),
        ([12, 0, 0, 0, 0x02, 97, 0, 0, 0, 0, 0, 0], "byte 7", "a string's length is at least 1, not 0"),
        ([13, 0, 0, 0, 0x02, 97, 0, 2, 0, 0, 0, 97, 0], "byte 7", "the string's length is 2, but 1 bytes are left"),
        ([13, 0, 0, 0, 0x02, 97, 0, 1, 0, 0, 0, 97, 0], "byte 11", "the string does not end with a zero byte"),
        ([14, 0, 0, 0, 0x02, 97, 0, 2, 0, 0, 0, 0x80, 0, 0], "byte 11", "the string is not UTF-8"),
        ([15, 0, 0, 0, 0x02, 97, 0, 3, 0, 0, 0, 0xC0, 0x80, 0, 0], "byte 11", "the string is not UTF-8"),
        (
            [13, 0, 0, 0, 0x05, 97, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0], "byte 7",
            "a binary's length is not negative, as -1 is"
        ),
        (
            [14, 0, 0, 0, 0x05, 97, 0, 1, 0, 0, 0, 2, 0, 0], "byte 7",
            "a binary of subtype 2 takes at least 4 bytes, not 1"
        ),
        (
            [17, 0, 0, 0, 0x05, 97, 0, 4, 0, 0, 0, 2, 1, 0, 0, 0, 0], "byte 12",
            "the inner length of a binary of subtype 2 is 0, not 1"
        ),
        (
            [10, 0, 0, 0, 0x0B, 97, 0, 97, 0, 0], "byte 9",
            "a regular expression's options does not end with a zero byte"
        ),
        ([12, 0, 0, 0, 0x0F, 97, 0, 4, 0, 0, 0, 0], "byte 7", "JavaScript with scope takes at least 14 bytes, not 4"),
        (
            [23, 0, 0, 0, 0x0F, 97, 0, 15, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0], "byte 16",
            "the scope ends 1 bytes before the JavaScript value does"
        ),
        ([12, 0, 0, 0, 0x03, 97, 0, 9, 0, 0, 0, 0], "byte 7", "a document takes at least 5 bytes, 4 are left"),
    ]

    @Test(arguments: wrong.indices)
    func errorsNameTheByteAndTheReason(_ index: Int) {
        let (bytes, place, reason) = ValidationTests.wrong[index]
        #expect {
            try Document(validating: bytes)
        } throws: { error in
            let error = error as! AtelierError
            return error.code == .invalidBSON && error.location == place && error.message == "invalid BSON: \(reason)"
        }
    }

    @Test func nestingEndsAtTwoHundred() throws {
        func nested(_ levels: Int) -> Document { (1..<levels).reduce([:]) { inner, _ in ["a": .document(inner)] } }
        _ = try Document(validating: nested(200).bytes)
        #expect(throws: AtelierError.self) { try Document(validating: nested(201).bytes) }
    }

    @Test func aPrefixMayBeFollowedByAnything() throws {
        let document: Document = ["a": 1]
        let length = try (document.bytes + [9, 9]).withUnsafeBytes { try DocumentView.validate(prefixOf: $0).length }
        #expect(length == document.bytes.count)
    }
}
