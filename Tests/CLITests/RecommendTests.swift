import Testing

/// `atelier recommend` and `atelier evaluate`, on a generated shop.
@Suite struct RecommendTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func aShopIsAnsweredInSentencesTablesAndRows() throws {
        #expect(try Atelier.run(["generate", "--orders", "400", "--seed", "1", "--quiet"], in: folder).status == 0)
        let sentences = try Atelier.run(
            ["recommend", "products", "--basket", "P00001", "--method", "bm25", "--top", "2", "--explain"], in: folder)
        #expect(sentences.output.hasPrefix("Products to go with P00001\n\n1. "), "\(sentences.errors)")
        #expect(sentences.output.contains(" EUR: it goes with ") && !sentences.output.contains("%"), "the only reason")
        #expect(sentences.output.contains("\nBy neighbours by BM25, from orders up to 2"))
        let table = try Atelier.run(["recommend", "designers", "--brief", "romantic dress", "--top", "2"], in: folder)
        #expect(table.output.hasPrefix("Designers for “romantic dress”\n\nRank  Designer  Name"), "\(table.errors)")
        let rows = try Atelier.run(
            ["recommend", "products", "--like", "P00001", "--format", "ndjson", "--explain", "--quiet"], in: folder)
        #expect(
            rows.output.hasPrefix(#"{"rank":1,"productId":"P"#)
                && rows.output.contains(#""reasons":[{"kind":"similar","#))
        #expect(rows.errors.isEmpty && rows.output.split(separator: "\n").count == 10)
        let quality = try Atelier.run(
            [
                "evaluate", "recommendations", "--method", "popularity", "--method", "bm25", "--standard-settings",
                "--format",
                "json",
            ], in: folder)
        #expect(
            quality.output.hasPrefix("[\n{\"method\":\"popularity\",\"setting\":\"all\",\"users\":"),
            "\(quality.errors)")
        #expect(quality.output.split(separator: "\n").count == 6)
        let designers = try Atelier.run(["evaluate", "designers", "--format", "ndjson", "--quiet"], in: folder)
        #expect(designers.output.hasPrefix(#"{"method":"blend","setting":"all","users":"#), "\(designers.errors)")
        #expect(try Atelier.run(["evaluate", "designers", "--method", "walk"], in: folder).status == 2)
        // What is wrong with a filter has the status and the name that it has in `find`.
        let filter = ["--filter", #"{"name":{"$gtt":1}}"#]
        let wrong = try Atelier.run(["recommend", "products", "--like", "P00001"] + filter, in: folder)
        let found = try Atelier.run(["find", "products"] + filter, in: folder)
        #expect(wrong.status == 1 && found.status == 1)
        #expect(wrong.errors == found.errors.replacing("atelier find", with: "atelier recommend"), "\(wrong.errors)")
        #expect(wrong.errors.contains("filter.name.$gtt: unknown operator"))
        for brief in ["", "? a"] {
            let nothing = try Atelier.run(["recommend", "designers", "--brief", brief], in: folder)
            #expect(nothing.status == 2 && nothing.errors.contains("--brief: it has no word of three letters"))
        }
        // Rows for programs say what they rest on.
        let plain = try Atelier.run(
            ["recommend", "products", "--basket", "P00001", "--method", "repeat", "--format", "json", "--quiet"],
            in: folder)
        #expect(
            plain.output.contains(
                #""source":"popularity","fallback":"the method repeat says nothing of these products""#),
            "\(plain.output)")
        let comma = try Atelier.run(
            ["recommend", "products", "--basket", "P00001", "--method", "repeat", "--format", "csv", "--quiet"],
            in: folder)
        #expect(comma.output.contains(",source,fallback\r\n"))
        #expect(
            try Atelier.run(["recommend", "products", "--basket", "P00001", "--keep"], in: folder).errors.contains(
                "--keep is for --tune"))
        #expect(
            try Atelier.run(["recommend", "customers", "--like", "C0000000"], in: folder).errors.contains(
                "there is no customer C0000000\n  Did you mean C000"))
    }

    @Test func aStoreWithoutOrdersIsExplained() throws {
        #expect(try Atelier.run(["init", "--quiet"], in: folder).status == 0)
        let outcome = try Atelier.run(["evaluate", "recommendations"], in: folder)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("the store holds no sale orders of known customers"), "\(outcome.errors)")
    }

    @Test(arguments: [
        (["recommend", "product", "--like", "x"], 2, "WHAT: nothing is known about product"),
        (["recommend", "products"], 2, "it is not said for whom or what"),
        (["recommend", "products", "--customer", "a", "--like", "b"], 2, "--customer and --like are two questions"),
        (["recommend", "products", "--brief", "a"], 2, "--brief is not for products"),
        (["recommend", "products", "--like", "b", "--new"], 2, "--new is for --customer"),
        (["recommend", "products", "--like", "b", "--method", "magic"], 2, "--method: there is no method magic"),
        (["recommend", "products", "--like", "b", "--max-price", "cheap"], 2, "--max-price: expected a price"),
        (["recommend", "products", "--like", "b", "--diversity", "2"], 2, "--diversity: expected a number"),
        (["recommend", "designers"], 2, "it is not said for whom or what"),
        (["recommend", "customers"], 2, "it is not said like whom"),
        (["evaluate", "forecasts"], 2, "WHAT: nothing is known about forecasts"),
        (["recommend", "products", "--like", "b"], 3, "there is no store"),
    ])
    func mistakes(_ arguments: [String], _ status: Int32, _ message: String) throws {
        let outcome = try Atelier.run(arguments, in: folder)
        #expect(outcome.status == status && outcome.output.isEmpty)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
}
