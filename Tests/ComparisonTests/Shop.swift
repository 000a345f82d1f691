import Analytics
import BSON
import Comparison
import DocumentStore
import Glibc
import Retail

/// A store of its own and the same data in each database; tests only read them.
final class Shop: @unchecked Sendable {  // Invariant: a `Store` is thread-safe; the databases are behind the lock.
    let store: Store
    private let label: String
    private var tables: [String: Result<any SQLDatabase, any Error>] = [:]
    private let lock = Lock()
    private let folder: String

    /// The package's folder, which this file is in too.
    static let package = String(#filePath.dropLast("Tests/ComparisonTests/Shop.swift".count))

    static let catalog = Result { try CollectionCatalog.load(from: package + "collections") }
    static let aggregations = Result { try AggregationCatalog(directories: [package + "aggregations"]) }

    /// A shop of 300 orders, always the same.
    static let generated = Result {
        try Shop("generated") { store in
            try Generator(GeneratorOptions(orders: 300, seed: 1)).forEachBatch { name, documents in
                try store.database.collection(name).insert(documents).orThrow()
            }
        }
    }

    /// - Parameter label: tells its schemas on servers from those of other shops.
    init(_ label: String, _ fill: (Store) throws -> Void) throws {
        (folder, store) = try Shop.emptyStore()
        self.label = label
        try fill(store)
    }

    /// The data in a database, loaded when it is asked first. The lock is held.
    private func tables(in dialect: SQLDialect, _ model: DataModel) throws -> any SQLDatabase {
        let key = "\(label)_\(dialect)_\(model)"
        if let known = tables[key] { return try known.get() }
        let loaded = Result {
            let database = try Servers.connect(dialect, "\(label)_\(model)")
            let schema = try RelationalSchema(Shop.catalog.get())
            if model == .json {
                try JSONLoader(schema, into: database).load(from: store.database)
            } else {
                try RelationalLoader(schema, into: database).load(from: store.database)
            }
            return database
        }
        tables[key] = loaded
        return try loaded.get()
    }

    /// All rows of a table, or of the view that stands for it, in the order of its key.
    func rows(_ table: RelationalTable, in dialect: SQLDialect, _ model: DataModel) throws -> [[BSONValue]] {
        let names = table.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
        let key = table.primaryKey.map { "\"\($0)\"" }.joined(separator: ", ")
        return try lock.whileLocked {
            try tables(in: dialect, model).rows("SELECT \(names) FROM \"\(table.name)\" ORDER BY \(key)")
        }
    }

    deinit {
        store.close()
        Shop.remove(folder)
    }

    static func emptyStore() throws -> (folder: String, store: Store) {
        var template = Array("/tmp/atelier-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw AtelierError(.fileOpenFailed, "mkdtemp failed") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Nothing here outlives the test, so nothing waits for the disk.
        return (folder, try Store(folder + "/test.store", options: StoreOptions(relaxedDurability: true)))
    }

    static func remove(_ folder: String) {
        for name in [
            "test.store", "test.store-lock", "tables.sqlite", "tables.sqlite-json", "slow.json", "slow.sql",
        ] {
            unlink(folder + "/" + name)
        }
        rmdir(folder)
    }

    /// What the pipeline and its twin answer, and where they differ.
    func compare(
        _ name: String, _ arguments: Document, in dialect: SQLDialect, _ model: DataModel = .tables
    ) throws -> (rows: Int, columns: [String], differences: [RowDifference]) {
        let aggregation = try Shop.aggregations.get().aggregation(named: name)
        let values = try aggregation.arguments(arguments)
        let documents = try aggregation.run(values, on: store.database).rows.all()
        let twin = try SQLTwin(of: aggregation, in: dialect)
        let answer = try lock.whileLocked { try tables(in: dialect, model).ask(twin, of: aggregation, values) }
        let differences = RowDifference.all(aggregation.columns, documents: documents, tables: answer.rows)
        return (documents.count, answer.columns, differences)
    }
}

/// A mutual exclusion that a `Sendable` class can hold a connection behind.
///
/// Invariant: the mutex is initialised once and used through its functions only.
final class Lock: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(mutex, nil) }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func whileLocked<R>(_ body: () throws -> R) rethrows -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}
