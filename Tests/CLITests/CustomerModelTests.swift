import BSON
import Testing

/// The commands of customer models, on a file and on a generated shop.
@Suite struct CustomerModelTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func atelier(_ arguments: String...) throws -> Atelier.Outcome { try Atelier.run(arguments, in: folder) }

    /// Customers who buy every so many days, some of whom stop.
    private func writeTransactions() throws {
        var text = "customer,date,amount\n"
        for customer in 0..<40 {
            let gap = 5 + customer % 9
            let stop = customer % 3 == 0 ? 40 : 200
            var day = customer % 7
            while day < stop {
                let date = UTCDate(milliseconds: Int64(14_610 + day) * 86_400_000).iso8601().prefix(10)
                text += "c\(100 + customer),\(date),\(10 + customer % 11).50\n"
                day += gap + (day * 7 + customer) % 4
            }
        }
        try folder.write("sales.csv", text)
    }

    @Test func lifetimeValuesAreOfAFileOfTransactions() throws {
        try writeTransactions()
        let table = try atelier("clv", "--transactions", "sales.csv", "--limit", "2")
        #expect(table.status == 0, "\(table.errors)")
        #expect(table.output.hasPrefix("Customer lifetime value: the next 365 days from 2010-07-19\n"))
        #expect(table.output.contains("40 customers, worth "))
        let rows = try atelier("clv", "--transactions", "sales.csv", "--format", "csv")
        let lines = rows.output.split(separator: "\r\n")
        #expect(lines.count == 41)
        #expect(
            lines[0]
                == "customerId,frequency,recency,age,meanAmount,probabilityAlive,expectedPurchases,expectedValue,clv")
        #expect(try atelier("clv", "--transactions", "sales.csv", "--format", "csv").output == rows.output)
        let parameters = try atelier("clv", "--transactions", "sales.csv", "--parameters", "--format", "ndjson")
        #expect(parameters.output.hasPrefix(#"{"model":"BG/NBD","parameter":"r","value":"#))
        let check = try atelier(
            "clv", "--transactions", "sales.csv", "--calibration-end", "2010-04-30", "--calibration", "--format", "csv")
        #expect(check.output.hasPrefix("frequency,customers,expected,actual\r\n"))
    }

    @Test(arguments: [
        (["clv", "--transactions", "none.csv"], 1, "none.csv: cannot open the file"),
        (["clv", "--transactions", "sales.csv", "--unit", "month"], 2, "--unit: expected day or week"),
        (
            ["clv", "--transactions", "sales.csv", "--discount", "2"], 2,
            "--discount: expected a number from 0.0 to 1.0"
        ),
        (["clv", "--transactions", "sales.csv", "--calibration-end", "soon"], 2, "expected a date such as"),
        (["clv", "--transactions", "sales.csv", "--calibration-end", "2009-01-01"], 2, "nothing was bought before"),
        (["clv", "--transactions", "sales.csv", "--calibration"], 2, "needs --calibration-end"),
        (["clv", "--transactions", "sales.csv", "--store", "x"], 2, "one of the two at a time"),
        (["clv", "--transactions", "once.csv"], 1, "no customer bought on a second day"),
        (["churn", "--report", "--limit", "3"], 2, "--limit is for customers"),
        (["segment", "--k", "3", "--max-k", "4"], 2, "one of the two at a time"),
        (["segment", "--limit", "3"], 2, "--limit is for --members"),
    ])
    func whatCannotBeAnsweredIsSaid(arguments: [String], status: Int, message: String) throws {
        try writeTransactions()
        try folder.write(
            "once.csv",
            "customer,date,amount\n" + (1...20).map { "c\($0),2010-01-\($0 < 10 ? "0" : "")\($0),5\n" }.joined())
        let outcome = try Atelier.run(arguments, in: folder)
        #expect(outcome.status == Int32(status) && outcome.output == "")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test func aStoreAnswersForItsCustomers() throws {
        _ = try atelier("generate", "--orders", "3000", "--quiet")
        let churn = try atelier("churn", "--limit", "5", "--format", "ndjson")
        #expect(churn.status == 0, "\(churn.errors)")
        let rows = try churn.output.split(separator: "\n").map { try Document(json: String($0)) }
        #expect(rows.count == 5)
        #expect(rows.allSatisfy { $0["drivers"]?.arrayValue?.count == 3 && $0["revenue"]?.decimalValue != nil })
        let probabilities = rows.compactMap { $0["probability"]?.doubleValue }
        #expect(probabilities == probabilities.sorted(by: >))
        let report = try atelier("churn", "--report")
        #expect(report.output.contains("The model ") && report.output.contains("What drives it"), "\(report.errors)")
        let csv = try atelier("churn", "--report", "--format", "csv")
        #expect(csv.output.hasPrefix("section,predictor,auc,") && csv.output.contains("\r\nlift,"))
        let segments = try atelier("segment", "--k", "4", "--format", "csv")
        #expect(segments.output.split(separator: "\r\n").count == 5, "\(segments.errors)")
        let members = try atelier("segment", "--k", "4", "--members", "--format", "csv")
        #expect(members.output.hasPrefix("customerId,segment,recencyDays,orders,revenue,averageOrder,tenureDays\r\n"))
        let values = try atelier("clv", "--format", "csv")
        #expect(values.output.split(separator: "\r\n").count == members.output.split(separator: "\r\n").count)
    }
}
