import Analytics
import BSON
import Definitions
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite struct CatalogTests {
    /// The package's folder, which this file is in too.
    static let package = String(#filePath.dropLast("Tests/AnalyticsTests/CatalogTests.swift".count))
    static let shipped = package + "aggregations"

    @Test func everyShippedDefinitionIsRight() throws {
        let catalog = try AggregationCatalog(directories: [CatalogTests.shipped])
        #expect(catalog.names.count >= 8)
        for name in catalog.names {
            let aggregation = try catalog.aggregation(named: name)
            #expect(!aggregation.notes.isEmpty, "\(name) has no notes")
            #expect(aggregation.chart != nil, "\(name) has no chart")
        }
    }

    @Test func theNotesTellWhatThePipelineDoes() throws {
        let catalog = try AggregationCatalog(directories: [CatalogTests.shipped])
        for name in catalog.names {
            let aggregation = try catalog.aggregation(named: name)
            let file = String(
                decoding: try Files.contents(of: "\(CatalogTests.shipped)/\(name).json"), as: UTF8.self)
            let pipeline = String(file[file.firstRange(of: "\"pipeline\"")!.upperBound...].prefix { $0 != "\0" })
                .split(separator: "\"columns\"")[0]
            let notes = aggregation.notes.joined(separator: " ").lowercased()
            let parameters = Set(aggregation.parameters.map(\.name))
            /// What the pipeline holds, which parameter would say it, and the word that the notes then need.
            func expect(_ parts: [String], unless parameter: String? = nil, _ word: String) {
                guard parts.contains(where: { pipeline.contains($0) }), !parameters.contains(parameter ?? "") else {
                    return
                }
                #expect(notes.contains(word), "the notes of \(name) do not say \(word)")
            }
            expect(
                ["$year", "$month", "$dayOfMonth", "$dateTrunc", "$dateToString", "$hour"], unless: "timezone", "utc")
            expect([".service\""], unless: "productsOnly", "services")
            expect(["\"canceled\"", "\"unavailable\""], unless: "excludeCancelled", "cancel")
            expect(["\"sale\""], unless: "kind", "sale")
            expect(["quantity\": { \"$gt\": 0"], "quantity")
            if aggregation.columns.contains(where: { $0.name == "complete" }) {
                #expect(notes.contains("complete is false"), "the notes of \(name) do not say what complete means")
            }
        }
    }

    @Test func everyTwinAsksTheSame() throws {
        let catalog = try AggregationCatalog(directories: [CatalogTests.shipped])
        let twins = try Files.names(in: CatalogTests.shipped, ending: ".sql")
        for name in catalog.names { #expect(twins.contains("\(name).sql"), "\(name) has no twin in SQL") }
        for file in twins {
            let aggregation = try catalog.aggregation(named: String(file.prefix { $0 != "." }))
            let sql = String(decoding: try Files.contents(of: "\(CatalogTests.shipped)/\(file)"), as: UTF8.self)
            for parameter in aggregation.parameters {
                #expect(sql.contains(":\(parameter.name)"), "\(file) does not use \(parameter.name)")
            }
        }
    }

    @Test func aMisspeltNameGetsASuggestion() throws {
        let catalog = try AggregationCatalog(directories: [CatalogTests.shipped])
        let error = try #require(throws: AtelierError.self) { try catalog.aggregation(named: "revenue-by-moth") }
        #expect(error.code == .noSuchKey)
        #expect(error.advice == "Did you mean revenue-by-month?")
    }

    @Test(arguments: [
        ("pareto", "There are customer-pareto, product-pareto."),
        ("best-influencer", "There are influencer-return."),
        ("xyz", "`atelier list` shows them by topic, `aggregations.list` names them to programs."),
        ("by-day", "`atelier list` shows them by topic, `aggregations.list` names them to programs."),
        ("revenue", "revenue-by-weekday, revenue-by-weekday-and-hour."),
    ])
    func anUnknownNameGetsThoseOfItsWordsOrThePlaceToLook(_ name: String, _ advice: String) throws {
        let catalog = try AggregationCatalog(directories: [CatalogTests.shipped])
        let error = try #require(throws: AtelierError.self) { try catalog.aggregation(named: name) }
        #expect(error.advice?.hasSuffix(advice) == true, "\(error)")
        #expect((error.advice?.count ?? 0) < 300)
    }

    @Test func ownFoldersAddAndBrokenFilesHurtNobodyElse() throws {
        let folder = try TemporaryFolder()
        try folder.write("mine.json", definitionText(name: "mine"))
        try folder.write("broken.json", "{\n  \"name\": \"broken\",\n  oops\n}")
        let catalog = try AggregationCatalog(directories: [CatalogTests.shipped, folder.path])
        #expect(try catalog.aggregation(named: "mine").title == "T")
        let error = try #require(throws: AtelierError.self) { try catalog.aggregation(named: "broken") }
        #expect(error.location?.hasPrefix("\(folder.path)/broken.json: line 3, column 3") == true, "\(error)")
    }

    @Test func twoOfOneNameAreRefused() throws {
        let folder = try TemporaryFolder()
        try folder.write("top-products.json", definitionText(name: "top-products"))
        #expect(throws: AtelierError.self) { try AggregationCatalog(directories: [CatalogTests.shipped, folder.path]) }
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let error = try #require(throws: AtelierError.self) { try AggregationCatalog(directories: ["no/such/folder"]) }
        #expect(error.location == "no/such/folder")
        #expect(error.message.contains("No such file or directory"))
    }
}

/// A folder of its own for one test, deleted afterwards.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/atelier-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw AtelierError(.fileOpenFailed, "mkdtemp failed") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ name: String, _ text: String) throws {
        guard let file = fopen("\(path)/\(name)", "w") else { throw AtelierError(.fileOpenFailed, "fopen failed") }
        fputs(text, file)
        fclose(file)
    }

    deinit {
        for name in (try? Files.names(in: path, ending: "")) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
