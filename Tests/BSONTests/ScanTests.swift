import Testing

@testable import BSON

/// Reading documents word by word: names of every length, and no byte past the end.
@Suite struct ScanTests {
    private func name(_ length: Int, _ last: Character = "z") -> String {
        length == 0 ? "" : String(repeating: "n", count: length - 1) + String(last)
    }

    @Test func namesOfEveryLengthAreFound() {
        for length in 0...40 {
            // The name in front, in the middle and at the end, between names that differ in the last letter or in length.
            let others = [name(length + 1), name(length + 8), name(max(1, length), "y")].filter { $0 != name(length) }
            for place in 0...others.count {
                var elements = others.enumerated().map { ($1, BSONValue.int32(Int32($0))) }
                elements.insert((name(length), .string("found")), at: place)
                let guarded = GuardedBytes(Document(elements).bytes)
                let view = DocumentView(base: guarded.bytes.baseAddress!, length: guarded.bytes.count)
                let found = view.find(FieldName(name(length)))
                #expect(found.type == .string && found.asString == "found", "\(length) letters at \(place)")
                #expect(view.find(name(length)).type == .string)
                #expect(view.find(FieldName(name(length, "x") + "x")).isMissing)
                #expect(view.count == elements.count)
            }
        }
    }

    @Test func namesDifferWhereverALetterDoes() {
        for length in 1...40 {
            let field = FieldName(name(length))
            for place in 0..<length {
                var letters = Array(name(length).utf8)
                letters[place] ^= 1
                letters.withUnsafeBytes {
                    if field.equals($0.baseAddress!, length: length) {
                        Issue.record("\(length) letters, \(place) differs")
                    }
                }
            }
        }
    }

    /// A step by a pattern is a step by `next()` where the name is the pattern's, and no step where it is not.
    @Test func patternsRecogniseTheNamesTheyWereMadeOf() {
        var values = RandomValues(seed: 0x51E9)
        var (matched, refused) = (0, 0)
        for _ in 0..<3000 {
            let patterned = values.document(depth: 2)
            // The same names with other values, and now and then another name.
            let elements = patterned.elements.map {
                (values.below(8) == 0 ? $0.key + "x" : $0.key, values.value(depth: 1))
            }
            let walked = Document(elements)
            let (first, second) = (GuardedBytes(patterned.bytes), GuardedBytes(walked.bytes))
            var model = DocumentView(base: first.bytes.baseAddress!, length: first.bytes.count).elements()
            let view = DocumentView(base: second.bytes.baseAddress!, length: second.bytes.count)
            var (cursor, expected) = (PatternCursor(view), view.elements())
            while model.next(), expected.next() {
                guard var pattern = ElementPattern(model) else {
                    #expect(model.key.count > 14)
                    break
                }
                #expect(!cursor.isAtEnd)
                var value = ValueView.missing
                let isTaken = cursor.take(ifLike: &pattern, into: &value)
                #expect(isTaken == model.key.elementsEqual(expected.key))
                guard isTaken else {
                    refused += 1
                    var rest = ElementCursor(view, at: cursor)
                    #expect(rest.next() && rest.elementBytes.elementsEqual(expected.elementBytes))
                    break
                }
                #expect(value.type == expected.type && value.equals(expected.value))
                matched += 1
            }
            // Behind the last element nothing is like anything.
            if cursor.isAtEnd, var pattern = model.next() ? ElementPattern(model) : nil {
                var value = ValueView.missing
                #expect(!cursor.take(ifLike: &pattern, into: &value) && value.isMissing)
            }
        }
        #expect(matched > 3000 && refused > 300)
    }

