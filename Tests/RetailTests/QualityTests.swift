import BSON
import DocumentStore
import Retail
import TestSupport
import Testing
import WireServer

/// Stores with faults put into them on purpose: each is found, counted and pointed at, and nothing else is.
@Suite struct QualityTests {
    enum DeploymentKind: String, CaseIterable, Sendable {
        case engine
        case wire
    }

    /// A store with the program's collections, in process or behind libmongoc and the wire protocol.
    private final class Shop {
        let store: Store
        let catalog: CollectionCatalog
        private let engine: Store
        private let server: WireServer?

        init(_ kind: DeploymentKind) throws {
            catalog = try .standard()
            engine = try Store(TemporaryFile.folder() + "/test.store", options: StoreOptions(relaxedDurability: true))
            if kind == .wire {
                let server = try WireServer(deployment: engine.deployment, listen: .tcp(host: "127.0.0.1", port: 0))
                store = try Store(server.address.uri + "?serverSelectionTimeoutMS=5000")
                self.server = server
            } else {
                (store, server) = (engine, nil)
            }
            try StoreInitializer(catalog: catalog, database: store.database).run()
        }

        deinit {
            if server != nil { store.close() }
            server?.stop()
            engine.close()
        }

        /// Writes documents as they are, the validator's opinion notwithstanding.
        func insert(_ collection: String, _ documents: [String]) throws {
            let documents = try documents.map { try Document(json: $0) }
            let reply = try store.database.run([
                "insert": .string(collection), "documents": .array(BSONArray(documents: documents)),
                "bypassDocumentValidation": true,
            ])
            #expect(reply["writeErrors"] == nil)
        }

        func report(_ names: [String]? = nil) throws -> QualityReport {
            try QualityReport(of: names, in: store.database, catalog: catalog, now: 1_600_000_000_000)
        }
    }

    private func order(_ id: String, _ more: String = "", kind: String = "sale", items: String? = nil) -> String {
        let lines = items ?? #"[{"line":1,"productId":"p1","quantity":2,"unitPrice":{"$numberDecimal":"1.50"}}]"#
        return
            #"{"_id":"\#(id)","kind":"\#(kind)","status":"completed","orderedAt":{"$date":"2020-01-01T00:00:00Z"},"channel":"web","#
            + #""total":{"$numberDecimal":"3.0"},"items":\#(lines)\#(more.isEmpty ? "" : ",")\#(more)}"#
    }

    private func line(_ quantity: Int, _ price: String, product: String = "p1") -> String {
        #"{"line":1,"productId":"\#(product)","quantity":\#(quantity),"unitPrice":{"$numberDecimal":"\#(price)"}}"#
    }

    private func found(_ report: QualityReport, _ severities: Set<QualityFinding.Severity> = [.error, .warning])
        -> [String]
    {
        report.problems.filter { severities.contains($0.severity) }.map { finding in
            let examples = finding.examples.compactMap(\.stringValue).joined(separator: " ")
            return
                "\(finding.collection) \(finding.check) \(finding.field ?? "-") \(finding.count)/\(finding.of): \(examples)"
        }
    }

    @Test(arguments: DeploymentKind.allCases)
    func goodDocumentsHaveNoFaults(kind: DeploymentKind) throws {
        let shop = try Shop(kind)
        try Generator(GeneratorOptions(orders: 150, seed: 2)).forEachBatch { name, documents in
            try shop.store.database.collection(name).insert(documents).orThrow()
        }
        let report = try QualityReport(in: shop.store.database, catalog: shop.catalog, now: GeneratorOptions.defaultEnd)
        // The generator books no designer twice on purpose; where chance does, it is told.
        #expect(report.problems.filter { $0.severity == .error }.isEmpty)
        #expect(report.problems.allSatisfy { $0.severity == .info || $0.check == "duplicate" })
        #expect(report.documents.contains { $0 == ("orders", try! shop.store.database.collection("orders").count()) })
    }

