import BSON

/// What a server takes in one command. Source: MongoDB manual, "hello".
struct WriteLimits {
    var statements: Int
    var documentBytes: Int
    var messageBytes: Int

    /// The largest command: a document of the largest size, and the 16 KiB that servers allow around it. Some of that is
    /// left for what libmongoc adds.
    var commandBytes: Int { min(documentBytes + 15 * 1024, messageBytes - 1024) }
}

/// An `insert`, `update` or `delete` cut into commands that a server takes.
struct WriteBatches {
    /// Which statements go into each command.
    let ranges: [Range<Int>]
    /// How many statements there are.
    var count: Int { ranges.last?.upperBound ?? 0 }

    private let body: Document
    private let field: String

    /// Whether a command is so small that it need not be looked at: an empty statement takes 8 bytes, and no server
    /// allows fewer than 1000 statements.
    static func isSmall(_ body: Document) -> Bool { body.bytes.count < 8 * 1000 }

    /// - Parameter field: the name of the array of statements. Where it is no array, there is one batch: the server will
    ///   say what is wrong.
    /// - Complexity: O(statements).
    init(_ body: Document, field: String, limits: WriteLimits) {
        self.body = body
        self.field = field
        ranges = body.withView { view in
            let array = view.find(field)
            guard array.type == .array else { return [0..<1] }
            var ranges: [Range<Int>] = []
            let overhead = view.length - array.asDocument.length + 64
            var (start, index, size) = (0, 0, overhead)
            var statements = array.asDocument.elements()
            while statements.next() {
                let statementSize = statements.elementBytes.count
                if index > start && (index - start == limits.statements || size + statementSize > limits.commandBytes) {
                    ranges.append(start..<index)
                    (start, size) = (index, overhead)
                }
                size += statementSize
                index += 1
            }
            return ranges + [start..<index]
        }
    }

    /// The command for one of the ranges. O(bytes up to the range's end).
    func command(_ range: Range<Int>) -> Document {
        body.withView { view in
            let writer = BSONWriter(capacity: 64 * 1024)
            var fields = view.elements()
            while fields.next() {
                guard fields.keyString == field else {
                    writer.append(element: fields.elementBytes)
                    continue
                }
                writer.beginArray(field)
                var statements = fields.value.asDocument.elements()
                var index = 0
                while index < range.upperBound, statements.next() {
                    if index >= range.lowerBound { writer.appendElement(statements.value) }
                    index += 1
                }
                writer.end()
            }
            return writer.finishDocument()
        }
    }

    /// The replies of the commands, put together as one.
    struct Result {
        private var last = Document()
        private var sums: [(field: String, value: Int64)] = []
        private var upserted: [BSONValue] = []
        private var writeErrors: [BSONValue] = []
        private var writeConcernError: BSONValue?

        var hasErrors: Bool { !writeErrors.isEmpty }

        /// - Parameter offset: how many statements came before the first of this command.
        mutating func add(_ reply: Document, offset: Int) {
            last = reply
            for field in ["n", "nModified"] {
                guard let value = reply[field]?.integerValue else { continue }
                if let known = sums.firstIndex(where: { $0.field == field }) {
                    sums[known].value += value
                } else {
                    sums.append((field, value))
                }
            }
            upserted += shifted(reply["upserted"], by: offset)
            writeErrors += shifted(reply["writeErrors"], by: offset)
            writeConcernError = reply["writeConcernError"] ?? writeConcernError
        }

        var reply: Document {
            let merged: Set = ["n", "nModified", "upserted", "writeErrors", "writeConcernError", "ok"]
            var fields: [(String, BSONValue)] = sums.map { ($0.field, .integer($0.value)) }
            if !upserted.isEmpty { fields.append(("upserted", .array(BSONArray(upserted)))) }
            if !writeErrors.isEmpty { fields.append(("writeErrors", .array(BSONArray(writeErrors)))) }
            if let writeConcernError { fields.append(("writeConcernError", writeConcernError)) }
            fields += last.elements.filter { !merged.contains($0.key) }.map { ($0.key, $0.value) }
            return Document(fields + [("ok", 1.0)])
        }

        /// The entries with `index` counted from the first statement of all.
        private func shifted(_ entries: BSONValue?, by offset: Int) -> [BSONValue] {
            (entries?.arrayValue ?? []).map { entry in
                guard let entry = entry.documentValue, let index = entry["index"]?.integerValue else { return entry }
                return .document(entry.setting("index", .integer(index + Int64(offset))))
            }
        }
    }
}
