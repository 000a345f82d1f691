import BSON
import DocumentStore

/// The checks of one collection, from its definition.
struct CollectionChecks {
    private let definition: CollectionDefinition
    private let database: Database
    private let catalog: CollectionCatalog
    private let now: Int64
    private let fields: [SchemaField]

    init(_ definition: CollectionDefinition, _ database: Database, _ catalog: CollectionCatalog, now: Int64) {
        self.definition = definition
        self.database = database
        self.catalog = catalog
        self.now = now
        fields = SchemaField.all(in: definition.validator)
    }

    private var collection: Collection { database.collection(definition.name) }

    func run() throws -> (documents: Int, findings: [QualityFinding]) {
        let (documents, _, counted) = try (missing + future + rules).run(on: collection)
        var findings = counted
        findings += try refused(of: documents)
        for key in definition.quality.keys { findings.append(try duplicates(key, of: documents)) }
        for reference in references { findings.append(try orphans(reference)) }
        return (documents, findings)
    }

    // MARK: One pass over all documents

    /// Fields that may be left out, and are; those that must be there count as refused by the validator.
    private var missing: [FaultCount] {
        fields.filter { !$0.isRequired && $0.schema["enum"]?.arrayValue?.count != 1 }.map { field in
            FaultCount(
                severity: .info, check: "missing", field: field.name, array: field.array, scope: scope(field),
                fails: isType(field.value, ["missing", "null", "undefined"]), says: "an optional field has no value")
        }
    }

    private var future: [FaultCount] {
        fields.filter { $0.isDate && !definition.quality.mayBeFuture.contains($0.name) }.map { field in
            FaultCount(
                severity: .error, check: "future", field: field.name, array: field.array,
                scope: isType(field.value, ["date"]),
                fails: ["$gt": .array([field.value, .date(now)])], says: "a date that has not come yet")
        }
    }

    private var rules: [FaultCount] {
        definition.quality.rules.map { rule in
            FaultCount(
                severity: rule.severity, check: rule.check, field: rule.field, array: rule.each, scope: nil,
                fails: rule.fails, says: rule.says)
        }
    }

    // MARK: The documents that the validator refuses

    private func refused(of documents: Int) throws -> [QualityFinding] {
        var counts: [FaultCount] = []
        for field in fields {
            func count(_ check: String, _ fails: BSONValue, _ says: String) {
                counts.append(
                    FaultCount(
                        severity: .error, check: check, field: field.name, array: field.array, scope: scope(field),
                        fails: fails, says: says))
            }
            if field.isRequired {
                count("missing", isType(field.value, ["missing"]), "a field that must be there is not")
            }
            let isThere: BSONValue = ["$not": .array([isType(field.value, ["missing"])])]
            if let types = field.types {
                count("null", isType(field.value, ["null", "undefined"]), "null where there should be a value")
                let others: BSONValue = [
                    "$not": .array([isType(field.value, types + ["missing", "null", "undefined"])])
                ]
                count("type", others, "a value that is not of type \(types.joined(separator: ", "))")
            }
            if case .array(let values)? = field.schema["enum"] {
                let known: BSONValue = ["$in": .array([field.value, ["$literal": .array(values)]])]
                count(
                    "value", ["$and": .array([isThere, ["$not": .array([known])]])],
                    "a value that is not one of those known")
            }
            let isNumber = isType(field.value, ["int", "long", "double", "decimal"])
            if let minimum = field.schema["minimum"] {
                count(
                    "minimum", ["$and": .array([isNumber, ["$lt": .array([field.value, minimum])]])],
                    "a number below \(minimum)")
            }
            if let maximum = field.schema["maximum"] {
                count(
                    "maximum", ["$and": .array([isNumber, ["$gt": .array([field.value, maximum])]])],
                    "a number above \(maximum)")
            }
        }
        let (count, examples, findings) = try counts.run(
            on: collection, ["$nor": [.document(definition.validator)]])
        let whole = QualityFinding(
            severity: .error, collection: definition.name, check: "invalid", field: nil, count: count, of: documents,
            examples: examples, says: "documents that the collection's validator refuses")
        // What is found among them is a share of all documents, not of them.
        return [whole]
            + findings.map { finding in
                QualityFinding(
                    severity: finding.severity, collection: finding.collection, check: finding.check,
                    field: finding.field, count: finding.count, of: max(documents, finding.count),
                    examples: finding.examples, says: finding.says)
            }
    }

    // MARK: Keys

