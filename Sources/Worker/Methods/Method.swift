import BSON

/// One method of the worker, declared once: its name, its schemas and what it does.
///
/// To add one: declare it in the file of its group (`extension Method { static let … }`) and name it in `MethodTable`.
struct Method: Sendable {
    /// `group.verb`.
    let name: String
    /// One sentence for `server.describe`.
    let summary: String
    /// Whether it can change what is stored.
    let writes: Bool
    let parameters: [Property]
    /// What `params` has to look like: the method's own parameters and those that every method takes.
    let parameterSchema: Schema
    let result: Schema
    /// The database command the method amounts to, for `documents.explain`; nil where there is not just one.
    /// The parameters have been checked.
    let command: (@Sendable (Parameters) throws -> Document)?
    /// Carries the method out; the parameters have been checked.
    let run: @Sendable (Call) throws -> Document

    init(
        _ name: String, _ summary: String, writes: Bool = false, parameters: [Property] = [], result: Schema,
        command: (@Sendable (Parameters) throws -> Document)? = nil, run: @escaping @Sendable (Call) throws -> Document
    ) {
        self.name = name
        self.summary = summary
        self.writes = writes
        self.parameters = parameters
        parameterSchema = .object(parameters + Method.commonParameters)
        self.result = result
        self.command = command
        self.run = run
    }

    /// A method that runs one database command and shapes its reply into a result.
    init(
        _ name: String, _ summary: String, writes: Bool = false, parameters: [Property], result: Schema,
        command: @escaping @Sendable (Parameters) throws -> Document,
        reply: @escaping @Sendable (Document, Call) throws -> Document
    ) {
        self.init(name, summary, writes: writes, parameters: parameters, result: result, command: command) { call in
            try reply(try call.database.run(try command(call.parameters)), call)
        }
    }

    /// Taken by every method.
    static let commonParameters: [Property] = [
        .optional(
            "canonical", .boolean,
            "Whether the reply's values are canonical Extended JSON (every type written out) or relaxed; the worker's own "
                + "setting where it is left out."),
        .optional(
            "progress", .either(.string, .integer(from: .min)),
            "A name of the caller's choice: while the request runs, `$/progress` notifications tell how far it is."),
    ]

    /// The method as `server.describe` shows it.
    var description: Document {
        Document { writer in
            writer.append("name", BSONValue.string(name))
            writer.append("summary", BSONValue.string(summary))
            writer.append("writes", BSONValue.bool(writes))
            writer.append("params", BSONValue.document(parameterSchema.json))
            writer.append("result", BSONValue.document(result.json))
        }
    }
}

/// A method's parameters, checked against its schema.
struct Parameters: Sendable {
    let document: Document
    /// Where they stand in the message, for errors.
    let path: String

    init(_ document: Document, at path: String = "params") {
        self.document = document
        self.path = path
    }

    subscript(_ name: String) -> BSONValue? { document[name] }

    func string(_ name: String) -> String? { document[name]?.stringValue }
    func int(_ name: String) -> Int? { document[name]?.integerValue.map { Int($0) } }
    func bool(_ name: String) -> Bool? { document[name]?.boolValue }
    func object(_ name: String) -> Document? { document[name]?.documentValue }

    /// The documents of an array, each with bytes of its own.
    func documents(_ name: String) -> [Document] {
        document.withView { view in
            let array = view.find(name)
            guard array.type == .array else { return [] }
            var documents: [Document] = []
            var cursor = array.asDocument.elements()
            while cursor.next() { documents.append(Document(copying: cursor.value.asDocument)) }
            return documents
        }
    }

    /// Copies the parameters with these names, where they were given, as they stand.
    func pass(_ names: String..., to writer: BSONWriter) {
        document.withView { view in
            for name in names { writer.append(name, view.find(name)) }
        }
    }

    /// A parameter that fits its schema and yet cannot be used.
    func invalid(_ name: String, _ message: String) -> RPCError { .invalidParams("\(path).\(name)", message) }

    /// A parameter that another part of the program refused; `parameter NAME` as the place means a member of it.
    func invalid(_ name: String, _ error: AtelierError) -> RPCError {
        var (place, message) = ("\(path).\(name)", error.message)
        if let location = error.location {
            if location.hasPrefix("parameter ") {
                place += ".\(location.dropFirst(10))"
            } else {
                message = "\(location): \(message)"
            }
        }
        if let advice = error.advice { message += ". \(advice)" }
        return .invalidParams(place, message)
    }
}
