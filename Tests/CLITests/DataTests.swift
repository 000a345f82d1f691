import BSON
import DocumentStore
import Testing

/// Commands on a small store.
@Suite struct DataTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let store = try Store(folder.path + "/atelier.store", options: StoreOptions(relaxedDurability: true))
        defer { store.close() }
        let documents = [
            #"{"_id":"a","name":"Épée, \"courte\"","price":{"$numberDecimal":"12.50"},"tags":["x","y"],"n":3}"#,
            #"{"_id":"b","name":"刺繍","price":{"$numberDecimal":"7"},"made":{"$date":"2020-01-02T03:04:05Z"},"n":1.5}"#,
            #"{"_id":"c","name":null,"price":{"$numberDecimal":"1000.125"},"n":10}"#,
        ]
        let products = store.database.collection("products")
        try products.insert(documents.map { try Document(json: $0) }).orThrow()
        try products.createIndexes([["key": ["name": 1], "name": "name_1"]])
    }

    private func atelier(_ arguments: String..., input: String = "") throws -> Atelier.Outcome {
        try Atelier.run(arguments, in: folder, input: input)
    }

    @Test func explainFindsMisspeltNames() throws {
        let outcome = try atelier("explain", "prodcts")
        #expect(outcome.status == 2)
        #expect(
            outcome.errors
                == "atelier explain: there is no aggregation or collection prodcts\n  Did you mean products?\n")
    }

    // MARK: find

    @Test func findPrintsATable() throws {
        let outcome = try atelier("find", "products", "--sort", #"{"_id": 1}"#)
        #expect(
            outcome.output == """
                _id  name               price  tags          n  made
                ───  ──────────────  ────────  ─────────  ────  ────────────────────
                a    Épée, "courte"    12.50   ["x","y"]   3
                b    刺繍               7                  1.5  2020-01-02T03:04:05Z
                c                    1000.125             10

                3 rows

                """)
        #expect(outcome.status == 0)
    }

    @Test func findPrintsEveryFormat() throws {
        #expect(
            try atelier("find", "products", "--sort", #"{"_id": 1}"#, "--format", "csv").output
                == "_id,name,price,tags,n,made\r\n"
                + "a,\"Épée, \"\"courte\"\"\",12.50,\"[\"\"x\"\",\"\"y\"\"]\",3,\r\n"
                + "b,刺繍,7,,1.5,2020-01-02T03:04:05Z\r\nc,,1000.125,,10,\r\n")
        #expect(
            try atelier(
                "find", "products", "--filter", #"{"n": {"$gt": 2}}"#, "--sort", #"{"n": 1}"#, "--format", "ndjson"
            ).output
                == #"{"_id":"a","name":"Épée, \"courte\"","price":{"$numberDecimal":"12.50"},"tags":["x","y"],"n":3}"#
                + "\n"
                + #"{"_id":"c","name":null,"price":{"$numberDecimal":"1000.125"},"n":10}"# + "\n")
        #expect(
            try atelier(
                "find", "products", "--projection", #"{"n": 1}"#, "--limit", "1", "--skip", "1", "--format", "json"
            ).output
                == "[\n{\"_id\":\"b\",\"n\":1.5}\n]\n")
        #expect(
            try atelier(
                "find", "products", "--projection", #"{"n": 1}"#, "--sort", #"{"n": -1}"#, "--format", "markdown"
            ).output
                == "| \\_id | n |\n| --- | ---: |\n| c | 10 |\n| a | 3 |\n| b | 1.5 |\n")
    }

    @Test func noDocumentsIsAnAnswerButNoCollectionIsAMistake() throws {
        let none = try atelier("find", "products", "--filter", #"{"n": 99}"#, "--format", "json")
        #expect(none.output == "[]\n" && none.status == 0)
        let misspelt = try atelier("find", "product")
        #expect(misspelt.status == 2 && misspelt.output == "")
        #expect(misspelt.errors == "atelier find: there is no collection product\n  Did you mean products?\n")
    }

    @Test func tablesSayWhenRowsAreLeftOut() throws {
        let store = try Store(folder.path + "/many.store", options: StoreOptions(relaxedDurability: true))
        try store.database.collection("n").insert((0..<150).map { ["_id": .integer($0)] }).orThrow()
        store.close()
        let cut = try atelier("find", "n", "--store", "many.store")
        #expect(
            cut.output.hasSuffix(
                "\n 99\n\nThe first 100 rows; --limit N shows more, --format csv or json prints all\n"))
        let pipeline = "[]"
        try folder.write("wide.ndjson", (0..<1200).map { "{\"_id\": \"\($0)\"}\n" }.joined())
        _ = try atelier("import", "ndjson", "wide.ndjson", "--collection", "w", "--store", "many.store", "--quiet")
        let counted = try atelier("aggregate", "w", pipeline, "--store", "many.store")
        #expect(
            counted.output.hasSuffix(
                "\n\n1,200 rows, of which the first 1,000 are shown; --format csv or json prints all\n"))
        let all = try atelier("find", "n", "--store", "many.store", "--limit", "150", "--quiet")
        #expect(all.output.hasSuffix("\n149\n"))
        #expect(
            try atelier("find", "n", "--store", "many.store", "--format", "ndjson").output.split(separator: "\n").count
                == 150)
    }

    @Test func theServersErrorsAreFailures() throws {
        let outcome = try atelier("find", "products", "--filter", #"{"n": {"$greater": 1}}"#)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("$greater"))
        #expect(outcome.output == "")
    }

    // MARK: aggregate, explain, export, stats

    @Test func pipelinesComeFromArgumentsFilesAndStandardInput() throws {
        let pipeline = #"[{"$group": {"_id": null, "total": {"$sum": "$price"}}}, {"$project": {"_id": 0}}]"#
        let answer = #"{"total":{"$numberDecimal":"1019.625"}}"# + "\n"
        try folder.write("pipeline.json", pipeline)
        #expect(try atelier("aggregate", "products", pipeline, "--format", "ndjson").output == answer)
        #expect(try atelier("aggregate", "products", "@pipeline.json", "--format", "ndjson").output == answer)
        #expect(try atelier("aggregate", "products", "@-", "--format", "ndjson", input: pipeline).output == answer)
    }

    @Test func explainNamesTheIndex() throws {
        let find = try atelier("explain", "products", "--filter", #"{"name": "x"}"#)
        let reply = try Document(json: find.output)
        #expect(reply["queryPlanner"]?.documentValue?["winningPlan"] != nil)
        #expect(find.output.contains(#""indexName": "name_1""#))
        let run = try atelier("explain", "top-customers", "--param", "limit=3")
        #expect(run.status == 0, "\(run.errors)")
        let mixed = try atelier("explain", "top-customers", "--filter", "{}")
        #expect(mixed.status == 2)
    }

    @Test func anExportIsWhatWasThere() throws {
        let relaxed = try atelier("export", "products", "--sort", #"{"_id": 1}"#)
        #expect(
            relaxed.output.split(separator: "\n").last
                == #"{"_id":"c","name":null,"price":{"$numberDecimal":"1000.125"},"n":10}"#)
        let canonical = try atelier("export", "products", "--canonical", "--filter", #"{"_id": "b"}"#)
        #expect(
            canonical.output
                == #"{"_id":"b","name":"刺繍","price":{"$numberDecimal":"7"},"made":{"$date":{"$numberLong":"1577934245000"}},"n":{"$numberDouble":"1.5"}}"#
                + "\n")
        let file = try atelier("export", "products", "--out", "products.csv", "--quiet")
        #expect(file.output == "" && file.errors == "")
        #expect(try Atelier.contents(folder.path + "/products.csv").hasPrefix("_id,name,price,tags,n,made\r\n"))
        let said = try atelier("export", "products", "--out", "products.ndjson")
        #expect(said.errors.hasPrefix("Wrote 3 documents in "))
    }

    @Test func statsCountDocumentsAndIndexes() throws {
        let lines = try atelier("stats", "--format", "csv").output.split(separator: "\r\n")
        #expect(lines[0] == "collection,documents,size,storage,indexes,indexSize")
        let fields = lines[1].split(separator: ",")
        #expect(fields[0] == "products" && fields[1] == "3" && fields[4] == "2")
        #expect((Int(fields[2]) ?? 0) > 150)
    }

    // MARK: init and import

    @Test func initTwiceChangesNothingTheSecondTime() throws {
        let first = try atelier("init", "--store", "new.store")
        #expect(first.output.hasPrefix("Collections created: "), "\(first.errors)")
        let second = try atelier("init", "--store", "new.store")
        #expect(second.output.hasPrefix("Nothing to do: "))
    }

    @Test func importingSaysWhatBecameOfEveryRow() throws {
        try folder.write(
            "sales.csv",
            """
            Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country
            1,10001,APRON,2,2020-01-01 10:00:00,9.99,7,France
            1,POST,POSTAGE,1,2020-01-01 10:00:00,3.00,7,France
            C2,10001,APRON,-1,2020-01-05 10:00:00,9.99,7,France
            3,10001,APRON,many,2020-01-06 10:00:00,9.99,7,France

            """)
        let outcome = try atelier("import", "online-retail", "sales.csv", "--store", "sales.store", "--format", "csv")
        #expect(outcome.status == 0)
        #expect(outcome.errors.hasPrefix("Loaded 4 rows in "))
        let lines = outcome.output.split(separator: "\r\n")
        #expect(lines.first == "collection,inserted,modified,unchanged")
        #expect(
            lines.contains("raw_online_retail,4,0,0") && lines.contains("rejects,1,0,0")
                && lines.contains("orders,2,0,0"))

        let again = try atelier("import", "online-retail", "sales.csv", "--store", "sales.store")
        #expect(again.output.hasPrefix("Loaded before, nothing to do: load "))
        #expect(again.output.contains("Rejected: 1 rows (badQuantity 1); see the collection rejects\n"))
        let revenue = try atelier("run", "average-order-value", "--store", "sales.store", "--format", "csv")
        #expect(revenue.output == "orders,revenue,averageOrderValue,linesPerOrder\r\n1,22.98,22.98,2\r\n")
        let table = try atelier("run", "net-revenue-by-month", "--store", "sales.store", "--param", "productsOnly=true")
        #expect(
            table.output == """
                Net revenue by month

                Month    Gross  Returns   Net
                ───────  ─────  ───────  ────
                2020-01  19.98    -9.99  9.99

                1 row

                """)
    }

    @Test func generatedShopsAreTheSameForTheSameOptions() throws {
        func shop(_ store: String, seed: String) throws -> String {
            let outcome = try atelier("generate", "--orders", "50", "--seed", seed, "--store", store, "--format", "csv")
            #expect(outcome.output.hasPrefix("collection,documents\r\n"), "\(outcome.errors)")
            return try atelier("export", "orders", "--store", store, "--canonical").output
        }
        let first = try shop("first.store", seed: "1")
        #expect(first.split(separator: "\n").count >= 50)
        #expect(try shop("second.store", seed: "1") == first)
        #expect(try shop("third.store", seed: "2") != first)
        let again = try atelier("generate", "--store", "first.store")
        #expect(again.status == 1)
        #expect(again.errors.contains("orders already"))
    }

    @Test func whatCannotBeImportedIsRefused() throws {
        let kind = try atelier("import", "online-retial", "sales.csv")
        #expect(kind.status == 2 && kind.errors.contains("Did you mean online-retail?"))
        let missing = try atelier("import", "online-retail", "none.csv")
        #expect(missing.status == 1)
        #expect(missing.errors == "atelier import: none.csv: cannot read: No such file or directory\n")
        try folder.write("other.csv", "a,b\n1,2\n")
        let other = try atelier("import", "online-retail", "other.csv")
        #expect(other.status == 1)
        #expect(other.errors.contains("other.csv"))
    }

    @Test func aFileThatIsNoStoreIsLeftAlone() throws {
        try folder.write("text", "hello")
        let outcome = try atelier("stats", "--store", "text")
        #expect(outcome.status == 3)
        #expect(try Atelier.contents(folder.path + "/text") == "hello")
        #expect(try atelier("init", "--store", "no/such/folder/s.store").status == 3)
    }
}
