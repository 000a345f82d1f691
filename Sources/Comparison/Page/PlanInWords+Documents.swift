import BSON

extension PlanInWords {
    /// The plan of a pipeline, from the reply of `explain` and from the stages themselves.
    ///
    /// - Parameters:
    ///   - reply: of the embedded engine or of MongoDB.
    ///   - pipeline: the stages that were asked about.
    public init(explanation reply: Document, collection: String, pipeline: [Document]) {
        let planner = PlanInWords.planner(reply)
        var steps: [Step] = []
        var rest = pipeline[...]
        if let plan = planner?["winningPlan"]?.documentValue {
            let filter = planner?["parsedQuery"]?.documentValue ?? [:]
            steps.append(PlanInWords.access(plan, collection, fields: PlanInWords.fields(filter)))
            if let first = rest.first?.elements.first(where: { _ in true }), first.key == "$match" {
                rest = rest.dropFirst()
            }
        }
        for stage in rest { PlanInWords.add(stage, depth: 0, to: &steps) }
        var shown = planner ?? reply
        shown = Document(shown.elements.filter { $0.key != "rejectedPlans" }.map { ($0.key, $0.value) })
        var json = ExtendedJSONWriter(.relaxed, indentation: 2)
        json.append(shown)
        self.init(steps, original: String(decoding: json.bytes, as: UTF8.self))
    }

    private static func planner(_ reply: Document) -> Document? {
        if let planner = reply["queryPlanner"]?.documentValue { return planner }
        let first = reply["stages"]?.arrayValue?.first?.documentValue
        return first?["$cursor"]?.documentValue?["queryPlanner"]?.documentValue
    }

    // MARK: The first documents

    private static func access(_ plan: Document, _ collection: String, fields: [String]) -> Step {
        let kept = fields.isEmpty ? "" : ", and keeps those that fit by \(fields.joined(separator: ", "))"
        guard let index = indexScan(plan) else {
            if contains("EOF", plan) {
                return Step(depth: 0, text: "Reads nothing: nothing can fit", kind: .other)
            }
            return Step(depth: 0, text: "Reads all documents of \(collection) once\(kept)", kind: .scan(collection))
        }
        let name = index["indexName"]?.stringValue ?? ""
        let bounds = index["indexBounds"]?.documentValue
        let isWhole =
            bounds?.elements.allSatisfy { _, value in
                value.arrayValue?.allSatisfy { $0.stringValue.map(isUnbounded) ?? false } ?? false
            } ?? false
        let what = isWhole ? "Walks all of the index \(name)" : "Walks a part of the index \(name)"
        let sorted = index["providesSort"]?.isTruthy == true ? ", which has the order that is asked for," : ""
        return Step(
            depth: 0, text: "\(what) of \(collection)\(sorted) and fetches the documents\(kept)",
            kind: isWhole ? .scan(collection) : .lookup(collection))
    }

    private static func isUnbounded(_ bounds: String) -> Bool {
        let inner = bounds.dropFirst().dropLast()
        return inner == #"{"$minKey":1}, {"$maxKey":1}"# || inner == "MinKey, MaxKey" || inner == "MaxKey, MinKey"
    }

    private static func indexScan(_ plan: Document) -> Document? {
        if plan["stage"]?.stringValue == "IXSCAN" { return plan }
        return (plan["inputStage"] ?? plan["queryPlan"])?.documentValue.flatMap(indexScan)
    }

    private static func contains(_ stage: String, _ plan: Document) -> Bool {
        if plan["stage"]?.stringValue == stage { return true }
        return (plan["inputStage"] ?? plan["queryPlan"])?.documentValue.map { contains(stage, $0) } ?? false
    }

    // MARK: Stages

