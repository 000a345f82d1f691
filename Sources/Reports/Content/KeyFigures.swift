import Analytics
import BSON
import DocumentStore

/// Computes the key figures: revenue, orders, average order value and repeat rate, month by month.
///
/// What counts is what `revenue-by-month`, `average-order-value` and `repeat-purchase-rate` count. A month is complete where
/// the data cover it: the first where its first order is on its first day, the last where its last order is on its last
/// day. The repeat rate of a month is that of all orders until its end: the customers with two or more, of those with one.
struct KeyFigures {
    private let database: Database
    private let parameters: [(name: String, text: String)]

    init(_ database: Database, _ parameters: [(name: String, text: String)]) {
        self.database = database
        self.parameters = parameters
    }

    private struct Month {
        var orders: Int64 = 0
        var revenue = Decimal128.zero
        /// Customers whose first, and whose second order is in it.
        var first = 0
        var second = 0
    }

    /// None where no month is complete.
    func figures() throws -> [KeyFigure] {
        var months: [Int: Month] = [:]
        guard let (earliest, latest) = try addSales(to: &months) else { return [] }
        try addCustomers(to: &months)
        let start = UTCDate(milliseconds: earliest)
        let end = UTCDate(milliseconds: latest)
        let first = index(start) + (start.day == 1 ? 0 : 1)
        let last = index(end) - (end.day == UTCDate.daysInMonth(end.month, year: end.year) ? 0 : 1)
        guard first <= last else { return [] }
        return figures(months, (max(first, last - 12)...last), hasBefore: last > first, begins: index(start))
    }

    private func figures(
        _ months: [Int: Month], _ shown: ClosedRange<Int>, hasBefore: Bool, begins: Int
    ) -> [KeyFigure] {
        let month = { (index: Int) in months[index] ?? Month() }
        let total = months.values.reduce(into: Month()) { sum, month in
            sum.orders += month.orders
            sum.revenue = sum.revenue + month.revenue
            sum.first += month.first
            sum.second += month.second
        }
        let until = { (index: Int) in
            (begins...index).reduce(into: Month()) { sum, index in
                sum.first += month(index).first
                sum.second += month(index).second
            }
        }
        let average = { (month: Month) in
            month.orders == 0 ? nil : BSONValue.decimal(month.revenue / Decimal128(month.orders))
        }
        let rate = { (month: Month) in
            month.first == 0 ? nil : BSONValue.double(Double(month.second) / Double(month.first))
        }
        let money = Column(name: "", type: .decimal, unit: .currency)
        let count = Column(name: "", type: .integer)
        let share = Column(name: "", type: .number, unit: .ratio)
        func figure(_ title: String, _ column: Column, overall: BSONValue?, _ value: (Int) -> BSONValue?) -> KeyFigure {
            KeyFigure(
                title, column, months: shown, hasBefore: hasBefore, values: shown.map(value), overall: overall,
                name: KeyFigures.name)
        }
        return [
            figure("Revenue", money, overall: .decimal(total.revenue)) { .decimal(month($0).revenue) },
            figure("Orders", count, overall: .int64(total.orders)) { .int64(month($0).orders) },
            figure("Average order value", money, overall: average(total)) { average(month($0)) },
            figure("Repeat rate", share, overall: rate(total)) { rate(until($0)) },
        ]
    }

    // MARK: Months

    private func index(_ date: UTCDate) -> Int { date.year * 12 + date.month - 1 }

    /// `November 2011`.
    private static func name(_ index: Int) -> String {
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        return "\(names[((index % 12) + 12) % 12]) \((index - ((index % 12) + 12) % 12) / 12)"
    }

    // MARK: Queries

    /// - Returns: the first and the last counted order's moments; nil where there is none.
    private func addSales(to months: inout [Int: Month]) throws -> (Int64, Int64)? {
        var moments: (Int64, Int64)?
        try rows(KeyFigures.sales).forEachDocument { row in
            guard let index = row.find("month").exactInt64 else { return }
            let revenue = BSONValue(copying: row.find("revenue")).decimalValue ?? .zero
            months[Int(index) - 1, default: Month()].orders += row.find("orders").exactInt64 ?? 0
            months[Int(index) - 1, default: Month()].revenue = revenue
            let (first, last) = (row.find("first").asDate, row.find("last").asDate)
            moments = moments.map { (min($0.0, first), max($0.1, last)) } ?? (first, last)
        }
        return moments
    }

    /// Rows come by customer and month: a customer's second order is in the first month with two, or else in the next.
    private func addCustomers(to months: inout [Int: Month]) throws {
        var customer: BSONValue?
        var hasSecond = false
        try rows(KeyFigures.customers).forEachDocument { row in
            guard let index = row.find("month").exactInt64, let orders = row.find("orders").exactInt64 else { return }
            let id = BSONValue(copying: row.find("customer"))
            if id != customer {
                customer = id
                months[Int(index) - 1, default: Month()].first += 1
                hasSecond = orders >= 2
                if hasSecond { months[Int(index) - 1, default: Month()].second += 1 }
            } else if !hasSecond {
                months[Int(index) - 1, default: Month()].second += 1
                hasSecond = true
            }
        }
    }

    private func rows(_ definition: String) throws -> Cursor {
        let aggregation = try SavedAggregation(Document(json: definition), path: "key-figures.json")
        let given = parameters.filter { given in aggregation.parameters.contains { $0.name == given.name } }
        return try aggregation.run(aggregation.arguments(parsing: given), on: database).rows
    }
}
