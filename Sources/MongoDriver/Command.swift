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
        body = document
        var lifted: [(String, BSONValue)] = []
        // A command may hold thousands of documents: its fields are looked at where they lie.
        let name: String? = document.withView { view in
            var fields = view.elements()
            guard fields.next() else { return nil }
            let name = fields.keyString
            while fields.next() {
                let key = fields.keyString
                if Command.lifted.contains(key) { lifted.append((key, BSONValue(copying: fields.value))) }
            }
            return name
        }
        guard let name else {
            throw AtelierError(.badValue, "the command document is empty", advice: "Its first key names the command.")
        }
        self.name = name
        if lifted.isEmpty { return }
        body = document.keeping { !Command.lifted.contains($0) }
        for (key, value) in lifted {
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
        "$db", "$readPreference", "$clusterTime", "readConcern", "writeConcern", "lsid", "txnNumber",
        "startTransaction",
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

extension Document {
    /// The elements whose names pass, byte for byte.
    fileprivate func keeping(_ passes: (String) -> Bool) -> Document {
        withView { view in
            let writer = BSONWriter(capacity: view.length + 16)
            var fields = view.elements()
            while fields.next() {
                if passes(fields.keyString) { writer.append(element: fields.elementBytes) }
            }
            return writer.finishDocument()
        }
    }

    /// All the elements, byte for byte, and one more.
    func adding(_ key: String, _ value: BSONValue) -> Document {
        withView { view in
            let writer = BSONWriter(capacity: view.length + 64)
            writer.append(element: UnsafeRawBufferPointer(rebasing: view.bytes[4..<view.length - 1]))
            writer.append(key, value)
            return writer.finishDocument()
        }
    }
}
