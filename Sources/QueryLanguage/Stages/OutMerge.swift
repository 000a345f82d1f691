import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$out". The collection is replaced as a whole, at the end.
    static let out = StageOperator("$out") { specification, builder in
        let target: (database: String?, collection: String)
        switch specification.type {
        case .string: target = (nil, specification.asString)
        case .document: target = try MergeTarget.read(specification.asDocument, stage: "$out")
        default:
            throw AtelierError(
                16990, "$out only supports a string or object argument, but found \(specification.type.name)")
        }
        try builder.write(to: target, stage: "$out") { writer, document, _ in
            try writer.replaceCollection(with: document)
        }
    }

    /// Source: MongoDB manual, "$merge". Each document is merged into the collection by the `on` fields, all at the end.
    static let merge = StageOperator("$merge") { specification, builder in
        let merge = try MergeSpecification(specification, builder)
        try builder.write(to: merge.target, stage: "$merge") { writer, document, scope in
            try writer.merge(document, variables: try merge.variables(scope), merge.rule)
        }
    }
}

extension PipelineBuilder {
    fileprivate func write(
        to target: (database: String?, collection: String), stage name: String,
        _ take: @escaping (any PipelineWriter, DocumentView, Scope) throws -> Void
    ) throws {
        guard topLevel else {
            throw AtelierError(51047, "\(name) is not allowed within a $lookup, $facet or $unionWith sub-pipeline")
        }
        let writer = try environment.writer(database: target.database, collection: target.collection)
        stage = WriteOut(stage, row: compiler.rowDocument(), writer, take)
        writes = true
    }
}

/// Hands every row to a writer and finishes it; yields no rows.
final class WriteOut: Stage {
    private let input: Stage
    private let row: Expression
    private let writer: any PipelineWriter
    private let take: (any PipelineWriter, DocumentView, Scope) throws -> Void

    init(
        _ input: Stage, row: Expression, _ writer: any PipelineWriter,
        _ take: @escaping (any PipelineWriter, DocumentView, Scope) throws -> Void
    ) {
        self.input = input
        self.row = row
        self.writer = writer
        self.take = take
    }

    override func next(_ scope: Scope) throws -> Bool {
        while try input.next(scope) {
            try scope.interrupt.check()
            try take(writer, try row.evaluate(scope).asDocument, scope)
        }
        try writer.finish()
        return false
    }
}

private enum MergeTarget {
    /// `{db, coll}`.
    static func read(_ document: DocumentView, stage: String) throws -> (database: String?, collection: String) {
        var database: String?
        var collection: String?
        var cursor = document.elements()
        while cursor.next() {
            let name = cursor.keyString
            guard name == "db" || name == "coll" else {
                throw AtelierError(40415, "BSON field '\(stage).\(name)' is an unknown field.")
            }
            guard cursor.value.type == .string else {
                throw AtelierError(
                    .typeMismatch,
                    "BSON field '\(stage).\(name)' is the wrong type '\(cursor.type.name)', expected type 'string'")
            }
            if name == "db" { database = cursor.value.asString } else { collection = cursor.value.asString }
        }
        guard let collection else {
            throw AtelierError(40414, "BSON field '\(stage).coll' is missing but a required field")
        }
        return (database, collection)
    }
}

/// A `$merge` as it was asked for.
private final class MergeSpecification {
    let target: (database: String?, collection: String)
    let rule: MergeRule
    private let transform: MergeTransform?

    init(_ specification: ValueView, _ builder: PipelineBuilder) throws {
        var into: (database: String?, collection: String)?
        var on: [String] = ["_id"]
        var matched = MergeRule.Matched.merge
        var notMatched = MergeRule.NotMatched.insert
        var stages: [ValueView]?
        var variables: [(String, Expression)] = []
        switch specification.type {
        case .string: into = (nil, specification.asString)
        case .document:
            var cursor = specification.asDocument.elements()
            while cursor.next() {
                let (name, value) = (cursor.keyString, cursor.value)
                switch name {
                case "into":
                    switch value.type {
                    case .string: into = (nil, value.asString)
                    case .document: into = try MergeTarget.read(value.asDocument, stage: "$merge.into")
                    default:
                        throw AtelierError(
                            51178,
                            "$merge 'into' field must be either a string or an object, but found \(value.type.name)")
                    }
                case "on": on = try MergeSpecification.onFields(value)
                case "let":
                    guard value.type == .document else {
                        throw AtelierError(
                            .typeMismatch,
                            "BSON field '$merge.let' is the wrong type '\(value.type.name)', expected type 'object'")
                    }
                    var inner = value.asDocument.elements()
                    while inner.next() {
                        try Compiler.checkVariableName(inner.keyString)
                        variables.append((inner.keyString, try builder.compiler.expression(inner.value)))
                    }
                case "whenMatched":
                    if value.type == .array {
                        stages = try PipelineBuilder.stages(value)
                    } else {
                        matched = try MergeSpecification.matched(value)
                    }
                case "whenNotMatched": notMatched = try MergeSpecification.notMatched(value)
                default: throw AtelierError(40415, "BSON field '$merge.\(name)' is an unknown field.")
                }
            }
        default:
            throw AtelierError(
                .typeMismatch, "$merge requires a string or object argument, but found \(specification.type.name)")
        }
        guard let into else { throw AtelierError(40414, "BSON field '$merge.into' is missing but a required field") }
        if stages == nil && !variables.isEmpty {
            throw AtelierError(51199, "Cannot use 'let' variables with a 'whenMatched' that is not a pipeline")
        }
        target = into
        if let stages {
            let transform = try MergeTransform(builder, stages, variables)
            self.transform = transform
            matched = .pipeline(transform: transform.apply)
        } else {
            transform = nil
        }
        rule = MergeRule(on: on, whenMatched: matched, whenNotMatched: notMatched)
    }

