import BSON
import Definitions
import DocumentStore

extension Baskets {
    /// Reads a text with one basket a line, items separated by commas; blanks around items do not count.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, with or without a byte order mark; lines end in a newline, with or without a carriage return.
    ///   - name: of the file, for errors.
    /// - Throws: `failedToParse` with the line where the text is not UTF-8 or holds control characters.
    public init(lines bytes: [UInt8], named name: String, limit: BasketSizeLimit? = nil) throws {
        var builder = BasketBuilder(limit: limit)
        var number = 0
        try bytes.withUnsafeBytes { bytes in
            var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
            while start < bytes.count {
                number += 1
                var end = start
                while end < bytes.count && bytes[end] != 0x0A { end += 1 }
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                try Baskets.check(line, name, number)
                Baskets.forEachItem(of: line) { builder.add(.string(borrowing: $0)) }
                try builder.endBasket(at: "\(name):\(number)")
                start = end + 1
            }
        }
        self = builder.finish()
    }

    /// Reads a file of baskets; `-` is standard input.
    public init(file path: String, limit: BasketSizeLimit? = nil) throws {
        let (bytes, name) =
            path == "-"
            ? (try Files.contents(of: 0, named: "standard input"), "standard input")
            : (
                try Files.contents(of: path), path
            )
        try self.init(lines: bytes, named: name, limit: limit)
    }

    /// Reads rows that hold an array of items each.
    ///
    /// - Parameters:
    ///   - field: the array's name; nil where it is the only array of the first row.
    ///   - each: called with the number of rows so far, to tell and to stop.
    /// - Throws: `badValue` where a row's field is no array, or it is not clear which field is meant.
    public init(
        rows: Cursor, field: String? = nil, limit: BasketSizeLimit? = nil, each: (Int) throws -> Void = { _ in }
    ) throws {
        var builder = BasketBuilder(limit: limit)
        var name = field.map { FieldName($0) }
        var count = 0
        try rows.forEachDocument { row in
            count += 1
            let chosen = try name ?? FieldName(Baskets.onlyArray(of: row))
            name = chosen
            let value = row.find(chosen)
            if value.type == .array {
                var cursor = value.asDocument.elements()
                while cursor.next() {
                    if !cursor.value.isNullish { builder.add(cursor.value) }
                }
            } else if !value.isNullish {
                throw AtelierError(
                    .badValue, "expected an array of items in the field \(chosen.text), found \(value.type)",
                    at: "row \(count)",
                    advice: "The pipeline has to return one row a basket, with its items in an array.")
            }
            try builder.endBasket(at: "row \(count)")
            try each(count)
        }
        self = builder.finish()
    }

    private static func onlyArray(of row: DocumentView) throws -> String {
        var (arrays, others): ([String], [String]) = ([], [])
        var cursor = row.elements()
        while cursor.next() {
            if cursor.type == .array { arrays.append(cursor.keyString) } else { others.append(cursor.keyString) }
        }
        if arrays.count == 1 { return arrays[0] }
        throw AtelierError(
            .badValue,
            arrays.isEmpty
                ? "no field of the first row is an array (it has \(others.isEmpty ? "none" : others.joined(separator: ", ")))"
                : "several fields are arrays: \(arrays.joined(separator: ", "))",
            at: "row 1",
            advice: arrays.isEmpty
                ? "The pipeline has to return one row a basket, with its items in an array, for example by {\"$group\": {\"_id\": \"$order\", \"items\": {\"$addToSet\": \"$product\"}}}."
                : "Say which of them holds the items.")
    }

    /// Text has no control characters but tabs and carriage returns.
    private static func check(_ line: UnsafeRawBufferPointer, _ name: String, _ number: Int) throws {
        let isText =
            line.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0D } && String(validating: line, as: UTF8.self) != nil
        guard isText else {
            throw AtelierError(
                .failedToParse, "this is not text in UTF-8", at: "\(name):\(number)",
                advice: "A file of baskets has one basket a line, its items separated by commas.")
        }
    }

    private static func forEachItem(of line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var start = 0
        while start <= line.count {
            var end = start
            while end < line.count && line[end] != 0x2C { end += 1 }
            var (first, last) = (start, end)
            while first < last && isBlank(line[first]) { first += 1 }
            while last > first && isBlank(line[last - 1]) { last -= 1 }
            if first < last { body(UnsafeRawBufferPointer(rebasing: line[first..<last])) }
            start = end + 1
        }
    }
}
