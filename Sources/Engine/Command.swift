import BSON

/// One command being run: its document, read with MongoDB's checks and error codes.
struct Command {
    let name: String
    let database: String
    let document: Document
    /// Where `killSessions` finds the command; nil where it belongs to no session.
    var operation: RunningOperations.Operation?

    init(_ document: Document, database: String) throws {
        guard
            let first = document.withView({ view -> String? in
                var cursor = view.elements()
                return cursor.next() ? cursor.keyString : nil
            })
        else { throw AtelierError(.failedToParse, "the command document is empty") }
        name = first
        self.document = document
        self.database = database
    }

    /// `database.collection`, from the command's first field.
    var namespace: String {
        get throws { "\(database).\(try collection)" }
    }

    /// The collection that the command's first field names.
    var collection: String {
        get throws {
            guard let first = document[name], case .string(let collection) = first else {
                throw AtelierError(
                    .invalidNamespace, "collection name has invalid type \(document[name]?.type.name ?? "missing")")
            }
            try Command.check(collection: collection, in: database)
            return collection
        }
    }

    /// - Throws: `InvalidNamespace` for a name that no collection can have.
    static func check(collection: String, in database: String) throws {
        if collection.isEmpty || collection.hasPrefix(".") || collection.hasSuffix(".") || collection.utf8.contains(0)
            || collection.contains("$")
        {
            throw AtelierError(.invalidNamespace, "Invalid namespace specified '\(database).\(collection)'")
        }
        if database.utf8.count + collection.utf8.count + 1 > 255 {
            throw AtelierError(.invalidNamespace, "Fully qualified namespace is too long, the limit is 255 bytes")
        }
        if database.isEmpty || database.utf8.count > 63 || database.contains(where: { " ./\\\"$\0".contains($0) }) {
            throw AtelierError(.invalidNamespace, "Invalid database name: '\(database)'")
        }
    }

    // MARK: Fields

    subscript(_ key: String) -> BSONValue? { document[key] }

    /// - Throws: `TypeMismatch` where the field is there and is not what is expected.
    private func field<T>(_ key: String, _ expected: String, _ read: (BSONValue) -> T?) throws -> T? {
        guard let value = document[key], !value.isNull else { return nil }
        guard let result = read(value) else {
            throw AtelierError(
                .typeMismatch,
                "BSON field '\(name).\(key)' is the wrong type '\(value.type.name)', expected type '\(expected)'")
        }
        return result
    }

    func string(_ key: String) throws -> String? { try field(key, "string") { $0.stringValue } }
    func documentField(_ key: String) throws -> Document? { try field(key, "object") { $0.documentValue } }
    func array(_ key: String) throws -> [BSONValue]? { try field(key, "array") { $0.arrayValue } }

    /// A flag: a bool, or a number that is or is not zero, as MongoDB takes them.
    func flag(_ key: String) throws -> Bool? {
        try field(key, "bool") { value in
            switch value {
            case .bool(let flag): flag
            case .int32, .int64, .double, .decimal: value.isTruthy
            default: nil
            }
        }
    }

    /// A whole number of any numeric type.
    /// - Throws: `BadValue` below `minimum`.
    func integer(_ key: String, minimum: Int64 = Int64.min) throws -> Int64? {
        let number = try field(key, "long") { value in value.doubleValue.map { Int64($0.rounded(.towardZero).clamped) }
        }
        if let number, number < minimum {
            throw AtelierError(
                .badValue, "BSON field '\(name).\(key)' value must be >= \(minimum), actual value '\(number)'")
        }
        return number
    }

    /// The documents of an array field.
    func documents(_ key: String) throws -> [Document]? {
        try array(key)?.enumerated().map { index, value in
            guard let document = value.documentValue else {
                throw AtelierError(
                    .typeMismatch,
                    "BSON field '\(name).\(key).\(index)' is the wrong type '\(value.type.name)', expected type 'object'"
                )
            }
            return document
        }
    }

    // MARK: What is not there

    /// Fields that every command may carry.
    private static let generic: Set<String> = [
        "$db", "$readPreference", "$clusterTime", "$configTime", "$topologyTime", "lsid", "maxTimeMS", "comment",
        "readConcern",
        "writeConcern", "apiVersion", "apiStrict", "apiDeprecationErrors", "txnNumber", "autocommit",
        "startTransaction",
        "clusterTime", "$audit", "$client",
    ]

    /// - Throws: `Location40415` for a field that the command does not know: nothing is accepted and ignored.
    func expectOnly(_ known: Set<String>) throws {
        for key in document.keys where key != name && !known.contains(key) && !Command.generic.contains(key) {
            throw AtelierError(40415, "BSON field '\(name).\(key)' is an unknown field.")
        }
    }

    /// - Throws: an error for generic options that ask for what one node without transactions cannot give.
    func checkGenericOptions() throws {
        if document["txnNumber"] != nil || document["startTransaction"] != nil {
            throw AtelierError(
                .illegalOperation, "Transaction numbers are only allowed on a replica set member or mongos",
                advice:
                    "The embedded store answers as a standalone server: set retryWrites=false, and use no transactions."
            )
        }
        if let concern = try documentField("writeConcern") {
            if let nodes = concern["w"]?.integerValue, nodes > 1 {
                throw AtelierError(100, "Not enough data-bearing nodes: the embedded store is one node, w is \(nodes)")
            }
            if let tag = concern["w"]?.stringValue, tag != "majority" {
                throw AtelierError(79, "No write concern mode named '\(tag)' found")
            }
        }
        if let version = try string("apiVersion"), version != "1" {
            throw AtelierError(322, "Provided apiVersion '\(version)' is not supported: only version 1 is")
        }
    }
}

extension Double {
    /// Clamped to what an Int64 holds; NaN becomes 0.
    fileprivate var clamped: Double { isNaN ? 0 : min(max(self, -0x1p63), 0x1.fffffffffffffp62) }
}
