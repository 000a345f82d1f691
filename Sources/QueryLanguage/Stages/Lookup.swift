import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$lookup": equality join, join with a pipeline, or both.
    static let lookup = StageOperator("$lookup") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(
                .failedToParse, "the $lookup specification must be an object, but found \(specification.type.name)")
        }
        var texts: [String: String] = [:]
        var pipeline: [ValueView]?
        var variables: [(name: String, value: ValueView)] = []
        var cursor = specification.asDocument.elements()
        while cursor.next() {
            let (name, value) = (cursor.keyString, cursor.value)
            switch name {
            case "from", "as", "localField", "foreignField":
                guard value.type == .string else {
                    throw AtelierError(
                        .failedToParse, "$lookup argument '\(name)' must be a string, found \(value.type.name)")
                }
                texts[name] = value.asString
            case "pipeline": pipeline = try PipelineBuilder.stages(value)
            case "let":
                guard value.type == .document else {
                    throw AtelierError(
                        .failedToParse, "$lookup argument 'let' must be an object, is type \(value.type.name)")
                }
                var inner = value.asDocument.elements()
                while inner.next() {
                    try Compiler.checkVariableName(inner.keyString)
                    variables.append((inner.keyString, inner.value))
                }
            default: throw AtelierError(.failedToParse, "unknown argument to $lookup: \(name)")
            }
        }
        guard let output = texts["as"] else {
            throw AtelierError(.failedToParse, "must specify 'as' field for a $lookup")
        }
        guard (texts["localField"] == nil) == (texts["foreignField"] == nil) else {
            throw AtelierError(
                .failedToParse, "$lookup requires both or neither of 'localField' and 'foreignField' to be specified")
        }
        if pipeline == nil && texts["localField"] == nil {
            throw AtelierError(
                .failedToParse,
                "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified")
        }
        if pipeline == nil && !variables.isEmpty {
            throw AtelierError(.failedToParse, "$lookup with a 'let' argument must also specify 'pipeline'")
        }
        guard texts["from"] != nil || pipeline?.first.map({ isDocumentsStage($0) }) == true else {
            throw AtelierError(.failedToParse, "missing 'from' option to $lookup stage specification")
        }
        let compiler = builder.compiler
        var join: EqualityJoin?
        if let local = texts["localField"], let foreign = texts["foreignField"] {
            join = try EqualityJoin(builder, from: texts["from"]!, localField: local, foreignField: foreign)
        }
        var nested: NestedPipeline?
        if let pipeline {
            let bound = try variables.map { ($0.name, try compiler.expression($0.value)) }
            nested = try NestedPipeline(builder, from: texts["from"], pipeline, bound, fed: join != nil)
        }
        let target = try PathTarget(output, compiler)
        builder.stage = Lookup(builder.stage, join: join, nested: nested, target)
    }
}

private func isDocumentsStage(_ specification: ValueView) -> Bool {
    (try? PipelineBuilder.split(specification))?.name == "$documents"
}

/// Whether a random operator stands anywhere in a value.
private func dependsOnChance(_ value: ValueView) -> Bool {
    guard value.type == .document || value.type == .array else { return false }
    var cursor = value.asDocument.elements()
    while cursor.next() {
        if ["$rand", "$sample", "$sampleRate"].contains(cursor.keyString) || dependsOnChance(cursor.value) {
            return true
        }
    }
    return false
}

/// Adds an array of another collection's documents to each row.
final class Lookup: Stage {
    private let input: Stage
    private let join: EqualityJoin?
    private let nested: NestedPipeline?
    private let target: PathTarget
    /// What a pipeline yields that is the same for every row, and where that is kept.
    private var memory = Arena()
    private var constant: ValueView?

    init(_ input: Stage, join: EqualityJoin?, nested: NestedPipeline?, _ target: PathTarget) {
        self.input = input
        self.join = join
        self.nested = nested
        self.target = target
    }

    override func next(_ scope: Scope) throws -> Bool {
        guard try input.next(scope) else { return false }
        // A row may find a great deal.
        try scope.interrupt.check()
        if let constant {
            target.assign(constant, scope)
            return true
        }
        let matches = try join?.matches(scope)
        let result = try scope.arena.array { writer in
            if let nested {
                try nested.run(over: matches, scope) { writer.appendElement(.document($0)) }
            } else {
                for document in matches ?? [] { writer.appendElement(document) }
            }
        }
        if nested?.isConstant == true { constant = memory.copy(result) }
        target.assign(result, scope)
        return true
    }

