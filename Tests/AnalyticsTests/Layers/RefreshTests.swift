import BSON
import DocumentStore
import Platform
import Retail
import StorageWorkload
import TestSupport
import Testing

@testable import Analytics

@Suite struct RefreshTests {
    private static let shipped: [SavedAggregation] = {
        guard let catalog = try? AggregationCatalog(directories: [CatalogTests.shipped]) else { return [] }
        return catalog.names.compactMap { try? catalog.aggregation(named: $0) }
    }()

    private static let byPeriod = shipped.filter { if case .byPeriod = $0.refresh { true } else { false } }.map(\.name)

    private static func aggregation(_ name: String) throws -> SavedAggregation {
        try AggregationCatalog(directories: [CatalogTests.shipped]).aggregation(named: name)
    }

    private func refresh(_ database: Database, _ name: String, _ arguments: Document = [:], full: Bool = false) throws
        -> RefreshReport
    {
        let aggregation = try RefreshTests.aggregation(name)
        let requests = [(aggregation, try aggregation.arguments(arguments))]
        return try #require(try Refresher(database).refresh(requests, full: full).first)
    }

    /// The rows that are kept, without what only kept rows have, as a set.
    private func kept(_ database: Database, _ aggregation: SavedAggregation) throws -> [String] {
        let rows = try database.collection(aggregation.goldName).find().all()
        #expect(rows.allSatisfy { $0[Refresher.timeField]?.dateValue != nil })
        let hasId = aggregation.columns.contains { $0.name == "_id" }
        return rows.map { row in
            (hasId ? row : row.removing("_id")).removing(Refresher.timeField).extendedJSON(.canonical)
        }.sorted()
    }

    private func computed(_ database: Database, _ aggregation: SavedAggregation, _ arguments: Document = [:]) throws
        -> [String]
    {
        let rows = try aggregation.run(aggregation.arguments(arguments), on: database).rows.all()
        return rows.map { $0.extendedJSON(.canonical) }.sorted()
    }

    @Test func someAggregationsAreRefreshedByPeriod() { #expect(RefreshTests.byPeriod.count >= 2) }

    // MARK: Equal to a full refresh, whatever happened

    @Test(arguments: DeploymentKind.allCases, byPeriod)
    func whatIsRefreshedByPeriodEqualsWhatIsComputedAnew(kind: DeploymentKind, name: String) throws {
        let aggregation = try RefreshTests.aggregation(name)
        for seed in UInt64(1)...(kind == .engine ? 4 : 1) {
            let shop = try DeploymentStore(kind)
            var random = SeededRandom(seed: seed)
            var history = OrderHistory(shop.database)
            try history.change(30, &random)
            var outcomes: [RefreshReport.Outcome: Int] = [:]
            for step in 0..<25 {
                let report = try refresh(shop.database, name)
                #expect(report.error == nil)
                outcomes[report.outcome, default: 0] += 1
                let (gold, fresh) = (try kept(shop.database, aggregation), try computed(shop.database, aggregation))
                #expect(gold == fresh, "\(name), seed \(seed), step \(step), \(report.outcome): \(report.reason)")
                #expect(report.rows == fresh.count)
                if gold != fresh { return }
                try history.change(Int.random(in: 0...3, using: &random), &random)
            }
            #expect(outcomes[.incremental] ?? 0 > 0, "\(name), seed \(seed): never by period")
        }
    }

    @Test(arguments: DeploymentKind.allCases)
    func everyShippedAggregationIsKeptAsItIsComputed(kind: DeploymentKind) throws {
        let shop = try DeploymentStore(kind)
        try Generator(GeneratorOptions(orders: 120, seed: 3)).forEachBatch { name, documents in
            try shop.insert(name, documents)
        }
        let requests = try AggregationCatalog(directories: [CatalogTests.shipped]).refreshes(of: []) {
            try $0.arguments()
        }
        #expect(requests.skipped.isEmpty, "\(requests.skipped.map(\.reason))")
        for report in try Refresher(shop.database).refresh(requests.requests) {
            #expect(report.outcome == .full && report.error == nil, "\(report.aggregation): \(report.reason)")
            let aggregation = try RefreshTests.aggregation(report.aggregation)
            #expect(
                try kept(shop.database, aggregation) == computed(shop.database, aggregation), "\(report.aggregation)")
        }
        #expect(try GoldState.all(in: shop.database).count == requests.requests.count)
        let names = try shop.database.collectionNames()
        #expect(!names.contains { $0.contains("_next_") })
    }