    /// Documents beyond the first with the same values in the fields of a key; those where one has no value do not count.
    private func duplicates(_ key: QualityRules.NaturalKey, of documents: Int) throws -> QualityFinding {
        var values: [(String, BSONValue)] = []
        for (index, field) in key.fields.enumerated() {
            let path = BSONValue.string("$" + field)
            let plain: BSONValue = ["$toLower": ["$trim": ["input": path]]]
            values.append(
                ("k\(index)", key.ignoresCase ? ["$cond": .array([isType(path, ["string"]), plain, path])] : path))
        }
        let row = try collection.aggregate(
            [
                ["$match": .document(Document(key.fields.map { ($0, ["$ne": .null]) }))],
                [
                    "$group": [
                        "_id": .document(Document(values)), "n": ["$sum": 1], "first": ["$min": "$_id"],
                        "last": ["$max": "$_id"],
                    ]
                ],
                [
                    "$group": [
                        "_id": .null, "of": ["$sum": "$n"], "count": ["$sum": ["$subtract": ["$n", 1]]],
                        "first": ["$min": ["$cond": [["$gt": ["$n", 1]], "$first", .null]]],
                        "last": ["$max": ["$cond": [["$gt": ["$n", 1]], "$last", .null]]],
                    ]
                ],
            ], allowDiskUse: true
        ).next()
        return QualityFinding(
            severity: key.severity, collection: definition.name, check: "duplicate",
            field: key.fields.joined(separator: ", "), count: Int(row?["count"]?.integerValue ?? 0),
            of: Int(row?["of"]?.integerValue ?? 0), examples: ids(row?["first"], row?["last"]), says: key.says)
    }

    /// A field that names documents of another collection by their `_id`.
    private struct Reference {
        let field: String
        /// The array to unwind first.
        let array: String?
        let path: String
        let target: String
    }

    /// The foreign keys of the relational mapping that lead to the `_id` of documents.
    private var references: [Reference] {
        var references: [Reference] = []
        for table in definition.relational?.tables ?? [] {
            for key in table.foreignKeys where key.columns.count == 1 {
                guard let column = table.columns.first(where: { $0.name == key.columns[0] }), column.path.text != "_id",
                    let target = target(of: key), let reference = reference(column.path.text, to: target),
                    !references.contains(where: { $0.field == reference.field })
                else { continue }
                references.append(reference)
            }
        }
        return references
    }

    private func target(of key: RelationalTable.ForeignKey) -> String? {
        catalog.definitions.first { definition in
            definition.relational?.tables.contains { table in
                table.name == key.table
                    && table.columns.contains { $0.name == key.references[0] && $0.path.text == "_id" }
            } ?? false
        }?.name
    }

    private func reference(_ path: String, to target: String) -> Reference? {
        guard let mark = path.firstRange(of: "[]") else {
            return path.contains("{") ? nil : Reference(field: path, array: nil, path: path, target: target)
        }
        let plain = String(path[..<mark.lowerBound]) + String(path[mark.upperBound...])
        guard !plain.contains("["), !plain.contains("{") else { return nil }
        return Reference(field: path, array: String(path[..<mark.lowerBound]), path: plain, target: target)
    }

    private func orphans(_ reference: Reference) throws -> QualityFinding {
        let path = BSONValue.string("$" + reference.path)
        var pipeline: [Document] = [["$match": .document([reference.path: ["$ne": .null]])]]
        if let array = reference.array { pipeline.append(["$unwind": .string("$" + array)]) }
        pipeline += [
            ["$group": ["_id": path, "n": ["$sum": 1], "first": ["$min": "$_id"], "last": ["$max": "$_id"]]],
            ["$match": ["_id": ["$ne": .null]]],
            [
                "$lookup": [
                    "from": .string(reference.target), "localField": "_id", "foreignField": "_id", "as": "target",
                ]
            ],
            ["$addFields": ["lost": ["$eq": ["$target", []]]]],
            [
                "$group": [
                    "_id": .null, "of": ["$sum": "$n"], "count": ["$sum": ["$cond": ["$lost", "$n", 0]]],
                    "first": ["$min": ["$cond": ["$lost", "$first", .null]]],
                    "last": ["$max": ["$cond": ["$lost", "$last", .null]]],
                ]
            ],
        ]
        let row = try collection.aggregate(pipeline, allowDiskUse: true).next()
        return QualityFinding(
            severity: .error, collection: definition.name, check: "orphan", field: reference.field,
            count: Int(row?["count"]?.integerValue ?? 0), of: Int(row?["of"]?.integerValue ?? 0),
            examples: ids(row?["first"], row?["last"]), says: "names a document that is not in \(reference.target)")
    }
}

/// Which documents or elements a field is looked for in: those whose object is there.
private func scope(_ field: SchemaField) -> BSONValue? { field.parent.map { isType($0, ["object"]) } }

/// Whether a value is of one of these types, `missing` among them.
private func isType(_ value: BSONValue, _ types: [String]) -> BSONValue {
    types.count == 1
        ? ["$eq": .array([["$type": value], .string(types[0])])]
        : ["$in": .array([["$type": value], .array(BSONArray(types.map { .string($0) }))])]
}
