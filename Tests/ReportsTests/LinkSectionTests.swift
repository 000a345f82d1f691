import Analytics
import BSON
import DocumentStore
import Glibc
import Testing

@testable import Reports

/// What a report says of the graph and recommends, over a small shop made here.
@Suite struct LinkSectionTests {
    private let store: Store
    private let path: String

    init() throws {
        path = "/tmp/atelier-links-\(getpid())-\(UInt64.random(in: 0 ... .max)).store"
        store = try Store(path, options: StoreOptions(relaxedDurability: true))
    }

    private func finish() {
        store.close()
        for file in [path, path + "-lock"] { unlink(file) }
    }

    private func insert(_ collection: String, _ documents: [String]) throws {
        try store.database.collection(collection).insert(documents.map { try Document(json: $0) }).orThrow()
    }

    private func order(_ id: Int, _ customer: String, _ products: [String]) -> String {
        let lines = products.map { #"{"productId": "\#($0)", "quantity": 1, "unitPrice": {"$numberDecimal": "5"}}"# }
        return """
            {"_id": "\(id)", "customerId": "\(customer)", "kind": "sale", "status": "completed",
             "orderedAt": {"$date": "2011-01-\(id < 10 ? "0" : "")\(id)T10:00:00Z"}, "items": [\(lines.joined(separator: ","))]}
            """
    }

    /// a has three orders, b and c two, d one; e declines analysis, f has none. Hats sell best.
    private func fill() throws {
        try insert(
            "customers",
            ["a", "b", "c", "d", "f"].map { #"{"_id": "\#($0)", "name": "Secret \#($0)"}"# }
                + [#"{"_id": "e", "consent": {"analytics": false}}"#])
        try insert(
            "products",
            [
                #"{"_id": "hat", "name": "Hat <b>", "designerId": "x"}"#, #"{"_id": "tie", "name": "Tie"}"#,
                #"{"_id": "bag", "name": "Bag"}"#, #"{"_id": "cap", "name": "Cap"}"#,
            ])
        try insert("designers", [#"{"_id": "x", "name": "Xenia", "expertise": ["hats"]}"#])
        try insert(
            "designSessions",
            [#"{"_id": "1", "customerId": "b", "designerId": "x", "status": "completed", "feedback": {"score": 5}}"#])
        try insert(
            "orders",
            [
                order(1, "a", ["hat", "tie"]), order(2, "a", ["hat"]), order(3, "a", ["bag"]),
                order(4, "b", ["hat", "tie"]),
                order(5, "b", ["tie"]), order(6, "c", ["hat"]), order(7, "c", ["bag"]), order(8, "d", ["hat"]),
                order(9, "e", ["bag", "tie"]),
            ])
    }

    private func sections(topic: String? = nil) throws -> [LinkSection] {
        try report(topic: topic).links
    }

    private func report(topic: String? = nil) throws -> Report {
        let options = ReportOptions(title: "T", topic: topic, computedAt: 1_302_000_000_000)
        return try ReportBuilder(database: store.database, options: options).build([])
    }

    private func exhibit(_ id: String, in sections: [LinkSection]) throws -> Exhibit {
        try #require(sections.flatMap(\.exhibits).first { $0.id == id })
    }

    @Test func theReportSaysThatGuestsBasketsAreBaskets() throws {
        defer { finish() }
        try fill()
        let size = try #require(try sections(topic: "graph")[0].exhibits.first)
        let definitions = size.definitions.joined(separator: " ")
        #expect(definitions.contains("for boughtTogether guests’ sales count too"), "\(definitions)")
        #expect(!definitions.contains("not canceled and have a customer"))
    }

    @Test func theShapeIsCounted() throws {
        defer { finish() }
        try fill()
        let sections = try sections(topic: "graph")
        #expect(sections.map(\.topic) == ["graph"])
        #expect(sections[0].lead.hasSuffix("The latest link is of 2011-01-09 10:00 UTC."))
        let size = try exhibit("graph-size", in: sections)
        // 10 bought, 1 met, 1 designed, hat and tie in two sales.
        #expect(size.numbers.map(\.text) == ["11", "13"])
        #expect(size.tables[0].rows.map { $0["alone"]?.integerValue } == [1, 1, 0])
        let counts = size.tables[1].rows.map { ($0["edges"]?.stringValue ?? "", $0["count"]?.integerValue ?? -1) }
        #expect(counts.map(\.0) == ["bought", "viewed", "reviewed", "met", "designed", "boughtTogether"])
        #expect(counts.map(\.1) == [10, 0, 0, 1, 1, 1])
        // Links without boughtTogether: a 3, b 3, c 2, d 1, e 2, f 0; hat 5, tie 3, bag 3, cap 0; x 2.
        let degrees = try exhibit("graph-degrees", in: sections).tables[0].rows
        #expect(degrees.map { $0["links"]?.stringValue } == ["0", "1", "2–3", "4–7"])
        #expect(degrees.map { $0["customer"]?.integerValue } == [1, 1, 4, 0])
        #expect(degrees.map { $0["product"]?.integerValue } == [1, 0, 2, 1])
        #expect(degrees.map { $0["designer"]?.integerValue } == [0, 0, 1, 0])
        let hubs = try exhibit("graph-hubs", in: sections)
        #expect(hubs.text.hasPrefix("The product Hat <b> (hat) has the most links, 5: as many as 50.0 %"))
        let components = try exhibit("graph-components", in: sections)
        #expect(components.numbers.map(\.text) == ["1", "2"])
        #expect(components.tables[0].rows.map { $0["size"]?.integerValue } == [9])
        #expect(try exhibit("graph-communities", in: sections).tables[0].rows.isEmpty == false)
    }

    @Test func examplesAreChosenByTheOrdersAndKeepToConsent() throws {
        defer { finish() }
        try fill()
        let sections = try sections(topic: "recommendations")
        #expect(sections.map(\.topic) == ["recommendations"])
        #expect(
            sections[0].lead.contains("8 orders of 4 customers who agree to be analysed, up to 2011-01-08 10:00 UTC"))
        let exhibits = sections[0].exhibits
        #expect(
            exhibits.map(\.title) == [
                "What customer a would buy next", "What customer c would buy next", "What customer f would buy first",
                "Which designers suit customer b", "What is similar to Hat <b> (hat)",
            ])
        #expect(exhibits[0].text == "The customer with the most orders: 3 orders.")
        #expect(exhibits[1].text == "A typical customer: 2 orders, like the customer in the middle.")
        #expect(exhibits[2].notes.first == "Fallback: f has not bought anything yet. By popularity.")
        #expect(exhibits[2].list.first == "Hat <b> (hat): bought by 4 customers who agree to analysis.")
        #expect(exhibits[3].list.first?.hasPrefix("Xenia (x): a session together (") == true)
        #expect(exhibits[4].list.allSatisfy { $0.contains("customers buy it who buy Hat <b>") })
        let everything = exhibits.flatMap { [$0.title, $0.text] + $0.list + $0.notes }.joined()
        #expect(!everything.contains("Secret"), "customers go by their ids")
    }

    @Test func theNeighbourhoodIsDrawnOrSaidToBeMissing() throws {
        defer { finish() }
        try fill()
        let exhibit = try exhibit("graph-neighborhood", in: sections())
        let drawing = try #require(exhibit.drawing)
        // c bought hat and bag; x designed the hat, and the tie goes with it.
        #expect(exhibit.tables[0].rows.count == 4)
        #expect(drawing.summary == "Drawing of 5 nodes and 4 edges around customer c. The table holds the edges.")
        if let svg = drawing.svg {
            #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>"))
            #expect(svg.contains("Hat &lt;b&gt;") && !svg.contains("<title") && !svg.contains("<!--"))
        } else {
            #expect(exhibit.notes[0].hasPrefix("There is no drawing: "))
        }
        let page = ReportPage(try report(), chartLibrary: "").html
        #expect(page == ReportPage(try report(), chartLibrary: "").html)
        #expect(!page.contains("<b>") && !page.contains("Secret"))
    }

    @Test func withoutDataItSaysSo() throws {
        defer { finish() }
        #expect(
            try sections().map(\.lead) == [
                "The store holds no customers, products or designers to link.",
                "The store holds no sale with a known customer: there is nothing to learn recommendations from.",
            ])
        try insert("products", [#"{"_id": "hat"}"#])
        let sections = try sections()
        #expect(sections[0].lead == "Nothing links the customers, products and designers of the store yet.")
        #expect(sections[0].exhibits.map(\.id) == ["graph-size"])
        #expect(sections[1].exhibits.isEmpty)
        try insert("orders", [order(1, "a", ["hat"])])
        // Of one customer with one order there is a page all the same.
        #expect(
            try self.sections()[1].exhibits.map(\.id) == [
                "recommended-busiest", "recommended-newcomer", "recommended-similar",
            ])
        #expect(try self.sections(topic: "sales").isEmpty)
    }

    @Test func aDrawingIsShapesAndTextsOnly() {
        let file = """
            <?xml version="1.0"?><!DOCTYPE svg><!-- made --><svg width="9pt" viewBox="0 0 9 9" xmlns:xlink="x">
            <g id="n" class="node customer"><title>n1</title><text x="1">a &lt;b&gt;</text><path d="M0"/></g></svg>
            """
        #expect(
            InlineSVG.element(of: file) == """
                <svg width="9pt" viewBox="0 0 9 9">
                <g id="n" class="node customer"><text x="1">a &lt;b&gt;</text><path d="M0"/></g></svg>
                """)
        for bad in [
            "<svg><script>1</script></svg>", #"<svg onload="x()"></svg>"#, #"<svg><a href="y"></a></svg>"#,
            "<svg><g></svg>",
            "<svg>", "none", #"<svg><g style="x"></g></svg>"#,
        ] {
            #expect(InlineSVG.element(of: bad) == nil, "\(bad)")
        }
    }
}