    override func restart() {
        input.restart()
        join?.forget()
        nested?.restart()
        constant = nil
        memory = Arena()
    }
}

/// A pipeline that runs once per outer row, with the row's values as variables.
final class NestedPipeline {
    private let bindings: [(slot: Slot, value: Expression)]
    private let fed: BufferedDocuments?
    private let pipeline: Pipeline
    /// Whether every run yields the same: nothing in it depends on the outer row, or on chance.
    let isConstant: Bool

    /// - Parameter fed: whether the caller hands the documents over on each run, instead of the collection's own.
    init(
        _ builder: PipelineBuilder, from collection: String?, _ stages: [ValueView],
        _ variables: [(String, Expression)],
        fed isFed: Bool = false
    ) throws {
        let compiler = Compiler(now: builder.compiler.now)
        var slots: [String: Slot] = [:]
        // Variables of the outer pipelines stay in sight: their values are handed on at each run.
        var bindings: [(slot: Slot, value: Expression)] = []
        for (name, outer) in builder.compiler.variables {
            let slot = compiler.newSlot()
            slots[name] = slot
            bindings.append((slot, SlotRead(outer)))
        }
        for (name, value) in variables {
            let slot = compiler.newSlot()
            slots[name] = slot
            bindings.append((slot, value))
        }
        self.bindings = bindings
        isConstant = bindings.isEmpty && !isFed && !stages.contains(where: dependsOnChance)
        let source: Stage
        if isFed {
            let buffer = BufferedDocuments(compiler)
            fed = buffer
            source = buffer
        } else {
            fed = nil
            source =
                if let collection {
                    try builder.environment.source(
                        collection: collection, compiler: compiler, pipeline: slots.isEmpty ? stages : [])
                } else {
                    SingleRow(compiler)
                }
        }
        pipeline = try builder.nested(stages, variables: slots, compiler: compiler, source: source)
            .finish()
    }

    /// Runs the pipeline for the row at hand and hands each document over; it is valid until the next one.
    func run(over documents: [ValueView]?, _ outer: Scope, _ visit: (DocumentView) -> Void) throws {
        fed?.documents = documents ?? []
        try start(outer)
        while let document = try pipeline.next() { visit(document) }
    }

    /// Begins a run for the outer row at hand; `next` then yields its documents.
    func start(_ outer: Scope) throws {
        pipeline.restart()
        for binding in bindings { pipeline.scope.assign(binding.slot, try binding.value.evaluate(outer)) }
    }

    func next() throws -> DocumentView? { try pipeline.next() }

    func restart() { pipeline.restart() }
}

/// Which documents of a collection have a field equal to the row's: by an index, or by a hash table made on first use.
final class EqualityJoin {
    private let local: Slot
    private let below: [FieldName]
    private let index: (any EqualityIndex)?
    private let foreign: ForeignTable
    private let check: ForeignMatch

    init(_ builder: PipelineBuilder, from: String, localField: String, foreignField: String) throws {
        let components = try FieldPath(localField).components
        local = builder.compiler.field(components[0].text)
        below = Array(components.dropFirst())
        let path = try FieldPath(foreignField).components
        check = ForeignMatch(path)
        index = try builder.environment.equalityIndex(collection: from, field: foreignField)
        foreign = try ForeignTable(builder, from: from, path)
    }

    /// The matching documents, in the order of the collection.
    func matches(_ scope: Scope) throws -> [ValueView] {
        let wanted = localValues(scope)
        if let index {
            var found: [ValueView] = []
            // An index yields its keys in order.
            for value in wanted.sorted(by: { $0.compare($1) < 0 }) { try index.documents(equalTo: value, into: &found) }
            var seen: Set<UInt64> = []
            return found.filter { document in
                wanted.contains { check.matches(document, $0) } && seen.insert(document.bits).inserted
            }
        }
        return try foreign.documents(equalToAnyOf: wanted)
    }

    /// The row's values: each element of an array and what lies below it; null where there is nothing, as for an empty
    /// array.
    private func localValues(_ scope: Scope) -> [ValueView] {
        var values: [ValueView] = []
        collect(scope.slots[local.index], below[...], into: &values)
        return values.isEmpty ? [.null] : values
    }