    @Test func typesAreNumberedAsTheyAreStored() {
        for type in BSONType.allCases { #expect(BSONType(trusted: type.rawValue) == type) }
    }

    @Test func nothingPastTheEndIsRead() throws {
        var values = RandomValues(seed: 0x6A2D)
        for _ in 0..<2000 {
            let document = values.document(depth: 3)
            let guarded = GuardedBytes(document.bytes)
            let view = try DocumentView.validate(untrusted: guarded.bytes)
            var cursor = view.elements()
            while cursor.next() {
                _ = (BSONValue(copying: cursor.value), cursor.value.hash, cursor.value.compare(cursor.value))
            }
            #expect(view.find(FieldName("not there")).isMissing)
            let text = view.extendedJSON(.canonical)
            let json = GuardedBytes(Array(text.utf8))
            #expect(try Document(json: json.bytes).extendedJSON(.canonical) == text)
        }
    }

    /// Text that ends in the middle of whatever it says.
    @Test func textThatIsCutOffAnywhereIsRefused() {
        let text = Array(
            #"{"a":[1.5e3,true,null,{"$date":{"$numberLong":"1"}},"é😀\u00e9\ud83d\ude00\n"],"long name":"long enough text"}"#
                .utf8)
        for count in text.indices {
            let guarded = GuardedBytes(Array(text[..<count]))
            var parser = ExtendedJSONParser(borrowing: guarded.bytes)
            #expect(throws: AtelierError.self) { try Document(json: guarded.bytes) }
            // More bytes would mend every one of these, and the parser says so.
            if (try? parser.nextDocument()) ?? nil != nil { Issue.record("\(count) bytes are a document") }
            let endedEarly = parser.endedEarly
            #expect(endedEarly || count == 0, "\(count) bytes")
        }
    }

    @Test func arenasHandOutMemoryThatStays() {
        let arena = Arena(chunkSize: 64)
        var kept: [(ValueView, BSONValue)] = []
        var values = RandomValues(seed: 0xA4E)
        for _ in 0..<2000 {
            let value = values.value(depth: 2)
            kept.append((arena.value(value), value))
        }
        #expect(kept.allSatisfy { BSONValue(copying: $0) == $1 })
        let reserved = arena.reservedBytes
        arena.reset()
        let list = arena.array { writer in for i in 0..<3 { writer.appendElement(ValueView.int32(Int32(i))) } }
        #expect(BSONValue(copying: list) == [0, 1, 2])
        #expect(arena.reservedBytes <= reserved)
        #expect(UInt(bitPattern: arena.allocate(1)) % 16 == 0)
    }
}

@Suite struct WriterTests {
    @Test func elementsOfArraysAreNamedByPosition() {
        let array = BSONArray((0..<1201).map { .int32(Int32($0)) })
        #expect(array.document.keys == (0..<1201).map { "\($0)" })
    }

    @Test func nestingAsDeepAsYouLike() {
        let writer = BSONWriter()
        for _ in 0..<300 { writer.beginDocument("x") }
        for _ in 0..<300 { writer.end() }
        var document: Document? = writer.finishDocument()
        var depth = 0
        while let inner = document?["x"]?.documentValue {
            depth += 1
            document = inner
        }
        #expect(depth == 300)
    }

    @Test func rewindingTakesBackWhatCameAfterTheMark() {
        let document = Document { writer in
            writer.append("a", 1)
            let mark = writer.mark
            writer.append("b", .string(String(repeating: "x", count: 5000)))
            writer.rewind(to: mark)
            writer.append("c", 3)
        }
        #expect(document == ["a": 1, "c": 3])
    }

    @Test func missingValuesAreLeftOutOfDocumentsAndNullInArrays() {
        let document = Document { writer in
            writer.append("a", ValueView.missing)
            writer.array("b") { $0.appendElement(ValueView.missing) }
        }
        #expect(document == ["b": [.null]])
    }

    @Test func aWriterCanBeUsedAgain() {
        let writer = BSONWriter(capacity: 1)
        for round in 0..<3 {
            writer.reset()
            writer.append("round", BSONValue.int32(Int32(round)))
            writer.document("d") { $0.append("x", true) }
            #expect(writer.finishDocument() == ["round": .int32(Int32(round)), "d": ["x": true]])
        }
    }

    /// Copying every element as it stands gives the same bytes; so does going through owned values.
    @Test func elementsSurviveCopying() {
        var values = RandomValues(seed: 0xC09)
        for _ in 0..<2000 {
            let document = values.document(depth: 4)
            let raw = document.withView { view in
                Document { writer in
                    var cursor = view.elements()
                    while cursor.next() { writer.append(element: cursor.elementBytes) }
                }
            }
            if raw != document { Issue.record("\(document)") }
            if Document(document.elements.map { ($0.key, $0.value) }) != document { Issue.record("\(document)") }
        }
    }
}
