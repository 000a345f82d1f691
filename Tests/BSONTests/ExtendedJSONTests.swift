import BSON
import Testing

@Suite struct ExtendedJSONTests {
    /// One value of every type: how it is written in both formats.
    static let forms: [(value: BSONValue, canonical: String, relaxed: String)] = [
        (.int32(-7), #"{"$numberInt":"-7"}"#, "-7"),
        (.int64(7), #"{"$numberLong":"7"}"#, "7"),
        (.double(1), #"{"$numberDouble":"1.0"}"#, "1.0"),
        (.double(-0.0), #"{"$numberDouble":"-0.0"}"#, "-0.0"),
        (.double(0.1), #"{"$numberDouble":"0.1"}"#, "0.1"),
        (.double(.leastNonzeroMagnitude), #"{"$numberDouble":"5e-324"}"#, "5e-324"),
        (.double(.infinity), #"{"$numberDouble":"Infinity"}"#, #"{"$numberDouble":"Infinity"}"#),
        (.double(-.infinity), #"{"$numberDouble":"-Infinity"}"#, #"{"$numberDouble":"-Infinity"}"#),
        (.decimal(Decimal128("1.50")!), #"{"$numberDecimal":"1.50"}"#, #"{"$numberDecimal":"1.50"}"#),
        (
            .string("a\"\\\u{8}\u{c}\n\r\t\u{1}\u{1f}é😀"), #""a\"\\\b\f\n\r\t\u0001\u001fé😀""#,
            #""a\"\\\b\f\n\r\t\u0001\u001fé😀""#
        ),
        (.document(["a": .document([:])]), #"{"a":{}}"#, #"{"a":{}}"#),
        (.array([1, []]), #"[{"$numberInt":"1"},[]]"#, "[1,[]]"),
        (
            .binary(subtype: 0x80, data: [1, 2, 3, 255]), #"{"$binary":{"base64":"AQID/w==","subType":"80"}}"#,
            #"{"$binary":{"base64":"AQID/w==","subType":"80"}}"#
        ),
        (
            .binary(subtype: 2, data: [2, 0, 0, 0, 9, 9]), #"{"$binary":{"base64":"CQk=","subType":"02"}}"#,
            #"{"$binary":{"base64":"CQk=","subType":"02"}}"#
        ),
        (.undefined, #"{"$undefined":true}"#, #"{"$undefined":true}"#),
        (
            .objectId(ObjectId("57e193d7a9cc81b4027498b5")!), #"{"$oid":"57e193d7a9cc81b4027498b5"}"#,
            #"{"$oid":"57e193d7a9cc81b4027498b5"}"#
        ),
        (.bool(true), "true", "true"), (.bool(false), "false", "false"), (.null, "null", "null"),
        (.date(0), #"{"$date":{"$numberLong":"0"}}"#, #"{"$date":"1970-01-01T00:00:00Z"}"#),
        (
            .date(1_356_351_330_501), #"{"$date":{"$numberLong":"1356351330501"}}"#,
            #"{"$date":"2012-12-24T12:15:30.501Z"}"#
        ),
        (
            .date(253_402_300_799_999), #"{"$date":{"$numberLong":"253402300799999"}}"#,
            #"{"$date":"9999-12-31T23:59:59.999Z"}"#
        ),
        (
            .date(253_402_300_800_000), #"{"$date":{"$numberLong":"253402300800000"}}"#,
            #"{"$date":{"$numberLong":"253402300800000"}}"#
        ),
        (.date(-1), #"{"$date":{"$numberLong":"-1"}}"#, #"{"$date":{"$numberLong":"-1"}}"#),
        (
            .regex(pattern: "a\"b", options: "ix"), #"{"$regularExpression":{"pattern":"a\"b","options":"ix"}}"#,
            #"{"$regularExpression":{"pattern":"a\"b","options":"ix"}}"#
        ),
        (
            .dbPointer(namespace: "d.c", id: ObjectId("57e193d7a9cc81b4027498b1")!),
            #"{"$dbPointer":{"$ref":"d.c","$id":{"$oid":"57e193d7a9cc81b4027498b1"}}}"#,
            #"{"$dbPointer":{"$ref":"d.c","$id":{"$oid":"57e193d7a9cc81b4027498b1"}}}"#
        ),
        (.javascript("f()"), #"{"$code":"f()"}"#, #"{"$code":"f()"}"#),
        (
            .javascriptWithScope(code: "f()", scope: ["x": 1]), #"{"$code":"f()","$scope":{"x":{"$numberInt":"1"}}}"#,
            #"{"$code":"f()","$scope":{"x":1}}"#
        ),
        (.symbol("s"), #"{"$symbol":"s"}"#, #"{"$symbol":"s"}"#),
        (
            .timestamp(42 << 32 | 4_294_967_295), #"{"$timestamp":{"t":42,"i":4294967295}}"#,
            #"{"$timestamp":{"t":42,"i":4294967295}}"#
        ),
        (.minKey, #"{"$minKey":1}"#, #"{"$minKey":1}"#), (.maxKey, #"{"$maxKey":1}"#, #"{"$maxKey":1}"#),
    ]

    @Test(arguments: forms.indices)
    func everyTypeIsWrittenAndReadBack(_ index: Int) throws {
        let (value, canonical, relaxed) = ExtendedJSONTests.forms[index]
        #expect(value.extendedJSON(.canonical) == canonical)
        #expect(value.extendedJSON() == relaxed)
        #expect(try BSONValue(json: canonical) == value)
        #expect(try BSONValue(json: relaxed).extendedJSON() == relaxed)
        // Whatever stands beside it, in a document and an array.
        let document: Document = ["before": 1, "v": value, "list": .array([value, value]), "after": "x"]
        #expect(try Document(json: document.extendedJSON(.canonical)) == document)
    }

    @Test func notANumberLosesNoMoreThanItsPayload() throws {
        guard case .double(let number) = try BSONValue(json: BSONValue.double(.signalingNaN).extendedJSON()) else {
            Issue.record("no double")
            return
        }
        #expect(number.isNaN)
    }

    @Test(arguments: [
        ("0", BSONValue.int32(0)), ("-0", .int32(0)), ("2147483647", .int32(.max)),
        ("2147483648", .int64(2_147_483_648)),
        ("-2147483649", .int64(-2_147_483_649)), ("9223372036854775807", .int64(.max)),
        ("-9223372036854775808", .int64(.min)),
        ("9223372036854775808", .double(0x1p63)), ("1.0", .double(1)), ("1e2", .double(100)),
        ("-1.5E-3", .double(-0.0015)),
        ("0.1e1", .double(1)), ("2.2250738585072011e-308", .double(Double.leastNormalMagnitude.nextDown)),
        ("1e-400", .double(0)),
        ("123456789012345678901234567890", .double(123456789012345677877719597056)),
        ("9007199254740993.0", .double(9007199254740992)), ("0.30000000000000004", .double(0.1 + 0.2)),
    ])
    func numbersBecomeTheSmallestTypeThatHoldsThem(_ text: String, _ value: BSONValue) throws {
        #expect(try BSONValue(json: text) == value)
    }

    @Test(arguments: [
        #"{"a":{"$regex":"x","$options":"i"}}"#, #"{"a":{"$type":2}}"#, #"{"a":{"$type":"string"}}"#,
        #"{"a":{"$gt":1,"$lt":5}}"#,
        #"{"$and":[{"a":1},{"$or":[]}]}"#, #"{"a":{"$ref":"c","$id":1,"$db":"d"}}"#, #"{"a":{"$ref":"c"}}"#,
        #"{"a":{"$unknown":1}}"#,
        #"{"$oid":"a document's top level is never a wrapper"}"#,
        #"{"a":{"$regex":{"$regularExpression":{"pattern":"f","options":""}},"$options":"ix"}}"#,
    ])
    func dollarNamesThatAreNoWrapperStay(_ text: String) throws {
        #expect(try Document(json: text).extendedJSON() == text)
    }

    @Test func wrappersInAnyOrderAndOldBinaries() throws {
        #expect(try BSONValue(json: #"{"$scope":{},"$code":"f"}"#) == .javascriptWithScope(code: "f", scope: [:]))
        #expect(try BSONValue(json: #"{"$binary":{"subType":"0","base64":"AQ=="}}"#) == .binary(subtype: 0, data: [1]))
        #expect(try BSONValue(json: #"{"$binary":"AQ==","$type":"05"}"#) == .binary(subtype: 5, data: [1]))
        #expect(try BSONValue(json: #"{"$type":"5","$binary":"AQ=="}"#) == .binary(subtype: 5, data: [1]))
        let uuid = try BSONValue(json: #"{"$uuid":"c8edabc3-f738-4ca3-b68d-ab92a91478a3"}"#)
        #expect(uuid.extendedJSON() == #"{"$binary":{"base64":"yO2rw/c4TKO2jauSqRR4ow==","subType":"04"}}"#)
        #expect(
            try BSONValue(json: #"{"$regularExpression":{"options":"xsi","pattern":""}}"#)
                == .regex(pattern: "", options: "isx"))
    }

    @Test(arguments: [
        (#"{"a": tru}"#, "line 1, column 7", "expected a value, found 't'"),
        ("{\n  \"é\": 1,\n}", "line 3, column 1", "expected a name in double quotes or the object's }, found '}'"),
        (#"{"é" 1}"#, "line 1, column 6", "expected a colon after the name, found '1'"),
        (#"{"a": [1 2]}"#, "line 1, column 10", "expected a comma or the array's ], found '2'"),
        (#"{"a": 1"#, "line 1, column 8", "expected a comma or the object's }, but the text ends"),
        (#"{"a": 1} x"#, "line 1, column 10", "expected nothing more after the value, found 'x'"),
        ("", "line 1, column 1", "expected a document, but the text ends"),
        ("[]", "line 1, column 1", "expected a document, which begins with {, found '['"),
        (
            "{\"a\": \"b\nc\"}", "line 1, column 9",
            "control characters in a string are written as escapes, such as \\n or \\u0001"
        ),
        (#"{"a": 1e999}"#, "line 1, column 7", "the number is too large for a double"),
        (#"{"a\u0000": 1}"#, "line 1, column 2", "a name must not contain U+0000"),
        (
            #"{"x": {"$oid": "123"}}"#, "line 1, column 7",
            "malformed $oid: it takes a string of 24 hexadecimal digits and no other member"
        ),
    ])
    func errorsSayWhereAndWhat(_ text: String, _ location: String, _ message: String) {
        #expect {
            try Document(json: text)
        } throws: { error in
            let error = error as! AtelierError
            return error.code == .failedToParse && error.location == location && error.message == message
        }
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0x80], [0xC3, 0x28],
        ] as [[UInt8]])
    func illFormedUTF8IsRefused(_ bytes: [UInt8]) {
        #expect(throws: AtelierError.self) { try Document(json: Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)) }
        #expect(throws: AtelierError.self) { try Document(json: Array(#"{""#.utf8) + bytes + Array(#"":1}"#.utf8)) }
    }

    @Test func nestingEndsAtTwoHundred() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: #"{"a":"#, count: levels - 1) + "{}" + String(repeating: "}", count: levels - 1)
        }
        #expect(try Document(json: nested(200)).extendedJSON() == nested(200))
        #expect(throws: AtelierError.self) { try Document(json: nested(201)) }
        #expect(throws: AtelierError.self) { try Document(json: #"{"a":"# + String(repeating: "[", count: 100_000)) }
    }

    @Test func manyDocumentsInOneBuffer() throws {
        let text = "\u{FEFF}{\"a\":1}\n{\"a\":2} {\"a\":3}\n\n{\"a\":oops}\n{\"a\":4}\n{\"a\":"
        try Array(text.utf8).withUnsafeBytes { bytes in
            var parser = ExtendedJSONParser(borrowing: bytes)
            var read: [BSONValue?] = []
            for _ in 1...3 { read.append(try parser.nextDocument()?["a"]) }
            #expect(read == [1, 2, 3])
            let good = parser.offset
            do {
                _ = try parser.nextDocument()
                Issue.record("read nonsense")
            } catch {
                #expect((error as? AtelierError)?.location == "line 4, column 6")
            }
            let (stayed, cutShort) = (parser.offset == good, parser.endedEarly)
            #expect(stayed && !cutShort)
            parser.skipLine()
            let fourth = try parser.nextDocument()
            #expect(fourth?["a"] == 4)
            let whole = parser.offset
            do {
                _ = try parser.nextDocument()
                Issue.record("read half a document")
            } catch {
                let (stayed, cutShort) = (parser.offset == whole, parser.endedEarly)
                #expect(stayed && cutShort)
            }
        }
        #expect(try Array("  \n ".utf8).withUnsafeBytes { try Document.documents(json: $0) }.isEmpty)
    }

    /// Bytes that need escapes, at every place of words that are looked at eight bytes at a time.
    @Test func escapesAreFoundWhereverTheyStand() throws {
        var values = RandomValues(seed: 0xE5CA9E)
        let alphabet: [UInt8] = [
            0x00, 0x01, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x2F, 0x5B, 0x5C, 0x5D, 0x61, 0x7F, 0x0A, 0x0C,
        ]
        for _ in 0..<20_000 {
            let text = String(decoding: (0..<values.below(30)).map { _ in values.pick(alphabet) }, as: UTF8.self)
            let json = BSONValue.string(text).extendedJSON()
            let plain = json.utf8.dropFirst().dropLast()
            let unescaped = zip(plain, plain.dropFirst()).filter { $0.1 == 0x22 && $0.0 != 0x5C }
            if plain.contains(where: { $0 < 0x20 }) || !unescaped.isEmpty { Issue.record("written as \(json)") }
            if try BSONValue(json: json) != .string(text) { Issue.record("\(json) reads back as another string") }
        }
    }

    @Test func randomDocumentsSurviveTheRoundTrip() throws {
        var values = RandomValues(seed: 0x0D0C)
        for round in 0..<3000 {
            let document = values.document(depth: 4)
            let canonical = document.extendedJSON(.canonical)
            let back = try Document(json: canonical)
            // A NaN's payload has no text; the text of what was read says the same.
            if back.extendedJSON(.canonical) != canonical { Issue.record("round \(round): \(canonical)") }
            let relaxed = document.extendedJSON()
            if try Document(json: relaxed).extendedJSON() != relaxed { Issue.record("round \(round): \(relaxed)") }
        }
    }

    /// Whatever a byte of the text is changed to: an error with a place, or valid BSON.
    @Test func mutatedTextIsRefusedOrBecomesValidBSON() throws {
        var values = RandomValues(seed: 0xF022)
        let marks = Array("{}[]\":,\\u0$ -+.eE1tfn\u{1}\u{7F}\u{80}é".utf8)
        var (accepted, refused) = (0, 0)
        for _ in 0..<20_000 {
            var text = Array(values.document(depth: 3).extendedJSON(values.below(2) == 0 ? .relaxed : .canonical).utf8)
            for _ in 0...values.below(2) where !text.isEmpty {
                let place = values.below(text.count)
                switch values.below(5) {
                case 0: text[place] = UInt8(values.below(256))
                case 1: text[place] = values.pick(marks)
                case 2: text.insert(values.pick(marks), at: place)
                case 3: text.remove(at: place)
                default: text.removeSubrange(place...)
                }
            }
            let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
            defer { exact.deallocate() }
            exact.copyBytes(from: text)
            do {
                let document = try Document(json: UnsafeRawBufferPointer(exact))
                accepted += 1
                _ = try Document(validating: document.bytes)
            } catch let error as AtelierError {
                refused += 1
                if error.code != .failedToParse || error.location == nil { Issue.record("\(error) for \(text)") }
            }
        }
        #expect(accepted > 1000 && refused > 1000)
    }

    @Test func aLineThatIsCutOffCostsNoOtherLine() {
        let read = Array("{\"a\":1}\n{\"a\":2,\n{\"a\":3}\nnonsense\n{\"a\":4}".utf8).withUnsafeBytes { bytes in
            var parser = ExtendedJSONParser(borrowing: bytes)
            var read: [BSONValue?] = []
            while true {
                do {
                    guard let document = try parser.nextDocument() else { return read }
                    read.append(document["a"])
                } catch {
                    parser.skipLine()
                }
            }
        }
        #expect(read == [1, 3, 4])
    }

    @Test func indentedTextReadsBackTheSame() throws {
        let document: Document = ["a": [1, ["b": .decimal(Decimal128("1")!)]], "c": .document([:]), "d": []]
        var writer = ExtendedJSONWriter(.relaxed, indentation: 2)
        writer.append(document)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self) == """
                {
                  "a": [
                    1,
                    {
                      "b": {"$numberDecimal":"1"}
                    }
                  ],
                  "c": {},
                  "d": []
                }
                """)
        #expect(try Document(json: writer.bytes) == document)
    }
}
