import BSON
import Glibc
import Testing

/// `atelier basket`: what it prints, and what it refuses.
@Suite struct BasketTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(
            "shop.txt",
            """
            bread, milk
            bread, milk, jam

            milk
            jam, bread, jam

            """)
    }

    private func basket(_ arguments: String...) throws -> Atelier.Outcome {
        try Atelier.run(["basket"] + arguments, in: folder)
    }

    @Test func rulesAreATable() throws {
        let outcome = try basket("--baskets", "shop.txt", "--min-support", "0.5", "--min-confidence", "0.9")
        #expect(outcome.status == 0 && outcome.errors == "")
        #expect(
            outcome.output == """
                Rules of 4 baskets with 3 items: in at least 2, confidence at least 0.9

                Who buys  also buys  Baskets  Support  Confidence    Lift  Leverage  Conviction  Zhang  Jaccard  Cosine
                ────────  ─────────  ───────  ───────  ──────────  ──────  ────────  ──────────  ─────  ───────  ──────
                jam       bread            2      0.5      100.0%  1.3333     0.125         inf    0.5   0.6667  0.8165

                1 row
                1 basket was empty and does not count

                """)
    }

    @Test func rulesAndSetsAreJSON() throws {
        let rules = try basket(
            "--baskets", "shop.txt", "--min-support", "50%", "--min-confidence", "0.9", "--format", "ndjson", "--quiet")
        #expect(
            rules.output
                == #"{"antecedent":["jam"],"consequent":["bread"],"count":2,"support":0.5,"confidence":1.0,"#
                + #""lift":1.3333333333333333,"leverage":0.125,"conviction":{"$numberDouble":"Infinity"},"#
                + #""zhang":0.5,"jaccard":0.6666666666666666,"cosine":0.8164965809277261}"# + "\n")
        #expect(rules.errors == "")
        let sets = try basket("--baskets", "shop.txt", "--sets", "--closed", "--min-count", "2", "--format", "json")
        #expect(
            sets.output == """
                [
                {"items":["bread"],"count":3,"support":0.75},
                {"items":["milk"],"count":3,"support":0.75},
                {"items":["bread","jam"],"count":2,"support":0.5},
                {"items":["bread","milk"],"count":2,"support":0.5}
                ]

                """)
        #expect(sets.errors == "1 basket was empty and does not count\n")
    }

    @Test func choicesAreHonoured() throws {
        func count(_ arguments: String...) throws -> Int {
            let outcome = try Atelier.run(
                ["basket", "--baskets", "shop.txt", "--format", "ndjson", "--quiet", "--min-count", "1"] + arguments,
                in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return outcome.output.split(separator: "\n").count
        }
        #expect(try count("--sets") == 7)
        #expect(try count("--sets", "--maximal") == 1)
        #expect(try count("--sets", "--max-items", "1") == 3)
        #expect(try count("--sets", "--item", "jam", "--item", "milk") == 2)
        #expect(try count("--sets", "--limit", "2") == 2)
        #expect(try count("--sets", "--max-basket-size", "2") == 5)
        #expect(try count("--min-confidence", "0") == 9)
        #expect(try count("--min-confidence", "0", "--any-consequent") == 12)
        #expect(try count("--min-confidence", "0", "--consequent", "jam") == 3)
        #expect(try count("--min-confidence", "0", "--min-lift", "1") == 4)
    }

    @Test func basketsOfAStoreAreThoseOfItsSales() throws {
        #expect(try Atelier.run(["generate", "--orders", "300", "--store", "s.store"], in: folder).status == 0)
        let sales = try basket(
            "--store", "s.store", "--sets", "--min-count", "1", "--max-items", "1", "--format", "ndjson")
        let same = try basket(
            "--store", "s.store", "--sets", "--min-count", "1", "--max-items", "1", "--format", "ndjson", "--pipeline",
            #"[{"$match": {"kind": "sale"}}, {"$unwind": "$items"}, {"$group": {"_id": "$_id", "items": {"$addToSet": "$items.productId"}}}]"#
        )
        #expect(sales.status == 0 && sales.output == same.output)
        #expect(sales.output.split(separator: "\n").count > 10)
        let filtered = try basket("--store", "s.store", "--filter", #"{"country": "Nowhere"}"#, "--sets")
        #expect(filtered.output.hasSuffix("There is no basket with an item in it\n"))
    }

    @Test(arguments: [
        (["--min-support", "0"], "--min-support: expected more than 0"),
        (["--min-support", "1.5"], "--min-support: expected a part from 0 to 1, found \"1.5\""),
        (["--min-support", "few"], "--min-support: expected a decimal number such as 0.01 or 1%, found \"few\""),
        (["--min-confidence", "2"], "--min-confidence: expected a part from 0 to 1, found \"2\""),
        (["--min-support", "0.1", "--min-count", "3"], "--min-support and --min-count say the same thing"),
        (["--closed"], "--closed is for sets"),
        (["--sets", "--closed", "--maximal"], "--closed and --maximal are two questions"),
        (["--sets", "--min-lift", "2"], "--min-lift is for rules, and --sets asks for sets"),
        (["--sets", "--sort", "lift"], "--sort: there is no lift"),
        (["--giant", "skip"], "--giant says what becomes of baskets above a size"),
        (["--max-basket-size", "3", "--giant", "eat"], "--giant: there is no eat"),
        (["--memory", "much"], "--memory: expected an amount of memory such as 512M or 2G, found \"much\""),
        (["--item", "mlik"], "no basket holds the item mlik"),
        (["--field", "items"], "--field is for baskets of a store, and --baskets names a file"),
    ])
    func wrongOptionsAreRefused(_ options: [String], _ message: String) throws {
        let outcome = try Atelier.run(["basket", "--baskets", "shop.txt"] + options, in: folder)
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("atelier basket: \(message)\n"), "\(outcome.errors)")
        #expect(outcome.output == "")
    }

    @Test func explosionsSayWhatToDo() throws {
        let basket = (0..<60).map { "i\($0)" }.joined(separator: ",")
        try folder.write("large.txt", "\(basket)\n\(basket)\n")
        let outcome = try Atelier.run(
            ["basket", "--baskets", "large.txt", "--memory", "4M", "--out", "rules.csv"], in: folder)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("do not fit the budget of 4 MiB\n  Ask for more with --min-support"))
        #expect(access(folder.path + "/rules.csv", F_OK) != 0)
    }
}