    @Test(arguments: DeploymentKind.allCases)
    func faultsOfOrdersAreFound(kind: DeploymentKind) throws {
        let shop = try Shop(kind)
        try shop.insert("products", [#"{"_id":"p1","kind":"product","name":"Apron","active":true}"#])
        try shop.insert("customers", [#"{"_id":"c1"}"#])
        func date(_ text: String) -> String { #"{"$date":"\#(text)T00:00:00Z"}"# }
        let lost = [line(1, "1", product: "gone"), line(1, "2", product: "gone"), line(0, "0")].joined(separator: ",")
        try shop.insert(
            "orders",
            [
                order("good", #""customerId":"c1""#),
                order("lostCustomer", #""customerId":"nobody","campaignId":"none""#),
                order("lostProducts", items: "[\(lost)]"),
                order("negative", items: "[\(line(-1, "-3"))]"),
                order("back", kind: "return", items: "[\(line(2, "1.50"))]"),
                order("debt", kind: "adjustment", items: "[\(line(-1, "-3"))]"),
                order("wrongTotal", items: "[\(line(2, "1.51"))]"),
                order(
                    "late",
                    #""approvedAt":\#(date("2021-01-01")),"delivery":{"method":"ship","estimatedAt":\#(date("2022-01-01"))}"#
                ),
                order(
                    "backwards",
                    #""delivery":{"method":"ship","shippedAt":\#(date("2020-03-03")),"deliveredAt":\#(date("2020-03-02"))}"#
                ),
                order("twin", #""customerId":"c1""#),
                order("paid", #""payments":[{"sequence":1,"type":"card","amount":{"$numberDecimal":"2.00"}}]"#),
            ])
        #expect(
            found(try shop.report(["orders"])) == [
                "orders deliveredBeforeShipped delivery.deliveredAt 1/11: backwards",
                "orders future approvedAt 1/1: late",
                "orders negativePrice items[].unitPrice 1/13: negative",
                "orders orphan campaignId 1/1: lostCustomer",
                "orders orphan customerId 1/3: lostCustomer",
                "orders orphan items[].productId 2/13: lostProducts",
                "orders totalDiffers total 1/11: wrongTotal",
                "orders duplicate customerId, orderedAt, total 1/3: good twin",
                "orders returnQuantity items[].quantity 1/13: back",
                "orders saleQuantity items[].quantity 2/13: lostProducts negative",
                "orders zeroPrice items[].unitPrice 1/13: lostProducts",
            ])
        let infos = found(try shop.report(["orders"]), [.info])
        #expect(infos.contains("orders paymentsDiffer payments 1/11: paid"))
        #expect(infos.contains("orders missing delivery.postalCode 2/2: backwards late"))
        #expect(infos.contains("orders missing customerId 8/11: back wrongTotal"))
    }

    @Test(arguments: DeploymentKind.allCases)
    func documentsThatTheValidatorRefusesAreExplained(kind: DeploymentKind) throws {
        let shop = try Shop(kind)
        try shop.insert("orders", [order("o1")])
        func review(_ id: String, _ score: String, _ more: String = "") -> String {
            #"{"_id":"\#(id)","orderId":"o1","score":\#(score),"createdAt":{"$date":"2020-02-0\#(id.last!)T00:00:00Z"}\#(more)}"#
        }
        try shop.insert(
            "reviews",
            [
                review("r1", "5"), review("r2", "0"), review("r3", "6"), review("r4", "7"), review("r5", #""five""#),
                #"{"_id":"r6","orderId":"o1","score":4}"#, review("r7", "null"), review("r8", "3", #","comment":17"#),
            ])
        #expect(
            found(try shop.report(["reviews"])) == [
                "reviews invalid - 7/8: r2 r8",
                "reviews maximum score 2/8: r3 r4",
                "reviews minimum score 1/8: r2",
                "reviews missing createdAt 1/8: r6",
                "reviews null score 1/8: r7",
                "reviews type comment 1/8: r8",
                "reviews type score 1/8: r5",
            ])
        try shop.insert("orders", [order("o2", kind: "gift")])
        let orders = found(try shop.report(["orders"]))
        #expect(orders.contains("orders value kind 1/2: o2") && orders.contains("orders invalid - 1/2: o2"))
    }

    @Test(arguments: DeploymentKind.allCases)
    func almostEqualTextsAreTheSameKey(kind: DeploymentKind) throws {
        let shop = try Shop(kind)
        try shop.insert(
            "customers",
            [
                #"{"_id":"a","email":"ann@example.org"}"#, #"{"_id":"b","email":" Ann@Example.org"}"#,
                #"{"_id":"c","email":"bob@example.org"}"#, #"{"_id":"d"}"#, #"{"_id":"e"}"#,
                #"{"_id":"f","email":null}"#,
            ])
        let report = try shop.report(["customers"])
        #expect(found(report, [.warning]) == ["customers duplicate email 1/3: a b"])
        // A message names no one: neither addresses nor names are in the report.
        #expect(!report.findings.contains { $0.document.extendedJSON().contains("example.org") })
    }

    @Test(arguments: DeploymentKind.allCases)
    func rejectedRowsAreCountedByReasonAndFile(kind: DeploymentKind) throws {
        let shop = try Shop(kind)
        func reject(_ id: String, _ reason: String, _ file: String) -> String {
            #"{"_id":"\#(id)","load":"l","source":"raw_online_retail","file":"\#(file)","line":1,"reason":"\#(reason)"}"#
        }
        try shop.insert(
            "rejects",
            [
                reject("1", "badQuantity", "a.csv"), reject("2", "badQuantity", "a.csv"),
                reject("3", "badQuantity", "b.csv"), reject("4", "badDate", "a.csv"),
            ])
        let hash = String(repeating: "0", count: 64)
        try shop.insert(
            "loads",
            [
                #"{"_id":"l","kind":"k","status":"done","startedAt":{"$date":"2020-01-01T00:00:00Z"},"files":[{"name":"a.csv","sha256":"\#(hash)","bytes":1,"rows":50}]}"#
            ])
        #expect(
            found(try shop.report(["rejects"])) == [
                "raw_online_retail rejected badDate 1/50: 4", "raw_online_retail rejected badQuantity 2/50: 1 2",
                "raw_online_retail rejected badQuantity 1/1: 3",
            ])
        #expect(found(try shop.report(["orders"])).isEmpty)
    }

    @Test func aCollectionThatIsNotThereIsAnError() throws {
        let shop = try Shop(.engine)
        let error = try #require(throws: AtelierError.self) { try shop.report(["oders"]) }
        #expect(error.code == .namespaceNotFound && error.advice == "Did you mean orders?")
    }

    @Test(arguments: [
        (
            #"{"rules":[{"check":"x","field":"a","severity":"bad","fails":{},"says":"s"}]}"#,
            "quality.rules[0].severity is bad"
        ),
        (
            #"{"rules":[{"check":"x","field":"a","each":"items","severity":"info","fails":{},"says":"s"}]}"#,
            "quality.rules[0].field is a"
        ),
        (#"{"keys":[{"fields":[],"severity":"info","says":"s"}]}"#, "quality.keys[0].fields is not an array"),
        (#"{"checks":[]}"#, "quality.checks is not known"),
    ])
    func aRuleThatCannotBeIsRefused(quality: String, message: String) throws {
        let text = #"{"name":"c","purpose":"p","validator":{"$jsonSchema":{}},"indexes":[],"quality":\#(quality)}"#
        let error = try #require(throws: AtelierError.self) {
            try CollectionDefinition(Document(json: text), file: "c.json")
        }
        #expect(error.message.hasPrefix(message), "\(error.message)")
    }
}