    // MARK: What is done

    @Test(arguments: DeploymentKind.allCases)
    func whatChangedDecidesWhatIsDone(kind: DeploymentKind) throws {
        let shop = try DeploymentStore(kind)
        let orders = shop.database.collection("orders")
        try shop.insert("orders", (1...12).map { OrderHistory.order("o\($0)", month: $0, quantity: 2) })
        try shop.insert("products", [["_id": "p1", "name": "Apron"]])
        func done(_ name: String, _ arguments: Document = [:], full: Bool = false) throws -> RefreshReport {
            try refresh(shop.database, name, arguments, full: full)
        }
        #expect(try done("net-revenue-by-month").reason == "first time")
        let unchanged = try done("net-revenue-by-month")
        #expect(unchanged.outcome == .unchanged && unchanged.computed == 0 && unchanged.rows == 12)

        // A late change to an old order: its month alone is computed.
        try orders.updateOne(["_id": "o3"], ["$set": ["status": "returned", "kind": "return"]]).orThrow()
        let late = try done("net-revenue-by-month")
        #expect(late.outcome == .incremental && late.computed == 1 && late.rows == 12)
        #expect(late.reason == "1 month of orders changed")

        // A month whose last order has gone has no row.
        try orders.deleteOne(["_id": "o5"]).orThrow()
        let gone = try done("net-revenue-by-month")
        #expect(gone.outcome == .incremental && gone.rows == 11)

        // An order that moves changes both months.
        let moved: Document = ["$set": ["orderedAt": .date(OrderHistory.time(month: 5))]]
        try orders.updateOne(["_id": "o8"], moved).orThrow()
        #expect(try done("net-revenue-by-month").reason == "2 months of orders changed")

        // Other parameters, and rows that somebody removed.
        let limited: Document = ["from": "2020-06"]
        #expect(try done("net-revenue-by-month", limited).reason == "other parameters or another definition")
        #expect(try done("net-revenue-by-month", limited).outcome == .unchanged)
        try orders.deleteOne(["_id": "o9"]).orThrow()
        #expect(try done("net-revenue-by-month", limited).outcome == .full)
        try shop.database.collection("gold_net_revenue_by_month").deleteOne([:]).orThrow()
        #expect(try done("net-revenue-by-month", limited).reason == "its rows were changed by others")
        #expect(try done("net-revenue-by-month", limited, full: true).reason == "asked for")

        // What is joined counts too.
        _ = try done("top-products")
        try shop.database.collection("products").updateOne(["_id": "p1"], ["$set": ["name": "Gown"]]).orThrow()
        #expect(try done("top-products").reason == "products changed")
        #expect(try kept(shop.database, RefreshTests.aggregation("top-products"))[0].contains("Gown"))

        // An order without a time belongs to no month.
        try orders.updateOne(["_id": "o10"], ["$unset": ["orderedAt": ""]]).orThrow()
        _ = try done("net-revenue-by-month")
        try orders.deleteOne(["_id": "o11"]).orThrow()
        #expect(try done("net-revenue-by-month").reason == "orders changed, and some documents have no orderedAt")
    }