    private static func add(_ stage: Document, depth: Int, to steps: inout [Step]) {
        guard let element = stage.elements.first(where: { _ in true }) else { return }
        func say(_ text: String, _ kind: Step.Kind = .other) {
            steps.append(Step(depth: depth, text: text, kind: kind))
        }
        let value = element.value
        let object = value.documentValue ?? [:]
        let names = object.elements.map { $0.key }
        switch element.key {
        case "$match": say("Keeps the rows that fit by \(list(fields(object)))")
        case "$unwind":
            let path = value.stringValue ?? object["path"]?.stringValue ?? ""
            say("Makes a row of each element of \(path.drop { $0 == "$" })")
        case "$group":
            let keys = object["_id"].map(paths) ?? []
            let counted = list(names.filter { $0 != "_id" })
            let by = keys.isEmpty ? "all rows into one" : "by \(list(keys))"
            say("Groups \(by) in memory\(counted.isEmpty ? "" : ", for \(counted)")", .group)
        case "$sort", "$sortByCount":
            say("Sorts by \(names.isEmpty ? "count" : list(names))", .sort)
        case "$limit": say("Keeps the first \(value.integerValue ?? 0)")
        case "$skip": say("Leaves out the first \(value.integerValue ?? 0)")
        case "$count": say("Counts the rows", .group)
        case "$lookup": addLookup(object, depth: depth, to: &steps)
        case "$unionWith":
            let other = value.stringValue ?? object["coll"]?.stringValue ?? ""
            say("Adds the documents of \(other)", .scan(other))
            addInner(object["pipeline"], depth: depth + 1, to: &steps)
        case "$facet":
            say("Does with the same rows, each by itself:")
            for (name, inner) in object.elements {
                steps.append(Step(depth: depth + 1, text: "For \(name):", kind: .other))
                addInner(inner, depth: depth + 2, to: &steps)
            }
        case "$setWindowFields":
            say(
                "Sorts within each \(list(object["partitionBy"].map(paths) ?? [])) and computes over the neighbours",
                .sort)
        case "$addFields", "$set": say("Computes \(list(names))")
        case "$project":
            let computed = object.elements.filter { $0.value.documentValue != nil || $0.value.stringValue != nil }
            if !computed.isEmpty { say("Computes \(list(computed.map { $0.key }))") }
        case "$replaceRoot", "$replaceWith": say("Puts a part of each row in its place")
        default: say("Carries out \(element.key)")
        }
    }

    private static func addLookup(_ object: Document, depth: Int, to steps: inout [Step]) {
        let from = object["from"]?.stringValue ?? ""
        let field = object["foreignField"]?.stringValue
        steps.append(
            Step(
                depth: depth,
                text: field.map { "For each row, looks up \(from) by \($0)" } ?? "For each row, asks \(from):",
                kind: field == nil ? .other : .lookup(from)))
        addInner(object["pipeline"], depth: depth + 1, to: &steps)
    }

    private static func addInner(_ value: BSONValue?, depth: Int, to steps: inout [Step]) {
        for stage in value?.arrayValue ?? [] {
            if let stage = stage.documentValue { add(stage, depth: depth, to: &steps) }
        }
    }

    // MARK: Names

    /// The fields a filter is about.
    private static func fields(_ filter: Document) -> [String] {
        var found: [String] = []
        for (key, value) in filter.elements {
            let inner =
                switch key {
                case "$and", "$or", "$nor": (value.arrayValue ?? []).flatMap { fields($0.documentValue ?? [:]) }
                case "$expr": paths(value)
                default: key.hasPrefix("$") ? [] : [key]
                }
            for name in inner where !found.contains(name) { found.append(name) }
        }
        return found
    }

    /// The paths an expression reads.
    private static func paths(_ expression: BSONValue) -> [String] {
        var found: [String] = []
        func visit(_ value: BSONValue) {
            switch value {
            case .string(let text):
                guard text.hasPrefix("$"), !text.hasPrefix("$$") else { return }
                let path = String(text.dropFirst())
                if !found.contains(path) { found.append(path) }
            case .document(let document): for (_, inner) in document.elements { visit(inner) }
            case .array(let array): for inner in array { visit(inner) }
            default: break
            }
        }
        visit(expression)
        return found
    }

    private static func list(_ names: [String]) -> String {
        names.count <= 6
            ? names.joined(separator: ", ") : "\(names.prefix(5).joined(separator: ", ")) and \(names.count - 5) more"
    }
}
