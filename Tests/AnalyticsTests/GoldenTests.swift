import Analytics
import BSON
import Definitions
import DocumentStore
import Glibc
import MongoDriver
import Retail
import Testing
import WireServer

/// Every shipped aggregation on the project's fixture data: a small generated shop.
///
/// `ATELIER_RECORD=1` writes the results to `Golden` instead of comparing with them; read them before committing.
@Suite struct GoldenTests {
    private static let fixture = Result {
        let test = try TestStore()
        try Generator(GeneratorOptions(orders: 300, seed: 1)).forEachBatch { name, documents in
            try test.store.database.collection(name).insert(documents).orThrow()
        }
        return ReferenceData.Shop(test)
    }

    /// The same data behind MongoDB's wire protocol and libmongoc.
    private static let overTheWire = Result {
        let server = try WireServer(
            deployment: try fixture.get().deployment, listen: .tcp(host: "127.0.0.1", port: 0))
        return Remote(server: server, store: Store(deployment: try MongoDriver(uri: server.address.uri)))
    }

    private struct Remote {
        /// Serves for as long as the tests run.
        let server: WireServer
        let store: Store
    }

    private static let isRecording = getenv("ATELIER_RECORD") != nil

    /// What is asked besides each aggregation as it stands.
    private static let variants: [(name: String, arguments: Document)] = [
        ("nps-proxy", ["mapping": "4-5-against-1-2", "latestPerOrder": true, "from": "2025"]),
        ("delivery-days", ["per": "state", "wholeDays": true, "to": "2025-07-01"]),
        ("late-deliveries", ["per": "country", "by": "date"]),
        ("delivery-against-reviews", ["detail": "days", "by": "date"]),
        ("delivery-against-repeat-purchase", ["by": "date", "within": 90, "from": "2024-03"]),
        ("inventory-turnover", ["by": "product", "limit": 4, "days": 90]),
        ("sell-through", ["by": "all"]),
        ("days-of-supply", ["activeOnly": false, "days": 30, "limit": 5]),
        ("low-stock", ["location": "Lyon", "limit": 5]),
        ("reorder-points", ["service": "0.99", "leadDays": 30, "limit": 5]),
        ("delivery-review-correlation", ["of": "daysLate", "latestPerOrder": true, "from": "2025"]),
        ("designer-load", ["from": "2026-01-01"]),
        ("designer-performance", ["mode": "inHome", "from": "2025"]),
        ("tailor-demand", ["from": "2025-01-01", "to": "2026-01-01"]),
        ("campaign-return", ["channel": "influencer", "limit": 3]),
        ("views-to-orders", ["by": "product", "limit": 5, "hours": 1]),
        ("sustainability-of-sales", ["by": "category"]),
        ("revenue-by-month", ["from": "2025-01-01", "to": "2025-07-01", "excludeCancelled": true]),
        ("top-products", ["by": "units", "limit": 3, "productsOnly": true]),
        ("top-customers", ["limit": 3, "from": "2025"]),
        ("orders-by-status", ["kind": "return"]),
        ("revenue-by-period", ["by": "week", "from": "2024-12-20", "to": "2025-02-01"]),
        ("net-revenue-by-period", ["by": "quarter"]),
        ("items-per-order", ["of": "units", "upTo": 3]),
        ("revenue-by-hour", ["timezone": "America/Sao_Paulo"]),
        ("product-pareto", ["productsOnly": true, "limit": 5]),
        ("product-pairs", ["minOrders": 3, "rankBy": "lift", "limit": 5]),
        ("return-rate-by-product", ["minUnits": 1, "limit": 5]),
        ("payment-types", ["kind": "return"]),
        ("payment-reconciliation", ["excludeCancelled": true]),
        ("rfm-segments", ["scores": "quantile", "segments": 10]),
        ("rfm-scores", ["segment": "champions", "asOf": "2025-07-01"]),
        ("repeat-purchase-by-days", ["count": "days"]),
        ("customer-lifetime-value", ["net": true, "by": "cohort"]),
        ("churn-by-inactivity", ["asOf": "2025-07-01"]),
        ("churn-by-cohort", ["by": "month"]),
    ]

    private static let cases: [(name: String, arguments: Document)] = {
        let catalog = try? AggregationCatalog(directories: [CatalogTests.shipped])
        return (catalog?.names ?? []).map { ($0, [:]) } + variants
    }()

    @Test(arguments: cases)
    func theAnswerIsTheOneRecorded(name: String, arguments: Document) throws {
        let rows = try GoldenTests.fixture.get().rows(name, arguments)
        let answer = rows.map { $0.extendedJSON() + "\n" }.joined()
        let suffix = arguments.elements.map { "+\($0.key)" }.joined()
        let path = String(#filePath.dropLast("GoldenTests.swift".count)) + "Golden/\(name)\(suffix).ndjson"
        if GoldenTests.isRecording {
            let file = try #require(fopen(path, "w"))
            fputs(answer, file)
            fclose(file)
        } else {
            #expect(String(decoding: try Files.contents(of: path), as: UTF8.self) == answer)
        }
    }

    @Test(arguments: cases)
    func theAnswerIsTheSameOverTheWire(name: String, arguments: Document) throws {
        let aggregation = try AggregationCatalog(directories: [CatalogTests.shipped]).aggregation(named: name)
        let database = try GoldenTests.overTheWire.get().store.database
        let rows = try aggregation.run(try aggregation.arguments(arguments), on: database).rows.all()
        #expect(rows == (try GoldenTests.fixture.get().rows(name, arguments)))
    }

    @Test(arguments: cases)
    func everyRowHasTheColumnsThatAreDeclared(name: String, arguments: Document) throws {
        let columns = try AggregationCatalog(directories: [CatalogTests.shipped]).aggregation(named: name).columns
        let rows = try GoldenTests.fixture.get().rows(name, arguments)
        #expect(!rows.isEmpty, "\(name) has no rows here")
        for row in rows {
            #expect(row.keys == columns.map(\.name), "\(name)")
            for (column, element) in zip(columns, row.elements) where !element.value.isNull {
                #expect(column.type.holds(element.value), "\(name).\(column.name): \(element.value)")
            }
        }
    }
}

extension ColumnType {
    fileprivate func holds(_ value: BSONValue) -> Bool {
        switch (self, value) {
        case (.string, .string), (.decimal, .decimal), (.date, .date), (.boolean, .bool), (.array, .array),
            (.document, .document):
            true
        case (.integer, _): value.integerValue != nil && value.type != .decimal
        case (.number, _): value.doubleValue != nil && value.type != .decimal
        default: false
        }
    }
}