    @Test func stateSaysWhenAndWithWhat() throws {
        let shop = try DeploymentStore(.engine)
        try shop.insert("orders", [OrderHistory.order("o1", month: 1, quantity: 1)])
        let report = try refresh(shop.database, "top-products", ["limit": 3])
        let state = try #require(try GoldState.all(in: shop.database).first)
        #expect(state.name == "gold_top_products" && state.aggregation == "top-products" && state.rows == 1)
        #expect(state.parameters["limit"]?.integerValue == 3)
        #expect(state.parameters["productsOnly"] == .bool(false))
        #expect(state.refreshedAt == report.refreshedAt && state.checkedAt == state.refreshedAt)
        let checked = try refresh(shop.database, "top-products", ["limit": 3])
        #expect(checked.refreshedAt == report.refreshedAt)
        #expect(try #require(GoldState.all(in: shop.database).first).checkedAt >= state.checkedAt)
    }

    @Test func aRefreshThatFailsLeavesTheRowsAndTheOthers() throws {
        let shop = try DeploymentStore(.engine)
        try shop.insert("orders", [OrderHistory.order("o1", month: 1, quantity: 1)])
        _ = try refresh(shop.database, "top-products")
        let before = try shop.database.collection("gold_top_products").find().all()
        let broken = try SavedAggregation(
            Document(
                json: definitionText(
                    name: "top-products", pipeline: #"[{"$project":{"_id":0,"n":{"$divide":[1,0]}}}]"#
                )
                .replacing(#""collection":"c""#, with: #""collection":"orders""#)), path: "top-products.json")
        let month = try RefreshTests.aggregation("revenue-by-month")
        let reports = try Refresher(shop.database).refresh([
            (broken, try broken.arguments()), (month, try month.arguments()),
        ])
        #expect(reports.map(\.outcome) == [.failed, .full])
        #expect(reports[0].error != nil && reports[0].rows == 1)
        #expect(try shop.database.collection("gold_top_products").find().all() == before)
        #expect(try !shop.database.collectionNames().contains { $0.contains("_next_") })
    }

    @Test func aRefreshThatDidNotEndIsFollowedByAFullOne() throws {
        let shop = try DeploymentStore(.engine)
        try shop.insert("orders", (1...9).map { OrderHistory.order("o\($0)", month: $0, quantity: 2) })
        _ = try refresh(shop.database, "net-revenue-by-month")
        let gold = shop.database.collection("refreshes")
        try gold.updateOne([:], ["$set": ["writing": "1_x"]]).orThrow()
        let leftover = shop.database.collection("gold_net_revenue_by_month_next_1_x")
        try leftover.insert(["n": 1]).orThrow()
        let report = try refresh(shop.database, "net-revenue-by-month")
        #expect(report.outcome == .full && report.reason == "the last refresh did not end")
        #expect(try !shop.database.collectionNames().contains(leftover.name))
        #expect(try refresh(shop.database, "net-revenue-by-month").outcome == .unchanged)
    }

    @Test func rowsThatShareTheirPeriodAreAnError() throws {
        let shop = try DeploymentStore(.engine)
        try shop.insert(
            "orders", [OrderHistory.order("a", month: 1, quantity: 1), OrderHistory.order("b", month: 1, quantity: 1)])
        let text = #"""
            {"name":"twice","title":"T","question":"Q?","collection":"orders",
             "parameters":[{"name":"from","type":"date","description":"D"},{"name":"to","type":"date","description":"D"}],
             "pipeline":[{"$match":{"orderedAt":{"$gte":{"$param":"from"},"$lt":{"$param":"to"}}}},
                         {"$project":{"_id":0,"month":{"$dateToString":{"format":"%Y-%m","date":"$orderedAt"}}}}],
             "refresh":{"period":"month","of":"orderedAt","key":"month"},
             "columns":[{"name":"month","type":"string"}]}
            """#
        let twice = try SavedAggregation(Document(json: text), path: "twice.json")
        let report = try #require(try Refresher(shop.database).refresh([(twice, try twice.arguments())]).first)
        #expect(report.outcome == .failed && report.error?.code == .duplicateKey)
    }

    @Test(arguments: [
        (#""sometimes""#, "refresh is sometimes"),
        (#"{"period":"moon","of":"at","key":"n"}"#, "refresh.key names no column of strings"),
        (#"{"period":"day","of":"at","key":"m"}"#, "refresh.from names no parameter that is a date"),
        (#"{"of":"at","key":"m","every":1}"#, "refresh.every is not known"),
    ])
    func aRuleThatCannotBeIsRefused(rule: String, message: String) throws {
        let text = definitionText(
            columns: #"[{"name":"n","type":"integer"},{"name":"m","type":"string"}]"#, more: #","refresh":\#(rule)"#)
        let error = try #require(throws: AtelierError.self) {
            try SavedAggregation(Document(json: text), path: "test.json")
        }
        #expect(error.message.hasPrefix(message), "\(error.message)")
    }
}

/// Orders that come, change, move and go, at random.
struct OrderHistory {
    private let orders: Collection
    private var ids: [String] = []
    private var next = 0

    init(_ database: Database) { orders = database.collection("orders") }

    /// The middle of a month of 2020, and of the years after it.
    static func time(month: Int) -> Int64 { Int64(Period.month.firstDay(of: 2020 * 12 + month - 1) + 14) * 86_400_000 }

    static func order(_ id: String, month: Int, quantity: Int) -> Document {
        order(id, at: time(month: month), kind: "sale", quantity: quantity, price: "2.50")
    }

    private static func order(_ id: String, at time: Int64, kind: String, quantity: Int, price: String) -> Document {
        [
            "_id": .string(id), "kind": .string(kind), "status": "completed", "orderedAt": .date(time),
            "channel": "web",
            "customerId": .string("c\(id.utf8.count)"), "country": "France",
            "items": [
                [
                    "line": 1, "productId": "p1", "quantity": .integer(quantity),
                    "unitPrice": .decimal(Decimal128(price) ?? .zero),
                ]
            ],
        ]
    }

    /// A time on any day of three years, those at the ends of months more often.
    private static func time(_ random: inout SeededRandom) -> Int64 {
        let month = Period.month.firstDay(of: 2020 * 12 + Int.random(in: 0..<36, using: &random))
        let day =
            Bool.random(using: &random)
            ? month - Int.random(in: 0...1, using: &random) : month + Int.random(in: 1...26, using: &random)
        return Int64(day) * 86_400_000 + Int64.random(in: 0..<86_400_000, using: &random)
    }

    mutating func change(_ count: Int, _ random: inout SeededRandom) throws {
        for _ in 0..<count {
            switch ids.isEmpty ? 0 : Int.random(in: 0..<8, using: &random) {
            case 0...2:
                next += 1
                ids.append("o\(next)")
                let kind = ["sale", "sale", "return", "adjustment"].randomElement(using: &random)!
                try orders.insert(
                    OrderHistory.order(
                        "o\(next)", at: OrderHistory.time(&random), kind: kind,
                        quantity: Int.random(in: -1...3, using: &random),
                        price: ["0", "2.50", "0.01"].randomElement(using: &random)!)
                ).orThrow()
            case 3, 4:
                let id = ids.remove(at: Int.random(in: 0..<ids.count, using: &random))
                try orders.deleteOne(["_id": .string(id)]).orThrow()
            case 5:
                try set("orderedAt", .date(OrderHistory.time(&random)), &random)
            case 6: try set("kind", .string(["sale", "return", "adjustment"].randomElement(using: &random)!), &random)
            default: try set("items.0.quantity", .integer(Int.random(in: -2...9, using: &random)), &random)
            }
        }
    }

    private func set(_ field: String, _ value: BSONValue, _ random: inout SeededRandom) throws {
        let id = ids[Int.random(in: 0..<ids.count, using: &random)]
        try orders.updateOne(["_id": .string(id)], ["$set": [field: value]]).orThrow()
    }
}
