import BSON
import TestSupport
import Testing

@testable import Ingest

@Suite struct FileTests {
    private static let columns = [
        CSVColumn("Invoice", "InvoiceNo"), CSVColumn("Customer ID"), CSVColumn("Note", required: false),
    ]

    private func rows(_ survey: CSVSurvey) throws -> [[String]] {
        var rows: [[String]] = []
        try survey.forEachRow { row in rows.append((0..<row.count).map(row.text)) }
        return rows
    }

    private func refusal(_ file: TemporaryFile) -> AtelierError? {
        do {
            _ = try CSVFile(path: file.path).survey(FileTests.columns)
            return nil
        } catch {
            return error as? AtelierError
        }
    }

    @Test func digestsAreThoseOfTheStandard() {
        // FIPS 180-4 examples, and one byte around each padding limit, checked with sha256sum.
        let cases: [(String, String)] = [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
            (String(repeating: "a", count: 56), "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"),
            (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
            (
                String(repeating: "a", count: 1_000_000),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
            ),
        ]
        for (text, digest) in cases {
            for piece in [1_000_000, 64, 63, 1] where piece > 1 || text.utf8.count < 100 {
                var sha = SHA256()
                let bytes = Array(text.utf8)
                var start = 0
                while start < bytes.count {
                    let end = min(start + piece, bytes.count)
                    bytes[start..<end].withUnsafeBytes { sha.update($0) }
                    start = end
                }
                #expect(sha.finish() == digest)
            }
        }
    }

    @Test func gzipAndPlainAreToldApartByContentAndAreTheSameFile() throws {
        let text = "InvoiceNo,customer_id\n1,2\n"
        let plain = try CSVFile(path: TemporaryFile(text, name: "odd.gz").path).survey(FileTests.columns)
        let file = TemporaryFile(gzipped(Array(text.utf8)), name: "odd.csv")
        let packed = try CSVFile(path: file.path).survey(FileTests.columns)
        #expect(plain.sha256 == packed.sha256)
        #expect(packed.rowCount == 1)
        #expect(try rows(packed) == [["1", "2"]])
    }

    @Test func aByteOrderMarkIsNotPartOfTheFirstName() throws {
        let file = TemporaryFile([0xEF, 0xBB, 0xBF] + Array("Invoice,CustomerID\n1,2\n".utf8))
        let survey = try CSVFile(path: file.path).survey(FileTests.columns)
        #expect(survey.header.names == ["Invoice", "CustomerID"])
        #expect(survey.header.positions == [0, 1, nil])
        #expect(try rows(survey) == [["1", "2"]])
    }

    @Test func bytesThatAreNotUTF8AreReadAsWindows1252AndSaidSo() throws {
        let file = TemporaryFile(Array("Invoice,Customer ID\n1,2\n".utf8) + [0x43, 0x61, 0x66, 0xE9, 0x2C, 0x80, 0x0A])
        let survey = try CSVFile(path: file.path).survey(FileTests.columns)
        #expect(survey.encoding == .windows1252)
        #expect(try rows(survey) == [["1", "2"], ["Café", "€"]])
        #expect(survey.assumptions.count == 1)
        #expect(survey.assumptions[0].contains("line 3"))
    }

    @Test(
        arguments: [
            ([0x61, 0xC3, 0xA9], true), ([0xE2, 0x82, 0xAC], true), ([0xF0, 0x9F, 0x98, 0x80], true), ([0xC3], false),
            ([0xC0, 0x80], false), ([0xED, 0xA0, 0x80], false), ([0xF4, 0x90, 0x80, 0x80], false),
            ([0xE2, 0x28, 0xA1], false),
            ([0x80], false), ([0xFF], false),
        ] as [([UInt8], Bool)])
    func tellsUTF8(_ bytes: [UInt8], _ valid: Bool) {
        for padding in [0, 5, 8, 13] {
            let text = [UInt8](repeating: 0x20, count: padding) + bytes
            for piece in [1, 2, 100] {
                var validator = UTF8Validator()
                var start = 0
                while start < text.count {
                    let end = min(start + piece, text.count)
                    text[start..<end].withUnsafeBytes { validator.update($0) }
                    start = end
                }
                #expect(validator.finish() == valid)
            }
        }
    }

    @Test func semicolonsAndTabsAreFoundInTheHeader() throws {
        let semicolons = TemporaryFile("Invoice;\"Customer, ID\";Customer ID\n1;2;3\n")
        #expect(try CSVFile(path: semicolons.path).survey(FileTests.columns).delimiter == UInt8(ascii: ";"))
        let tabs = TemporaryFile("Invoice\tCustomer ID\n1\t2\n")
        #expect(try rows(CSVFile(path: tabs.path).survey(FileTests.columns)) == [["1", "2"]])
    }

    @Test func missingColumnsAreNamedWithWhatIsAccepted() throws {
        let error = try #require(refusal(TemporaryFile("\n\nCustomer ID,Price\n1,2\n")))
        #expect(error.message.contains("Invoice or InvoiceNo"))
        #expect(error.message.contains("Customer ID, Price"))
        #expect(error.location?.hasSuffix(":3") == true)
        #expect(error.advice?.contains("Note (optional)") == true)
    }

    @Test func headersNeverNameTwoColumnsAlike() throws {
        let file = TemporaryFile("Invoice,Customer ID,,Invoice, x \n1,2,3,4,5\n")
        #expect(
            try CSVFile(path: file.path).survey(FileTests.columns).header.names == [
                "Invoice", "Customer ID", "column3", "column4", "x",
            ])
    }

    @Test func damagedFilesAreRefused() throws {
        var text = "Invoice,Customer ID\n"
        for i in 0..<50_000 { text += "\(i &* 2_654_435_761),\(i)\n" }
        let packed = gzipped(Array(text.utf8))
        let short = try #require(refusal(TemporaryFile(Array(packed.prefix(packed.count / 2)), name: "short.csv.gz")))
        #expect(short.message.contains("cut short"))
        var bent = packed
        for i in 0..<40 { bent[packed.count / 2 + i] ^= 0x5A }
        #expect(try #require(refusal(TemporaryFile(bent, name: "bent.csv.gz"))).message.contains("damaged"))
        var checksum = packed
        checksum[packed.count - 6] ^= 1
        #expect(try #require(refusal(TemporaryFile(checksum, name: "sum.csv.gz"))).message.contains("damaged"))
        #expect(try #require(refusal(TemporaryFile(Array("".utf8)))).message.contains("empty"))
        #expect(try #require(refusal(TemporaryFile([0xFF, 0xFE, 0x49, 0, 0x2C, 0]))).message.contains("UTF-16"))
    }

    @Test func aMissingFileAndAFolderAreRefused() {
        #expect(throws: AtelierError.self) { try CSVFile(path: "/nonexistent/x.csv").survey(FileTests.columns) }
        #expect(throws: AtelierError.self) { try CSVFile(path: "/tmp").survey(FileTests.columns) }
    }
}
