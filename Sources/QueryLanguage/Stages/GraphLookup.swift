import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$graphLookup". Everything reachable from a value by equality of two fields, breadth first.
    static let graphLookup = StageOperator("$graphLookup") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(
                40327, "the $graphLookup specification must be an object, but found \(specification.type.name)")
        }
        let compiler = builder.compiler
        var texts: [String: String] = [:]
        var start: Expression?
        var maxDepth: Int64?
        var restriction: ValueView?
        var cursor = specification.asDocument.elements()
        while cursor.next() {
            let (name, value) = (cursor.keyString, cursor.value)
            switch name {
            case "startWith": start = try compiler.expression(value)
            case "maxDepth":
                guard value.isNumber else {
                    throw AtelierError(40100, "maxDepth requires numeric argument, found type: \(value.type.name)")
                }
                guard let depth = value.numberAsDouble, depth >= 0 else {
                    throw AtelierError(40101, "maxDepth requires a nonnegative argument")
                }
                guard let whole = value.exactInt64 else {
                    throw AtelierError(40102, "maxDepth could not be represented as a long long")
                }
                maxDepth = whole
            case "restrictSearchWithMatch":
                guard value.type == .document else {
                    throw AtelierError(40185, "restrictSearchWithMatch must be an object, found \(value.type.name)")
                }
                restriction = value
            case "from", "as", "connectFromField", "connectToField", "depthField":
                guard value.type == .string else {
                    throw AtelierError(40103, "expected string as argument for \(name), found: \(value.type.name)")
                }
                texts[name] = value.asString
            default: throw AtelierError(40104, "Unknown argument to $graphLookup: \(name)")
            }
        }
        guard let start, let from = texts["from"], let output = texts["as"],
            let connectFrom = texts["connectFromField"],
            let connectTo = texts["connectToField"]
        else {
            throw AtelierError(
                40105,
                "$graphLookup requires 'from', 'as', 'startWith', 'connectFromField', and 'connectToField' to be specified"
            )
        }
        let depthField = try texts["depthField"].map { try FieldPath($0).components }
        let table = try ForeignTable(
            builder, from: from, try FieldPath(connectTo).components, matching: restriction)
        let target = try PathTarget(output, compiler)
        builder.stage = GraphLookup(
            builder.stage, start, table, connectFrom: try FieldPath(connectFrom).components, maxDepth: maxDepth,
            depthField: depthField, target)
    }
}

final class GraphLookup: Stage {
    private let input: Stage
    private let start: Expression
    private let table: ForeignTable
    private let connectFrom: [FieldName]
    private let maxDepth: Int64?
    private let depthField: [FieldName]?
    private let target: PathTarget

    init(
        _ input: Stage, _ start: Expression, _ table: ForeignTable, connectFrom: [FieldName], maxDepth: Int64?,
        depthField: [FieldName]?, _ target: PathTarget
    ) {
        self.input = input
        self.start = start
        self.table = table
        self.connectFrom = connectFrom
        self.maxDepth = maxDepth
        self.depthField = depthField
        self.target = target
    }

    override func next(_ scope: Scope) throws -> Bool {
        guard try input.next(scope) else { return false }
        let first = try start.evaluate(scope)
        var frontier: [ValueView] = []
        if first.type == .array {
            var cursor = first.asDocument.elements()
            while cursor.next() { frontier.append(cursor.value) }
        } else if !first.isMissing {
            frontier = [first]
        }
        var found: [(document: ValueView, depth: Int64)] = []
        var seen = ValueSet()
        var searched = ValueSet()
        var depth: Int64 = 0
        while !frontier.isEmpty && depth <= maxDepth ?? Int64.max {
            try scope.interrupt.check()
            let fresh = frontier.filter { searched.insert($0, memory: scope.arena) }
            frontier = []
            for document in try table.documents(equalToAnyOf: fresh) {
                guard seen.insert(document.asDocument.find("_id"), memory: scope.arena) else { continue }
                found.append((document, depth))
                collect(document, connectFrom[...], into: &frontier)
            }
            depth += 1
        }
        let result = scope.arena.array { writer in
            for (document, depth) in found {
                if let depthField {
                    writer.appendElement(replacing(document, depthField[...], with: .int64(depth), scope.arena))
                } else {
                    writer.appendElement(document)
                }
            }
        }
        target.assign(result, scope)
        return true
    }

    /// The values to search for next: what stands at the path, arrays element by element; nothing where it leads nowhere.
    private func collect(_ value: ValueView, _ rest: ArraySlice<FieldName>, into values: inout [ValueView]) {
        if value.type == .array {
            var cursor = value.asDocument.elements()
            while cursor.next() {
                if rest.isEmpty {
                    values.append(cursor.value)
                } else if cursor.type == .document {
                    collect(cursor.value, rest, into: &values)
                }
            }
            return
        }
        guard let name = rest.first else {
            if !value.isMissing { values.append(value) }
            return
        }
        if value.type == .document { collect(value.asDocument.find(name), rest.dropFirst(), into: &values) }
    }

    override func restart() {
        input.restart()
        table.forget()
    }
}
