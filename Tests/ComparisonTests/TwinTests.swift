import Analytics
import BSON
import Comparison
import Testing

/// Every saved aggregation and its SQL twin, which was written from the question alone: the same rows from both.
@Suite struct TwinTests {
    /// What is asked besides each aggregation as it stands: every choice of every parameter that changes the statement's way.
    private static let variants: [(name: String, arguments: Document)] = [
        ("campaign-return", ["channel": "influencer", "limit": 3]),
        ("cancellations-by-month", ["knownCustomersOnly": true]),
        ("churn-by-cohort", ["by": "month"]),
        ("churn-by-cohort", ["by": "year"]),
        ("churn-by-inactivity", ["asOf": "2025-07-01T12:34:56"]),
        ("cohort-retention", ["from": "2024-02-10", "to": "2025-11-30", "excludeCancelled": true]),
        ("customer-lifetime-value", ["net": true, "by": "cohort"]),
        ("customer-pareto", ["limit": 10000, "productsOnly": true]),
        ("days-of-supply", ["activeOnly": false, "days": 30, "limit": 1000]),
        ("delivery-against-repeat-purchase", ["by": "date", "within": 90, "from": "2024-03"]),
        ("delivery-against-reviews", ["detail": "days", "by": "date", "mapping": "4-5-against-1-2"]),
        ("delivery-against-reviews", ["detail": "days", "latestPerOrder": true]),
        ("delivery-days", ["per": "state", "wholeDays": true, "to": "2025-07-01"]),
        ("delivery-days", ["per": "all"]),
        ("delivery-review-correlation", ["of": "daysLate", "latestPerOrder": true, "from": "2025"]),
        ("designer-load", ["from": "2025-01-01T13:00:00", "to": "2025-03-01T09:00:00"]),
        ("designer-performance", ["mode": "inHome", "from": "2025"]),
        ("discount-effect", ["productsOnly": true, "knownCustomersOnly": true, "from": "2025"]),
        ("inventory-turnover", ["by": "product", "limit": 1000, "days": 90]),
        ("inventory-turnover", ["by": "all"]),
        ("items-per-order", ["of": "units", "upTo": 3]),
        ("items-per-order", ["of": "products", "productsOnly": true]),
        ("late-deliveries", ["per": "country", "by": "date"]),
        ("late-deliveries", ["per": "state"]),
        ("low-stock", ["location": "Lyon", "limit": 5]),
        ("net-revenue-by-period", ["by": "week"]),
        ("net-revenue-by-period", ["by": "quarter"]),
        ("nps-proxy", ["mapping": "4-5-against-1-2", "latestPerOrder": true, "from": "2025"]),
        ("order-funnel", ["knownCustomersOnly": true, "from": "2025"]),
        ("orders-by-status", ["kind": "return"]),
        ("payment-differences", ["limit": 10000, "tolerance": "0"]),
        ("payment-reconciliation", ["excludeCancelled": true, "tolerance": "0.01"]),
        ("payment-reconciliation", ["kind": "return"]),
        ("payment-types", ["kind": "return"]),
        ("price-effect", ["minLines": 2, "productsOnly": true]),
        ("product-pairs", ["minOrders": 2, "rankBy": "lift", "productsOnly": true]),
        ("product-pareto", ["productsOnly": true, "limit": 5]),
        ("reorder-points", ["service": "0.99", "leadDays": 30, "limit": 1000]),
        ("reorder-points", ["service": "0.90", "days": 1]),
        ("repeat-purchase-by-days", ["count": "days"]),
        ("return-rate-by-product", ["minUnits": 1, "limit": 10000]),
        ("returns-by-month", ["productsOnly": true, "knownCustomersOnly": true, "excludeCancelled": true]),
        ("revenue-by-hour", ["timezone": "+05:30"]),
        ("revenue-by-weekday", ["timezone": "-03:00"]),
        ("revenue-by-month", ["from": "2025-01-01", "to": "2025-07-01", "excludeCancelled": true]),
        ("revenue-by-period", ["by": "day"]),
        ("revenue-by-period", ["by": "week", "from": "2024-12-20", "to": "2025-02-01"]),
        ("revenue-by-period", ["by": "quarter"]),
        ("revenue-by-period", ["by": "year"]),
        ("review-answer-time", ["maxScore": 3]),
        ("rfm-scores", ["scores": "quantile", "limit": 10000]),
        ("rfm-scores", ["segment": "champions", "asOf": "2025-07-01", "limit": 10000]),
        ("rfm-segments", ["scores": "quantile", "segments": 10]),
        ("sell-through", ["by": "product", "days": 30]),
        ("sell-through", ["by": "all"]),
        ("stock-against-reviews", ["from": "2025"]),
        ("stock-against-reviews", ["to": "2025-06-01"]),
        ("supplier-sustainability", ["limit": 3, "from": "2025"]),
        ("sustainability-of-sales", ["by": "category"]),
        ("tailor-demand", ["from": "2025-01-01T10:00:00"]),
        ("tailor-demand", ["from": "2025-01-01", "to": "2026-01-01"]),
        ("tailor-demand", ["to": "2025-01-01T10:00:00"]),
        ("top-customers", ["limit": 10000, "from": "2025"]),
        ("top-products", ["by": "units", "limit": 10000, "productsOnly": true]),
        ("views-to-orders", ["by": "product", "limit": 5, "hours": 1]),
    ]

    private static let cases: [(name: String, arguments: Document)] = {
        ((try? Shop.aggregations.get().names) ?? []).map { ($0, [:]) } + variants
    }()

    @Test(arguments: cases)
    func theTablesGiveTheSameRows(name: String, arguments: Document) throws {
        try compare(name, arguments, in: .sqlite)
    }

    @Test(.needs(.postgresql), arguments: cases)
    func postgreSQLGivesTheSameRows(name: String, arguments: Document) throws {
        try compare(name, arguments, in: .postgresql)
    }

    @Test(.needs(.mariadb), arguments: cases)
    func mariaDBGivesTheSameRows(name: String, arguments: Document) throws {
        try compare(name, arguments, in: .mariadb)
    }

    private func compare(_ name: String, _ arguments: Document, in dialect: SQLDialect) throws {
        let comparison = try Shop.generated.get().compare(name, arguments, in: dialect)
        #expect(comparison.rows > 0, "\(name) has no rows here")
        #expect(comparison.columns == (try Shop.aggregations.get().aggregation(named: name).columns.map(\.name)))
        #expect(comparison.differences.isEmpty, "\(name): \(comparison.differences.prefix(3))")
    }

    @Test func everyAggregationHasATwinForEveryDatabase() throws {
        let catalog = try Shop.aggregations.get()
        for name in catalog.names {
            let aggregation = try catalog.aggregation(named: name)
            for dialect in SQLDialect.allCases {
                let twin = try SQLTwin(of: aggregation, in: dialect)
                for parameter in aggregation.parameters {
                    #expect(twin.text.contains(":\(parameter.name)"), "\(twin.path) does not use \(parameter.name)")
                }
            }
        }
    }

    @Test func joinsAndLengthsAreOfTheStatementAlone() throws {
        let twin = try SQLTwin(of: Shop.aggregations.get().aggregation(named: "top-products"), in: .mariadb)
        #expect(twin.path.hasSuffix("/top-products.sql"))
        #expect(twin.joins == 2)
        #expect(twin.queryBytes < twin.text.utf8.count)
    }
}
