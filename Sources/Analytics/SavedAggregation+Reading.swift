import BSON

extension SavedAggregation {
    /// Reads a definition from its file.
    ///
    /// - Throws: `fileOpenFailed`; `failedToParse` with the file and the line and column of broken JSON, or the path of what
    ///   is wrong in it.
    public init(contentsOf path: String) throws {
        let bytes = try Files.contents(of: path)
        let document: Document
        do {
            document = try Document(json: bytes)
        } catch var error as AtelierError {
            error.location = error.location.map { "\(path): \($0)" } ?? path
            throw error
        }
        try self.init(document, path: path)
    }

    /// Reads a definition.
    /// - Parameter path: the file it came from, whose name without `.json` must be the aggregation's.
    /// - Throws: `failedToParse` with the place of what is wrong.
    public init(_ document: Document, path: String) throws {
        var reader = try DefinitionReader(document, file: path)
        name = try reader.string("name")
        title = try reader.string("title")
        question = try reader.string("question")
        collection = try reader.string("collection")
        parameters = try reader.map("parameters") { try Parameter(&$0) }
        pipeline = try reader.documents("pipeline")
        columns = try reader.map("columns") { try Column(&$0) }
        chart = try reader.optional("chart") { try Chart(&$0) }
        notes = try reader.strings("notes")
        since = try reader.optionalString("since") ?? "4.2"
        self.path = path
        try reader.finish()
        try check(reader)
    }

    private func check(_ reader: DefinitionReader) throws {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        guard file == "\(name).json" else {
            throw reader.error("the name is not the file's", "name", advice: "Call one of them like the other.")
        }
        guard name.utf8.allSatisfy({ 97...122 ~= $0 || 48...57 ~= $0 || $0 == UInt8(ascii: "-") }) else {
            throw reader.error("a name is made of a–z, 0–9 and hyphens", "name")
        }
        if let twice = firstRepeated(parameters.map(\.name)) {
            throw reader.error("\(twice) is there twice", "parameters")
        }
        if let twice = firstRepeated(columns.map(\.name)) { throw reader.error("\(twice) is there twice", "columns") }
        guard !columns.isEmpty else { throw reader.error("there must be at least one column", "columns") }
        guard !pipeline.isEmpty else { throw reader.error("there must be at least one stage", "pipeline") }
        for column in (chart.map { [$0.x].compactMap(\.self) + $0.y } ?? [])
        where !columns.contains(where: { $0.name == column }) {
            throw reader.error("there is no column \(column)", "chart")
        }
        var references = ReferenceCheck(names: parameters.map(\.name), reader: reader)
        for (index, stage) in pipeline.enumerated() {
            guard stage.count == 1 || Choice(stage) != nil else {
                throw reader.error("a stage is an object with one key, its operator", "pipeline[\(index)]")
            }
            try references.visit(.document(stage), at: "pipeline[\(index)]")
        }
        if let unused = parameters.firstIndex(where: { !references.used.contains($0.name) }) {
            throw reader.error("the pipeline does not use \(parameters[unused].name)", "parameters[\(unused)]")
        }
    }
}

/// Finds the parameters that a pipeline uses, and the uses that cannot be.
private struct ReferenceCheck {
    let names: [String]
    let reader: DefinitionReader
    var used = Set<String>()

    mutating func visit(_ value: BSONValue, at path: String) throws {
        switch value {
        case .document(let document):
            for marker in ["$param", "$if"] {
                guard let name = document[marker] else { continue }
                let isWhole = marker == "$param" ? document.count == 1 : Choice(document) != nil
                guard isWhole, document.keys.allSatisfy(["$param", "$if", "then", "else"].contains) else {
                    throw reader.error(
                        "\(marker) is not used as it is meant", path,
                        advice: #"Write {"$param": "name"} or {"$if": "name", "then": …, "else": …}."#)
                }
                guard case .string(let name) = name, names.contains(name) else {
                    throw reader.error("there is no such parameter", "\(path).\(marker)", advice: advice(for: name))
                }
                used.insert(name)
            }
            for (key, value) in document.elements { try visit(value, at: "\(path).\(key)") }
        case .array(let array):
            for (index, value) in array.values.enumerated() { try visit(value, at: "\(path)[\(index)]") }
        default: break
        }
    }

    private func advice(for name: BSONValue) -> String? {
        guard case .string(let name) = name else { return "Give the name of a parameter." }
        if let nearest = nearestName(to: name, among: names) { return "Did you mean \(nearest)?" }
        return names.isEmpty ? "The aggregation declares none." : "It declares \(names.joined(separator: ", "))."
    }
}

extension Parameter {
    fileprivate init(_ reader: inout DefinitionReader) throws {
        let plain = Parameter(
            name: try reader.string("name"), type: try reader.choice("type", ParameterType.self),
            description: try reader.string("description"), isRequired: try reader.bool("required"),
            values: try reader.strings("values"), minimum: try reader.number("minimum"),
            maximum: try reader.number("maximum"))
        guard plain.values.isEmpty || plain.type == .string else {
            throw reader.error("only a string is limited to values", "values")
        }
        guard plain.minimum == nil && plain.maximum == nil || [.integer, .number, .decimal].contains(plain.type) else {
            throw reader.error("only a number has bounds", plain.minimum == nil ? "maximum" : "minimum")
        }
        guard let given = reader.value("default") else {
            self = plain
            return
        }
        guard !plain.isRequired else { throw reader.error("what has a default is not required", "required") }
        do {
            self = plain.with(defaultValue: try plain.value(checking: given))
        } catch let error as AtelierError {
            throw reader.error(error.message, "default", advice: error.advice)
        }
    }

    private func with(defaultValue: BSONValue) -> Parameter {
        Parameter(
            name: name, type: type, description: description, isRequired: isRequired, defaultValue: defaultValue,
            values: values, minimum: minimum, maximum: maximum)
    }
}

extension Column {
    fileprivate init(_ reader: inout DefinitionReader) throws {
        name = try reader.string("name")
        type = try reader.choice("type", ColumnType.self)
        unit = try reader.optionalChoice("unit", Unit.self)
        title = try reader.optionalString("title") ?? name
        if unit != nil && !type.isNumeric { throw reader.error("only numbers have a unit", "unit") }
    }
}

extension Chart {
    fileprivate init(_ reader: inout DefinitionReader) throws {
        kind = try reader.choice("type", Kind.self)
        x = try reader.optionalString("x")
        y = try reader.strings("y")
        if y.isEmpty { throw reader.error("there must be at least one column to draw", "y") }
    }
}

/// The first that stood before already.
private func firstRepeated(_ names: [String]) -> String? {
    var seen = Set<String>()
    return names.first { !seen.insert($0).inserted }
}
