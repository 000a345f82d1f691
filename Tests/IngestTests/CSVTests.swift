import BSON
import TestSupport
import Testing

@testable import Ingest

@Suite struct CSVTests {
    /// Rows with their lines, parsed in chunks of this many bytes.
    private func parse(_ text: String, chunk: Int = 1 << 20, delimiter: UInt8 = UInt8(ascii: ",")) throws -> [(
        Int, [String]
    )] {
        let parser = CSVParser(file: "x.csv", delimiter: delimiter)
        var rows: [(Int, [String])] = []
        func keep(_ row: CSVRow) { rows.append((row.line, (0..<row.count).map(row.text))) }
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let end = min(start + chunk, bytes.count)
            try bytes[start..<end].withUnsafeBytes { try parser.parse($0, keep) }
            start = end
        }
        try parser.finish(keep)
        return rows
    }

    private func location(_ text: String) -> String? {
        do {
            _ = try parse(text)
            return nil
        } catch let error as AtelierError {
            return error.location
        } catch {
            return "another error"
        }
    }

    @Test(arguments: [1, 2, 3, 7, 1 << 20])
    func readsQuotesSpacesAndLineEnds(chunk: Int) throws {
        let text = "a,b\r\n\"x \"\"y\"\"\n z\", lead \n\n\r\n,\"\"\r\"one\r\ntwo\rthree\",4\nlast,é"
        let rows = try parse(text, chunk: chunk)
        #expect(
            rows.map(\.1) == [
                ["a", "b"], ["x \"y\"\n z", " lead "], ["", ""], ["one\r\ntwo\rthree", "4"], ["last", "é"],
            ])
        #expect(rows.map(\.0) == [1, 2, 6, 7, 10])
    }

    @Test func aFileMayEndWithoutALineEnd() throws {
        #expect(try parse("a,b").map(\.1) == [["a", "b"]])
        #expect(try parse("a,\"b\"").map(\.1) == [["a", "b"]])
        #expect(try parse("a,").map(\.1) == [["a", ""]])
        #expect(try parse("").isEmpty)
        #expect(try parse("\n\n").isEmpty)
    }

    @Test func rowsOfOtherLengthsAreShownAsTheyAre() throws {
        #expect(try parse("a,b\n1\n1,2,3\n").map(\.1) == [["a", "b"], ["1"], ["1", "2", "3"]])
    }

    @Test func otherDelimitersLeaveCommasAlone() throws {
        #expect(try parse("a;b\n1,5;2", delimiter: UInt8(ascii: ";")).map(\.1) == [["a", "b"], ["1,5", "2"]])
    }

    @Test(arguments: [
        ("a,b\nx,y\"z\n", "x.csv:2"),
        ("a,b\n\n\"x\" ,y\n", "x.csv:3"),
        ("a,b\n\"x\ny\nz\"w,1\n", "x.csv:4"),
        ("a,b\n1,2\n3,\"open\nand\nopen\n", "x.csv:3"),
    ])
    func brokenQuotesAreRefusedWithTheirLine(_ text: String, _ place: String) {
        #expect(location(text) == place)
    }

    @Test func textAfterAClosingQuoteNamesTheLineOfTheOpeningOne() throws {
        let error = try #require(throws: AtelierError.self) { try parse("a,b\n\"x\ny\nz\"w,1\n") }
        #expect(error.location == "x.csv:4")
        #expect(error.message == "text follows the closing quote of a field that begins on line 2")
        let open = try #require(throws: AtelierError.self) { try parse("a,b\n1,2\n3,\"open\nand\nopen\n") }
        #expect(open.location == "x.csv:3")
    }

    @Test func aRowWithoutEndIsRefusedBeforeItFillsTheMemory() throws {
        let parser = CSVParser(file: "x.csv", delimiter: UInt8(ascii: ","))
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        try "\"".utf8CString.dropLast().withUnsafeBytes { try parser.parse($0) { _ in } }
        #expect(throws: AtelierError.self) {
            for _ in 0...16 { try chunk.withUnsafeBytes { try parser.parse($0) { _ in } } }
        }
    }

    @Test func manyRowsKeepTheirLines() throws {
        let text = (1...30_000).map { "\($0),\"a\nb\"\n" }.joined()
        let rows = try parse(text, chunk: 777)
        #expect(rows.count == 30_000)
        #expect(rows.enumerated().allSatisfy { $1.0 == 2 * $0 + 1 && $1.1 == ["\($0 + 1)", "a\nb"] })
    }
}
