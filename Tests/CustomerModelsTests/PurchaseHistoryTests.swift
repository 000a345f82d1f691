import BSON
import Testing

@testable import CustomerModels

@Suite struct PurchaseHistoryTests {
    private func history(_ text: String) throws -> PurchaseHistory {
        try PurchaseHistory(bytes: Array(text.utf8), named: "sales.csv")
    }

    @Test func purchasesOfOneDayAreOne() throws {
        let history = try history(
            "customer,date,amount\nb,1970-01-03,5\na,1970-01-02T08:00:00Z,10.5\na,1970-01-01,1\na,1970-01-02,2\n")
        #expect(history.customers.map(\.id) == ["a", "b"])
        #expect(history.customers[0].days == [0, 1] && history.customers[0].amounts == [1, 12.5])
        let summary = history.summaries(until: 8, unit: .week)[0]
        #expect(
            summary.frequency == 1 && summary.recency == 1.0 / 7 && summary.age == 8.0 / 7 && summary.meanAmount == 12.5
        )
        #expect(history.summaries(until: 1, unit: .day).map(\.id) == ["a"])
        #expect(history.purchases(after: 0, until: 9) == [1])
    }

    @Test func columnsAreFoundByNameAndQuotesAreUndone() throws {
        let history = try history(
            "\u{FEFF}Amount;note;Date;Customer\r\n3.5;\"a;b\"\"c\";19700102;\"Doe; J.\"\r\n\r\n")
        #expect(history.customers.map(\.id) == ["Doe; J."])
        #expect(history.customers[0].days == [1] && history.customers[0].amounts == [3.5])
    }

    @Test func cdnowLinesAreKnownByTheirForm() throws {
        let history = try history(" 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   29.73\n")
        #expect(history.customers.map(\.id) == ["00004"])
        #expect(history.customers[0].days == [9862, 9879])
    }

    @Test(arguments: [
        ("", "the file is empty"), ("customer,date,amount\n", "holds no transactions"),
        ("who,date,amount\na,1970-01-01,1\n", "line 1: the header names no column customer"),
        ("customer,date,amount\na,1970-01-01,1\na,1970-02-30,1\n", "line 3: the date is none"),
        ("customer,date,amount\na,1970-01-01,much\n", "line 2: the amount is no number"),
        ("customer,date,amount\na,1970-01-01,-5\n", "line 2: the amount is below zero"),
        ("customer,date,amount\na,1970-01-01\n", "line 2: expected 3 fields at least, found 2"),
        ("customer,date,amount\n,1970-01-01,1\n", "line 2: the customer is empty"),
    ])
    func whatCannotBeReadIsSaidWithItsPlace(text: String, message: String) {
        do {
            _ = try history(text)
            Issue.record("read \(text)")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }

    @Test(arguments: [
        ("1970-01-02", 1), ("19700102", 1), ("2010-12-09T20:01:00Z", 14952), ("2010-12-09 20:01", 14952),
    ])
    func daysAreRead(text: String, day: Int) { #expect(calendarDay(text) == day) }

    @Test(arguments: ["1970-1-2", "1970-13-01", "1970-02-29", "197001020", "70-01-02", "today", "1970-01-02x", ""])
    func otherTextIsNoDay(text: String) { #expect(calendarDay(text) == nil) }
}
