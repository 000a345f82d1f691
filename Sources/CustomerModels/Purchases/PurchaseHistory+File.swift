import BSON
import Definitions

extension PurchaseHistory {
    /// Reads a file of transactions.
    ///
    /// Two forms are known by their first line: CDNOW's (customer, number in the sample, `19970118`, items, amount, between
    /// blanks), and CSV with a header that names `customer`, `date` and `amount` in any order, among others.
    /// A date may be followed by a time, which does not count.
    ///
    /// - Throws: `fileOpenFailed`; `failedToParse` with file and line.
    public init(file path: String) throws {
        try self.init(bytes: Files.contents(of: path), named: path)
    }

    /// The same for bytes at hand, named for errors.
    init(bytes: [UInt8], named name: String) throws {
        var lines = TransactionLines(bytes)
        guard let first = lines.next() else {
            throw AtelierError(.failedToParse, "the file is empty", at: name, advice: TransactionColumns.advice)
        }
        var builder = Builder()
        let isCDNOW = TransactionColumns.blanks(first).count == 5 && !first.contains(UInt8(ascii: ","))
        let columns = isCDNOW ? TransactionColumns.cdnow : try TransactionColumns(header: first, of: name)
        var line: ArraySlice<UInt8>? = isCDNOW ? first : lines.next()
        while let bytes = line {
            let place = "\(name): line \(lines.number)"
            let row = try columns.read(bytes, at: place)
            builder.add(row.customer, row.day, row.amount)
            line = lines.next()
        }
        self = builder.finish()
        guard !customers.isEmpty else {
            throw AtelierError(
                .failedToParse, "the file holds no transactions", at: name, advice: TransactionColumns.advice)
        }
    }
}

/// The lines of a text that hold something, without their ends.
private struct TransactionLines {
    private let bytes: [UInt8]
    private var position = 0
    /// The number of the line that was read last, from 1.
    private(set) var number = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark is no part of the first name.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    mutating func next() -> ArraySlice<UInt8>? {
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
            var line = bytes[position..<end]
            position = end + 1
            number += 1
            if line.last == 0x0D { line.removeLast() }
            if line.contains(where: { $0 != 0x20 && $0 != 0x09 }) { return line }
        }
        return nil
    }
}

/// Which fields of a line are what.
private struct TransactionColumns {
    let customer: Int
    let date: Int
    let amount: Int
    /// Nil for blanks.
    let separator: UInt8?

    static let cdnow = TransactionColumns(customer: 0, date: 2, amount: 4, separator: nil)
    static let advice =
        "Give lines such as \"00004 0001 19970118 2 29.73\", or CSV with the columns customer, date and amount."

    private init(customer: Int, date: Int, amount: Int, separator: UInt8?) {
        self.customer = customer
        self.date = date
        self.amount = amount
        self.separator = separator
    }

    init(header: ArraySlice<UInt8>, of name: String) throws {
        let separator = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09].max { a, b in
            header.count { $0 == a } < header.count { $0 == b }
        }
        let names = TransactionColumns.fields(header, separator ?? UInt8(ascii: ",")).map { $0.lowercased() }
        func place(_ column: String, or others: String...) throws -> Int {
            if let place = names.firstIndex(where: { $0 == column || others.contains($0) }) { return place }
            throw AtelierError(
                .failedToParse, "the header names no column \(column)", at: "\(name): line 1",
                advice: TransactionColumns.advice)
        }
        self.init(
            customer: try place("customer", or: "customerid", "customer_id"),
            date: try place("date", or: "orderedat"), amount: try place("amount"), separator: separator)
    }

    func read(_ line: ArraySlice<UInt8>, at place: String) throws -> (customer: String, day: Int, amount: Double) {
        let fields = separator.map { TransactionColumns.fields(line, $0) } ?? TransactionColumns.blanks(line)
        guard fields.count > max(customer, date, amount) else {
            throw AtelierError(
                .failedToParse, "expected \(max(customer, date, amount) + 1) fields at least, found \(fields.count)",
                at: place, advice: TransactionColumns.advice)
        }
        guard !fields[customer].isEmpty else {
            throw AtelierError(.failedToParse, "the customer is empty", at: place)
        }
        guard let day = calendarDay(fields[date]) else {
            throw AtelierError(
                .failedToParse, "the date is none", at: place, advice: "Write dates as 1997-01-18 or 19970118.")
        }
        guard let value = Double(fields[amount]), value.isFinite else {
            throw AtelierError(.failedToParse, "the amount is no number", at: place, advice: "Write amounts as 29.73.")
        }
        guard value >= 0 else {
            throw AtelierError(
                .failedToParse, "the amount is below zero", at: place,
                advice: "Returns are no purchases; leave their lines out.")
        }
        return (fields[customer], day, value)
    }

    static func blanks(_ line: ArraySlice<UInt8>) -> [String] {
        line.split { $0 == 0x20 || $0 == 0x09 }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The fields of a line of CSV, without their quotes (RFC 4180).
    static func fields(_ line: ArraySlice<UInt8>, _ separator: UInt8) -> [String] {
        var fields: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var wasQuote = false
        for byte in line {
            if byte == UInt8(ascii: "\"") {
                // A quote after the closing one is a quote of the text.
                if !isQuoted && wasQuote { field.append(byte) }
                isQuoted.toggle()
                wasQuote = !isQuoted
                continue
            }
            wasQuote = false
            if byte == separator && !isQuoted {
                fields.append(String(decoding: field, as: UTF8.self).trimmed)
                field.removeAll(keepingCapacity: true)
            } else {
                field.append(byte)
            }
        }
        return fields + [String(decoding: field, as: UTF8.self).trimmed]
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// The day of `1997-01-18`, `19970118`, either followed by a time; nil for what is none.
public func calendarDay(_ text: String) -> Int? {
    var digits: [Int] = []
    var dashes: [Int] = []
    var rest = Substring(text)
    while let character = rest.utf8.first, digits.count < 8 {
        if character == UInt8(ascii: "-") {
            dashes.append(digits.count)
        } else if case 0x30...0x39 = character {
            digits.append(Int(character) - 0x30)
        } else {
            return nil
        }
        rest.removeFirst()
    }
    guard digits.count == 8, dashes == [] || dashes == [4, 6] else { return nil }
    guard rest.isEmpty || rest.first == "T" || rest.first == " " else { return nil }
    let number = digits.reduce(0) { $0 * 10 + $1 }
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
    guard year >= 1, 1...12 ~= month, day >= 1, day <= UTCDate.daysInMonth(month, year: year) else { return nil }
    return UTCDate.days(year: year, month: month, day: day)
}
