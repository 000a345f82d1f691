import BSON
import Comparison
import DocumentStore
import Retail
import Testing

/// Documents as JSON, seen through views: what the normalised tables hold, and the same answers.
@Suite struct JSONTests {
    private static let names = (try? Shop.aggregations.get().names) ?? []
    private static let tables = ((try? RelationalSchema(Shop.catalog.get()).tables) ?? []).map(\.name)

    @Test(arguments: tables)
    func aViewOfSQLiteHasTheRowsOfTheTable(name: String) throws { try compareRows(of: name, in: .sqlite) }

    @Test(.needs(.postgresql), arguments: tables)
    func aViewOfPostgreSQLHasTheRowsOfTheTable(name: String) throws { try compareRows(of: name, in: .postgresql) }

    private func compareRows(of name: String, in dialect: SQLDialect) throws {
        let table = try #require(try RelationalSchema(Shop.catalog.get()).tables.first { $0.name == name })
        for shop in [Shop.generated] + OddShopTests.shops {
            let rows = try shop.get().rows(table, in: dialect, .tables)
            let json = try shop.get().rows(table, in: dialect, .json)
            #expect(json.count == rows.count, "\(name)")
            let places = zip(rows, json).enumerated().filter { $1.0 != $1.1 }
            // A number that SQLite's NUMERIC keeps as an integer is a double in JSON where it is written with a point.
            let wrong = places.filter { _, pair in
                !zip(pair.0, pair.1).allSatisfy {
                    $0 == $1 || ($0.doubleValue != nil && $0.doubleValue == $1.doubleValue)
                }
            }
            #expect(wrong.isEmpty, "\(name): \(wrong.prefix(2).map { "\($0.element)" })")
        }
    }

    @Test(arguments: names)
    func viewsOfSQLiteGiveTheSameAnswers(name: String) throws { try compare(name, in: .sqlite) }

    @Test(.needs(.postgresql), arguments: names)
    func viewsOfPostgreSQLGiveTheSameAnswers(name: String) throws { try compare(name, in: .postgresql) }

    private func compare(_ name: String, in dialect: SQLDialect) throws {
        let comparison = try Shop.generated.get().compare(name, [:], in: dialect, .json)
        #expect(comparison.rows > 0)
        #expect(comparison.differences.isEmpty, "\(name): \(comparison.differences.prefix(3))")
    }

    @Test func documentsOfOthersAreNotOverwrittenUnasked() throws {
        let (folder, store) = try Shop.emptyStore()
        defer {
            store.close()
            Shop.remove(folder)
        }
        let database = try SQLiteDatabase(":memory:")
        let loader = try JSONLoader(RelationalSchema(Shop.catalog.get()), into: database)
        try loader.load(from: store.database)
        let error = try #require(throws: AtelierError.self) { try loader.load(from: store.database) }
        #expect(error.code == .namespaceExists)
        try loader.load(from: store.database, replacing: true)
    }

    @Test(.needs(.mariadb)) func mariaDBHasNoSuchViews() throws {
        let schema = try RelationalSchema(Shop.catalog.get())
        let address = try #require(Servers.address(.mariadb))
        let error = try #require(throws: AtelierError.self) { try JSONLoader(schema, into: MariaDBDatabase(address)) }
        #expect(error.code == .commandNotSupported)
    }
}
