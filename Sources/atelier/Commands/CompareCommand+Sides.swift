import BSON
import Comparison
import DocumentStore

extension Option {
    static let sql = Option(
        "sql", value: "DATABASE", isRepeatable: true,
        "sqlite, in a temporary file; sqlite=FILE; postgresql=URI; mariadb=URI; may be repeated; sqlite")
    static let models = Option(
        "models", value: "LIST",
        "How the data are laid out there: tables, json (documents, with views), or both; tables,json")
    static let documents = Option(
        "documents", value: "URI",
        "Ask a MongoDB deployment too, of a copy in a database of its own: mongodb://HOST/DATABASE")
    static let replace = Option("replace", "Replace tables and collections of our names that are there already")
    static let timeout = Option(
        "timeout", value: "SECONDS", "Give a question up that takes longer, 1 to 86400; 60")
}

/// Who is asked: the store first, then a MongoDB deployment, then databases of SQL.
struct ComparedSides {
    let store: Side
    /// What has to be loaded from the store, with whether that may overwrite.
    let loaded: [(side: Side, replacing: Bool)]

    var all: [Side] { [store] + loaded.map(\.side) }

    init(_ invocation: Invocation, store location: String, temporaryFile: (String) -> String) throws {
        let models = try ComparedSides.models(invocation.value(.models) ?? "tables,json")
        let replacing = invocation.isSet(.replace)
        var loaded: [(side: Side, replacing: Bool)] = []
        if let text = invocation.value(.documents) {
            let address = try UsageError.rethrowing { try DocumentCopy.address(text) }
            loaded.append((.documents(in: address), replacing))
        }
        var isTemporary = true
        let texts = invocation.values(.sql)
        for text in texts.isEmpty ? ["sqlite"] : texts {
            let target: SQLTarget
            if text == "sqlite" {
                target = SQLTarget(.sqlite, at: temporaryFile("tables.sqlite"))
            } else {
                target = try ComparedSides.target(text)
                isTemporary = false
            }
            let own = models.filter { $0 == .tables || target.dialect != .mariadb }
            if own.isEmpty {
                throw UsageError(
                    "--models json: MariaDB is compared with tables only",
                    advice: "Give --models tables, or another database.")
            }
            loaded += own.map { model in
                (Side(place: .sql(target), model: model), replacing || text == "sqlite")
            }
        }
        let names = loaded.map { "\($0.side.database) \($0.side.model.rawValue)" }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw UsageError(
                "--sql: \(twice.prefix { $0 != " " }) is named twice", advice: "Results are told apart by its name.")
        }
        if replacing, isTemporary, invocation.value(.documents) == nil {
            throw UsageError("--replace is for databases that are kept: a temporary file holds no tables")
        }
        store = .documents(in: location)
        self.loaded = loaded
    }

    private static func models(_ text: String) throws -> [DataModel] {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return try names.map { name in
            guard let model = DataModel(rawValue: name), model != .documents, names.count(where: { $0 == name }) == 1
            else { throw UsageError("--models \(text): expected tables, json, or tables,json") }
            return model
        }
    }

    private static func target(_ text: String) throws -> SQLTarget {
        // postgresql=URI, or the address alone, which says what it is of.
        let name = text.prefix { $0 != "=" && $0 != ":" }
        var address = String(text.dropFirst(name.utf8.count))
        address = address.hasPrefix("://") ? text : String(address.dropFirst())
        let dialect: SQLDialect
        let schemes: [String]
        switch name {
        case "sqlite": (dialect, schemes) = (.sqlite, [])
        case "postgresql", "postgres": (dialect, schemes) = (.postgresql, ["postgresql://", "postgres://"])
        case "mariadb", "mysql": (dialect, schemes) = (.mariadb, ["mariadb://", "mysql://"])
        default:
            throw UsageError(
                "--sql \(text.prefix { $0 != "=" }): there is no database \(name)",
                advice: "There is sqlite, sqlite=FILE, postgresql=URI and mariadb=URI.")
        }
        if dialect == .sqlite {
            guard !address.isEmpty, !address.hasPrefix(":memory:") else {
                throw UsageError("--sql \(text): expected a file, as in sqlite=shop.sqlite")
            }
        } else if !schemes.contains(where: address.hasPrefix) {
            throw UsageError(
                "--sql \(name): expected an address, as in \(name)=\(schemes[0])user@localhost/database")
        }
        return SQLTarget(dialect, at: address)
    }

    /// Finds out who does not answer before any work is done: exit status 3.
    func tryServers() throws {
        for (side, _) in loaded {
            do {
                switch side.place {
                case .store(let location):
                    let store = try Store(location)
                    defer { store.close() }
                    _ = try store.database.run(["ping": 1])
                case .sql(let target) where target.dialect != .sqlite: _ = try target.connect(side.model)
                case .sql: break
                }
            } catch let error as AtelierError where error.code == .badValue {
                throw UsageError(error)
            } catch let error as AtelierError {
                throw StoreUnavailable(location: side.place.location, cause: error)
            }
        }
    }
}

extension Side.Place {
    fileprivate var location: String {
        switch self {
        case .store(let location): location
        case .sql(let target): target.address
        }
    }
}
