import Analytics
import BSON
import Definitions
import Glibc
import Retail
import Testing

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

    private static let isRecording = getenv("ATELIER_RECORD") != nil

    /// What is asked besides each aggregation as it stands.
    private static let variants: [(name: String, arguments: Document)] = [
        ("revenue-by-month", ["from": "2025-01-01", "to": "2025-07-01", "excludeCancelled": true]),
        ("top-products", ["by": "units", "limit": 3, "productsOnly": true]),
        ("top-customers", ["limit": 3, "from": "2025"]),
        ("orders-by-status", ["kind": "return"]),
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
}