    /// The `let` variables' values for the row at hand.
    func variables(_ scope: Scope) throws -> Document { try transform?.variables(scope) ?? Document() }

    private static func onFields(_ value: ValueView) throws -> [String] {
        switch value.type {
        case .string: return [value.asString]
        case .array:
            var names: [String] = []
            var cursor = value.asDocument.elements()
            while cursor.next() {
                guard cursor.type == .string else {
                    throw AtelierError(
                        51134, "$merge 'on' array elements must be strings, but found \(cursor.type.name)")
                }
                guard !names.contains(cursor.value.asString) else {
                    throw AtelierError(
                        31465, "Found a duplicate field in the 'on' field of $merge: '\(cursor.value.asString)'")
                }
                names.append(cursor.value.asString)
            }
            if names.isEmpty {
                throw AtelierError(51187, "If explicitly specifying $merge 'on', must include at least one field")
            }
            return names
        default:
            throw AtelierError(
                51186, "$merge 'on' field must be either a string or an array of strings, but found \(value.type.name)")
        }
    }

    private static func matched(_ value: ValueView) throws -> MergeRule.Matched {
        switch value.type == .string ? value.asString : "" {
        case "replace": return .replace
        case "keepExisting": return .keepExisting
        case "merge": return .merge
        case "fail": return .fail
        case let other:
            throw AtelierError(
                .badValue, "Enumeration value '\(other)' for field '$merge.whenMatched' is not a valid value.")
        }
    }

    private static func notMatched(_ value: ValueView) throws -> MergeRule.NotMatched {
        switch value.type == .string ? value.asString : "" {
        case "insert": return .insert
        case "discard": return .discard
        case "fail": return .fail
        case let other:
            throw AtelierError(
                .badValue, "Enumeration value '\(other)' for field '$merge.whenNotMatched' is not a valid value.")
        }
    }
}

/// The pipeline of a `whenMatched`: makes the new version of an existing document, with the incoming one as `$$new`.
private final class MergeTransform {
    private static let allowed: Set<String> = [
        "$addFields", "$set", "$project", "$unset", "$replaceRoot", "$replaceWith",
    ]
    private let source: BufferedDocuments
    private let pipeline: Pipeline
    private let new: Slot
    private let bindings: [(name: String, slot: Slot, value: Expression)]

    init(_ builder: PipelineBuilder, _ stages: [ValueView], _ variables: [(String, Expression)]) throws {
        for stage in stages {
            let name = try PipelineBuilder.split(stage).name
            guard MergeTransform.allowed.contains(name) else {
                throw AtelierError(
                    .invalidOptions, "\(name) is not allowed to be used within a $merge stage's whenMatched")
            }
        }
        let compiler = Compiler(now: builder.compiler.now)
        new = compiler.newSlot()
        var slots = ["new": new]
        bindings = variables.map { name, value in
            let slot = compiler.newSlot()
            slots[name] = slot
            return (name, slot, value)
        }
        source = BufferedDocuments(compiler)
        pipeline = try builder.nested(stages, variables: slots, compiler: compiler, source: source).finish()
    }

    /// The variables' values for the row at hand.
    func variables(_ outer: Scope) throws -> Document {
        try Document { writer in
            for binding in bindings { writer.append(binding.name, try binding.value.evaluate(outer)) }
        }
    }

    func apply(_ existing: DocumentView, _ incoming: DocumentView, _ variables: DocumentView) throws -> Document {
        source.documents = [.document(existing)]
        pipeline.restart()
        pipeline.scope.assign(new, .document(incoming))
        for binding in bindings { pipeline.scope.assign(binding.slot, variables.find(binding.name)) }
        guard let result = try pipeline.next() else { return Document(copying: existing) }
        return Document(copying: result)
    }
}
