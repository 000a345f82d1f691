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
