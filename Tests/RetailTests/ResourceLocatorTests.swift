import BSON
import Glibc
import TestSupport
import Testing

@testable import Retail

@Suite struct ResourceLocatorTests {
    /// A folder of its own, with these folders in it.
    private func tree(_ folders: String...) -> String {
        let marker = TemporaryFile("", name: "marker")
        let root = String(marker.path.dropLast("/marker".count))
        for folder in folders {
            var path = root
            for part in folder.split(separator: "/") {
                path += "/" + part
                mkdir(path, 0o700)
            }
        }
        return root
    }

    @Test func theEnvironmentComesFirstAndMustBeRight() throws {
        let root = tree("home/collections", "prefix/bin", "prefix/share/atelier/collections")
        let locator = ResourceLocator(home: root + "/home", executable: root + "/prefix/bin/atelier")
        #expect(try locator.folder("collections") == root + "/home/collections")
        #expect(throws: AtelierError.self) { try locator.folder("aggregations") }
    }

    @Test func anInstalledProgramFindsItsShare() throws {
        let root = tree("prefix/bin", "prefix/share/atelier/collections")
        let locator = ResourceLocator(home: nil, executable: root + "/prefix/bin/atelier")
        #expect(try locator.folder("collections") == root + "/prefix/share/atelier/collections")
        do {
            _ = try locator.folder("aggregations")
            Issue.record("found")
        } catch let error as AtelierError {
            #expect(error.message.contains(root + "/prefix/share/atelier/aggregations"))
        }
    }

    @Test func aBuiltProgramFindsItsCheckoutAndOnlyACheckout() throws {
        let root = tree("checkout/.build/debug", "checkout/collections")
        let locator = ResourceLocator(home: "", executable: root + "/checkout/.build/debug/atelier")
        #expect(throws: AtelierError.self) { try locator.folder("collections") }
        fclose(fopen(root + "/checkout/Package.swift", "w"))
        #expect(try locator.folder("collections") == root + "/checkout/collections")
    }

    @Test func thisProcessFindsTheProjectsFolders() throws {
        #expect(try ResourceLocator.current.folder("collections").hasSuffix("/collections"))
    }
}
