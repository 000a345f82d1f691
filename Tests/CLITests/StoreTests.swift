import Glibc
import Testing

/// Stores that cannot be opened or reached.
@Suite struct StoreTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func aStoreThatIsNotThereIsNotCreatedByReading() throws {
        for arguments in [
            ["find", "orders"], ["stats"], ["run", "top-products"], ["export", "orders"], ["explain", "orders"],
        ] {
            let outcome = try Atelier.run(arguments, in: folder)
            #expect(outcome.status == 3)
            #expect(
                outcome.errors.hasPrefix(
                    "atelier \(arguments[0]): ./atelier.store: there is no store\n  Create one with"))
            #expect(!folder.exists("atelier.store"))
        }
    }

    @Test func resultsNeverTakeTheStoresPlace() throws {
        _ = try Atelier.run(["generate", "--orders", "20", "--store", "shop.store", "--quiet"], in: folder)
        symlink("shop.store", "\(folder.path)/link")
        let before = try Atelier.contents(folder.path + "/shop.store")
        for arguments in [
            ["export", "orders", "--format", "json", "--out", "shop.store"], ["find", "orders", "--format", "json", "--out", "link"],
            ["report", "--out", "./shop.store"], ["graph", "rank", "--format", "json", "--out", "shop.store"],
        ] {
            let outcome = try Atelier.run(arguments + ["--store", "shop.store"], in: folder)
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("is a store: results would take the place of all that is in it"))
        }
        #expect(try Atelier.contents(folder.path + "/shop.store") == before)
    }

    @Test func readingLeavesAnEmptyFileEmpty() throws {
        try folder.write("atelier.store", "")
        for arguments in [["find", "orders"], ["stats"], ["run", "top-products"]] {
            let outcome = try Atelier.run(arguments, in: folder)
            #expect(outcome.status == 3)
            #expect(try Atelier.contents(folder.path + "/atelier.store").isEmpty)
            #expect(!folder.exists("atelier.store-lock"))
        }
    }

    @Test(arguments: [
        ["import", "online-retail", "broken.csv"], ["import", "online-retail", "missing.csv"],
        ["import", "olist", "."], ["import", "ndjson", "broken.csv", "--collection", ""],
        ["generate", "--orders", "0"],
    ])
    func aStoreThatIsNotThereIsNotCreatedByWhatCannotBeLoaded(arguments: [String]) throws {
        try folder.write("broken.csv", "Invoice,StockCode\n1,2\n")
        let outcome = try Atelier.run(arguments, in: folder)
        #expect(outcome.status == 1 || outcome.status == 2)
        #expect(!folder.exists("atelier.store"))
    }

    @Test func whatWasReadButAllRejectedIsAFailure() throws {
        try folder.write("lines.ndjson", "{\"a\":\nnothing\n")
        let outcome = try Atelier.run(["import", "ndjson", "lines.ndjson", "--collection", "things"], in: folder)
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("atelier import: lines.ndjson: none of the 2 rows could be read: badJSON 2\n"))
        #expect(try Atelier.run(["export", "rejects"], in: folder).output.split(separator: "\n").count == 2)
    }

    @Test func generatingAgainChangesNothing() throws {
        let generate = ["generate", "--orders", "50", "--format", "csv"]
        let first = try Atelier.run(generate, in: folder)
        let orders = try Atelier.run(["export", "orders"], in: folder).output
        let second = try Atelier.run(generate, in: folder)
        #expect(first.output == second.output)
        #expect(second.errors.contains("Generated before, nothing to do"))
        #expect(try Atelier.run(["export", "orders"], in: folder).output == orders)
        let other = try Atelier.run(["generate", "--orders", "60"], in: folder)
        #expect(other.status == 1)
        #expect(other.errors.contains("the store holds orders already"))
        #expect(try Atelier.run(["export", "orders"], in: folder).output == orders)
    }

    @Test func theEnvironmentNamesTheStoreAndTheOptionWins() throws {
        let outcome = try Atelier.run(["stats"], in: folder, environment: ["ATELIER_STORE=from-environment"])
        #expect(outcome.errors.hasPrefix("atelier stats: from-environment: "))
        let option = try Atelier.run(
            ["stats", "--store", "from-option"], in: folder, environment: ["ATELIER_STORE=from-environment"])
        #expect(option.errors.hasPrefix("atelier stats: from-option: "))
    }

    @Test func otherAddressesAreRefused() throws {
        let outcome = try Atelier.run(["stats", "--store", "postgres://localhost/shop"], in: folder)
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("postgres://"))
    }

    @Test func aServerThatIsNotThereIsSaidSoWithoutThePassword() throws {
        let outcome = try Atelier.run(
            ["find", "orders", "--store", "mongodb://ann:secret@127.0.0.1:1/shop?serverSelectionTimeoutMS=200"],
            in: folder)
        #expect(outcome.status == 3)
        #expect(outcome.errors.hasPrefix("atelier find: "))
        #expect(outcome.errors.contains("127.0.0.1:1"))
        #expect(!outcome.errors.contains("secret"))
    }
}
