import BSON

/// A command taken apart into what libmongoc wants to be told in different ways.
struct Command {
    let name: String
    let database: String
    /// What is sent as it is: everything but the fields below, which libmongoc writes itself.
    var body: Document
    var readPreference: Document?
    var readConcern: Document?
    var writeConcern: Document?
    /// The caller's name for a session.
    private(set) var lsid: Document?
    private(set) var txnNumber: Int64?
    private(set) var startsTransaction = false
    private(set) var isInTransaction = false

    /// - Throws: `AtelierError` where there is no command or no proper database name.
    init(_ document: Document, in database: String) throws {
        guard !database.isEmpty, !database.utf8.contains(0) else {
            throw AtelierError(.invalidNamespace, "a database name is not empty and holds no NUL character")
        }
        self.database = database
        let fields = document.elements
        guard let first = fields.first else {
            throw AtelierError(.badValue, "the command document is empty", advice: "Its first key names the command.")
        }
        name = first.key
        body = document
        guard fields.dropFirst().contains(where: { Command.lifted.contains($0.key) }) else { return }
        body = Document(fields.filter { !Command.lifted.contains($0.key) }.map { ($0.key, $0.value) })
        for (key, value) in fields {
            switch key {
            case "$readPreference": readPreference = value.documentValue
            case "readConcern": readConcern = value.documentValue
            case "writeConcern": writeConcern = value.documentValue
            case "lsid": lsid = value.documentValue
            case "txnNumber": txnNumber = value.integerValue
            case "startTransaction": startsTransaction = value.isTruthy
            case "autocommit": isInTransaction = !value.isTruthy
            default: break
            }
        }
    }

    /// Whether the caller keeps a session of its own.
    var namesSession: Bool { lsid != nil || txnNumber != nil || startsTransaction || isInTransaction }

    /// libmongoc adds these from its own state, and a server refuses a command that has one of them twice.
    private static let lifted: Set = [
        "$db", "$readPreference", "$clusterTime", "readConcern", "writeConcern", "lsid", "txnNumber", "startTransaction",
        "autocommit",
    ]

    /// Which of libmongoc's functions carries it out; they differ in what they add and what they retry.
    enum Kind {
        /// Adds read concern and read preference; retried once.
        case read
        /// Adds the write concern.
        case write
        /// Adds both concerns; goes to the primary.
        case readWrite
        /// Adds nothing, retries nothing.
        case plain
    }

    var kind: Kind {
        switch name {
        case "find", "count", "distinct", "listCollections", "listDatabases", "listIndexes": .read
        case "aggregate": writesItsResult ? .readWrite : .read
        case "findAndModify", "findandmodify": .readWrite
        case "insert", "update", "delete", "create", "createIndexes", "drop", "dropDatabase", "dropIndexes", "collMod",
            "renameCollection":
            .write
        default: .plain
        }
    }

    /// Whether the reply may hold a cursor with more to come.
    var opensCursor: Bool {
        switch name {
        case "find", "aggregate", "listCollections", "listIndexes": true
        default: false
        }
    }

    /// The array of an `insert`, `update` or `delete`.
    var statementField: String? {
        switch name {
        case "insert": "documents"
        case "update": "updates"
        case "delete": "deletes"
        default: nil
        }
    }

    private var writesItsResult: Bool {
        guard let stage = body["pipeline"]?.arrayValue?.last?.documentValue?.keys.first else { return false }
        return stage == "$out" || stage == "$merge"
    }
}