    private func collect(_ value: ValueView, _ rest: ArraySlice<FieldName>, into values: inout [ValueView]) {
        guard let name = rest.first else {
            if value.type == .array {
                var cursor = value.asDocument.elements()
                while cursor.next() { values.append(cursor.value) }
            } else if !value.isMissing {
                values.append(value)
            }
            return
        }
        switch value.type {
        case .document: collect(value.asDocument.find(name), rest.dropFirst(), into: &values)
        case .array:
            var cursor = value.asDocument.elements()
            while cursor.next() {
                if cursor.type == .document { collect(cursor.value, rest, into: &values) }
            }
        default: break
        }
    }

    func forget() { foreign.forget() }
}

/// Whether a document's field equals a value as a filter `{path: value}` sees it.
struct ForeignMatch {
    let path: [FieldName]

    init(_ path: [FieldName]) { self.path = path }

    func matches(_ document: ValueView, _ value: ValueView) -> Bool {
        var found = false
        ForeignMatch.visit(document, path[...]) { candidate in
            if candidate.isNullish && value.isNullish
                ? candidate.type != .undefined || value.type == .undefined : candidate.equals(value)
            {
                found = true
            }
        }
        return found
    }

    /// Every value a filter on the path looks at: arrays themselves, and their elements; missing where a path ends early.
    static func visit(_ value: ValueView, _ rest: ArraySlice<FieldName>, _ body: (ValueView) -> Void) {
        guard let name = rest.first else {
            if value.type == .array {
                var cursor = value.asDocument.elements()
                while cursor.next() { body(cursor.value) }
            }
            body(value)
            return
        }
        switch value.type {
        case .document: visit(value.asDocument.find(name), rest.dropFirst(), body)
        case .array:
            if let position = Int(name.text) {
                let element = value.asDocument.element(at: position)
                if !element.isMissing { visit(element, rest.dropFirst(), body) }
            }
            var cursor = value.asDocument.elements()
            while cursor.next() {
                if cursor.type == .document { visit(cursor.value, rest, body) }
            }
        default: body(.missing)
        }
    }
}

/// A collection's documents by the values of one field, in memory.
final class ForeignTable {
    private let pipeline: Pipeline
    private let path: [FieldName]
    private let stable: Bool
    private var memory = Arena()
    private var documents: [ValueView] = []
    /// Values in `keys`, and per value the numbers of the documents that hold it.
    private var keys = ValueSet()
    private var holders: [[Int32]] = []
    private var loaded = false

    /// - Parameter filter: which documents count; all where it is nil.
    init(_ builder: PipelineBuilder, from: String, _ path: [FieldName], matching filter: ValueView? = nil) throws {
        let compiler = Compiler(now: builder.compiler.now)
        let source = try builder.environment.source(collection: from, compiler: compiler, pipeline: [])
        stable = compiler.shape.isStable
        self.path = path
        let nested = try builder.nested([], compiler: compiler, source: source)
        if let filter { nested.stage = Match(nested.stage, try compiler.filter(filter.asDocument)) }
        pipeline = nested.finish()
    }

    func documents(equalToAnyOf values: [ValueView]) throws -> [ValueView] {
        if !loaded { try load() }
        var numbers: [Int32] = []
        for value in values {
            if let position = keys.index(of: value.isNullish && value.type != .undefined ? .null : value) {
                numbers.append(contentsOf: holders[position])
            }
        }
        if values.count > 1 {
            numbers.sort()
            var last: Int32 = -1
            numbers.removeAll { number in
                defer { last = number }
                return number == last
            }
        }
        return numbers.map { documents[Int($0)] }
    }

    private func load() throws {
        loaded = true
        while let view = try pipeline.next() {
            let document = stable ? ValueView.document(view) : memory.copy(.document(view))
            let number = Int32(documents.count)
            documents.append(document)
            ForeignMatch.visit(document, path[...]) { value in
                let key = value.isNullish && value.type != .undefined ? .null : value
                let position = keys.insertIndex(key, memory: memory)
                if position == holders.count { holders.append([]) }
                if holders[position].last != number { holders[position].append(number) }
            }
        }
    }

    func forget() {
        loaded = false
        documents = []
        holders = []
        keys = ValueSet()
        memory = Arena()
        pipeline.restart()
    }
}
