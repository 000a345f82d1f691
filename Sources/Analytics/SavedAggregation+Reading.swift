import BSON
import Definitions

extension SavedAggregation {
    /// Reads a definition from its file.
    ///
    /// - Throws: `fileOpenFailed`; `failedToParse` with the file and the line and column of broken JSON, or the path of what
    ///   is wrong in it.
    public init(contentsOf path: String) throws { try self.init(Files.document(at: path), path: path) }

    /// Reads a definition.
    /// - Parameter path: the file it came from, whose name without `.json` must be the aggregation's.
    /// - Throws: `failedToParse` with the place of what is wrong.
    public init(_ document: Document, path: String) throws {
        let reader = DefinitionReader(document, file: path, manual: "aggregations/README.md")
        try reader.allow([
            "name", "title", "question", "topic", "collection", "parameters", "pipeline", "columns", "chart", "notes",
            "since", "refresh",
        ])
        name = try reader.string("name")
        title = try reader.string("title")
        question = try reader.string("question")
        topic = try reader.optionalString("topic") ?? SavedAggregation.defaultTopic
        collection = try reader.string("collection")
        parameters = try reader.documents("parameters", optional: true).map(Parameter.init)
        pipeline = try reader.documents("pipeline").map(\.document)
        columns = try reader.documents("columns").map(Column.init)
        chart = try reader.optionalDocument("chart").map(Chart.init)
        notes = try reader.strings("notes", optional: true)
        since = try reader.optionalString("since") ?? "4.2"
        refresh = try RefreshRule(reader, parameters: parameters, columns: columns)
        self.path = path
        try check(reader)
    }

    private func check(_ reader: DefinitionReader) throws {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        guard file == "\(name).json" else {
            throw reader.wrong("name", "is not the file's", advice: "Call one of them like the other.")
        }
        guard name.utf8.allSatisfy({ 97...122 ~= $0 || 48...57 ~= $0 || $0 == UInt8(ascii: "-") }) else {
            throw reader.wrong("name", "holds something besides a–z, 0–9 and hyphens")
        }
        if let twice = firstRepeated(parameters.map(\.name)) {
            throw reader.wrong("parameters", "names \(twice) twice")
        }
        if let twice = firstRepeated(columns.map(\.name)) { throw reader.wrong("columns", "names \(twice) twice") }
        if refresh != .never, columns.contains(where: { $0.name == Refresher.timeField }) {
            throw reader.wrong(
                "columns", "names \(Refresher.timeField), which rows in gold collections have for themselves",
                advice: "Give the column another name, or the definition \"refresh\": \"never\".")
        }
        guard !columns.isEmpty else { throw reader.wrong("columns", "is empty") }
        guard !pipeline.isEmpty else { throw reader.wrong("pipeline", "is empty") }
        for column in chart?.columns ?? [] where !columns.contains(where: { $0.name == column }) {
            throw reader.wrong("chart", "names the column \(column), which is not there")
        }
        var references = ReferenceCheck(names: parameters.map(\.name), reader: reader)
        for (index, stage) in pipeline.enumerated() {
            guard stage.count == 1 || Choice(stage) != nil else {
                throw reader.wrong("pipeline[\(index)]", "is not an object with one key, the stage's operator")
            }
            try references.visit(.document(stage), at: "pipeline[\(index)]")
        }
        if let unused = parameters.firstIndex(where: { !references.used.contains($0.name) }) {
            throw reader.wrong(
                "parameters[\(unused)]", "is \(parameters[unused].name), which the pipeline does not use")
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
                    throw reader.wrong(
                        path, "does not use \(marker) as it is meant",
                        advice: #"Write {"$param": "name"} or {"$if": "name", "then": …, "else": …}."#)
                }
                guard case .string(let name) = name, names.contains(name) else {
                    throw reader.wrong("\(path).\(marker)", "names no parameter", advice: advice(for: name))
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
    fileprivate init(_ reader: DefinitionReader) throws {
        try reader.allow([
            "name", "type", "description", "required", "default", "values", "minimum", "maximum",
        ])
        let plain = Parameter(
            name: try reader.string("name"), type: try reader.choice("type", ParameterType.self),
            description: try reader.string("description"), isRequired: try reader.optionalBool("required") ?? false,
            values: try reader.strings("values", optional: true), minimum: try reader.optionalNumber("minimum"),
            maximum: try reader.optionalNumber("maximum"))
        guard plain.values.isEmpty || plain.type == .string else {
            throw reader.wrong("values", "limits a \(plain.type.rawValue); only a string has values")
        }
        guard plain.minimum == nil && plain.maximum == nil || [.integer, .number, .decimal].contains(plain.type) else {
            throw reader.wrong(plain.minimum == nil ? "maximum" : "minimum", "bounds what is not a number")
        }
        guard let given = reader.document["default"] else {
            self = plain
            return
        }
        guard !plain.isRequired else {
            throw reader.wrong("required", "is true, but what has a default is not required")
        }
        do {
            self = plain.with(defaultValue: try plain.value(checking: given))
        } catch let error as AtelierError {
            throw reader.wrong("default", "does not fit: \(error.message)", advice: error.advice)
        }
    }

    private func with(defaultValue: BSONValue) -> Parameter {
        Parameter(
            name: name, type: type, description: description, isRequired: isRequired, defaultValue: defaultValue,
            values: values, minimum: minimum, maximum: maximum)
    }
}

extension Column {
    fileprivate init(_ reader: DefinitionReader) throws {
        try reader.allow(["name", "type", "unit", "title"])
        name = try reader.string("name")
        type = try reader.choice("type", ColumnType.self)
        unit = try reader.optionalChoice("unit", Unit.self)
        title = try reader.optionalString("title") ?? name
        if unit != nil && !type.isNumeric { throw reader.wrong("unit", "is that of a number") }
    }
}

extension Chart {
    fileprivate init(_ reader: DefinitionReader) throws {
        try reader.allow(["type", "x", "series", "y"])
        kind = try reader.choice("type", Kind.self)
        x = try reader.optionalString("x")
        series = try reader.optionalString("series")
        y = try reader.strings("y")
    }

    /// The columns it draws.
    fileprivate var columns: [String] { [x, series].compactMap(\.self) + y }
}
