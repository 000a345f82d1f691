import Analytics
import BSON
import DocumentStore

extension Method {
    static let aggregationsList = Method(
        "aggregations.list", "The saved aggregations: questions about the data, with a name each.",
        result: .object([
            .required(
                "aggregations",
                .array(
                    of: .object([
                        .required("name", .string, "What to ask for it by."),
                        .required("title", .string, "For headings."),
                        .required("question", .string, "The question it answers."),
                        .required("topic", .string, "What it is about: sales, customers, products …"),
                        .required("parameters", .array(of: .string), "The names of its parameters."),
                    ])), "In the order of their names."),
            .required(
                "unreadable",
                .array(
                    of: .object([
                        .required("name", .string, "Its name."),
                        .required("message", .string, "What is wrong with its file."),
                    ])),
                "Those whose files are not definitions."),
        ])
    ) { call in
        let catalog = call.service.catalog
        return Document { writer in
            var unreadable: [Document] = []
            writer.array("aggregations") { writer in
                for name in catalog.names {
                    do {
                        let aggregation = try catalog.aggregation(named: name)
                        writer.appendElement(
                            .document([
                                "name": .string(name), "title": .string(aggregation.title),
                                "question": .string(aggregation.question), "topic": .string(aggregation.topic),
                                "parameters": .array(BSONArray(aggregation.parameters.map { .string($0.name) })),
                            ]))
                    } catch {
                        unreadable.append(["name": .string(name), "message": .string("\(error)")])
                    }
                }
            }
            writer.append("unreadable", .array(BSONArray(documents: unreadable)))
        }
    }

    static let aggregationsDescribe = Method(
        "aggregations.describe", "What a saved aggregation takes and returns.",
        parameters: [.aggregationName],
        result: .object([
            .required("name", .string, "What to ask for it by."), .required("title", .string, "For headings."),
            .required("question", .string, "The question it answers."),
            .required("topic", .string, "What it is about: sales, customers, products …"),
            .required("notes", .array(of: .string), "What counts and what does not."),
            .required("collection", .string, "Where its pipeline starts."),
            .required("parameters", .document, "The JSON Schema of `parameters` in aggregations.run."),
            .required("columns", resultColumns, "The fields of the rows."),
            .optional("chart", .document, "How to draw the result: type; x, series and y name columns."),
            .required("since", .string, "The oldest MongoDB whose operators it uses."),
        ])
    ) { call in
        let aggregation = try call.savedAggregation()
        return Document { writer in
            writer.append("name", BSONValue.string(aggregation.name))
            writer.append("title", BSONValue.string(aggregation.title))
            writer.append("question", BSONValue.string(aggregation.question))
            writer.append("topic", BSONValue.string(aggregation.topic))
            writer.append("notes", .array(BSONArray(aggregation.notes.map { .string($0) })))
            writer.append("collection", BSONValue.string(aggregation.collection))
            writer.append("parameters", .document(aggregation.parameterSchema))
            writer.append("columns", .array(BSONArray(documents: aggregation.columns.map(\.description))))
            if let chart = aggregation.chart { writer.append("chart", .document(chart.description)) }
            writer.append("since", BSONValue.string(aggregation.since))
        }
    }

    static let aggregationsRun = Method(
        "aggregations.run", "The answer to a saved aggregation.",
        parameters: [
            .aggregationName, .database,
            .optional(
                "parameters", .document.defaulting(to: [:]),
                "Its parameters by name, as aggregations.describe shows them."),
            .batchSize, .maxTimeMS,
        ],
        result: .object([
            .required("columns", resultColumns, "The fields of the rows, and how to read them."),
            .required("parameters", .document, "What it was computed with, defaults included."),
            .required("documents", .documents, "The first of the rows."),
            .optional("cursor", .string, "What to ask `documents.next` for the rest with; absent where this was all."),
        ])
    ) { call in
        let aggregation = try call.savedAggregation()
        let arguments: Arguments
        do {
            arguments = try aggregation.arguments(call.parameters.object("parameters") ?? [:])
        } catch let error as AtelierError {
            throw call.parameters.invalid("parameters", error)
        }
        let result = try aggregation.run(arguments, on: call.database, maxTimeMS: call.parameters.int("maxTimeMS"))
        let batch = try call.firstBatch(of: result.rows)
        return Document { writer in
            writer.append("columns", .array(BSONArray(documents: result.columns.map(\.description))))
            writer.append("parameters", .document(arguments.document(aggregation.parameters)))
            batch.withView { batch in
                var cursor = batch.elements()
                while cursor.next() { writer.append(element: cursor.elementBytes) }
            }
        }
    }
}

/// How results say how to read their rows.
let resultColumns = Schema.array(
    of: .object([
        .required("name", .string, "The field."), .required("title", .string, "The heading people read."),
        .required("type", .choice(ColumnType.allCases.map(\.rawValue)), "What its values are; any may be null."),
        .optional(
            "unit", .choice(Unit.allCases.map(\.rawValue)), "What its numbers count; a ratio of 0.25 reads as 25 %."),
    ]))

extension Property {
    static let aggregationName = Property.required(
        "name", .string, "The aggregation's name; aggregations.list has them.")
}

extension Call {
    /// The aggregation that the parameter `name` names.
    /// - Throws: `RPCError` (invalid params) where there is none; what is wrong with its file otherwise.
    fileprivate func savedAggregation() throws -> SavedAggregation {
        do {
            return try service.catalog.aggregation(named: parameters.string("name") ?? "")
        } catch let error as AtelierError where error.code == .noSuchKey {
            throw parameters.invalid("name", error)
        }
    }
}

extension Column {
    var description: Document {
        Document { writer in
            writer.append("name", BSONValue.string(name))
            writer.append("title", BSONValue.string(title))
            writer.append("type", BSONValue.string(type.rawValue))
            if let unit { writer.append("unit", BSONValue.string(unit.rawValue)) }
        }
    }
}

extension Chart {
    fileprivate var description: Document {
        Document { writer in
            writer.append("type", BSONValue.string(kind.rawValue))
            if let x { writer.append("x", BSONValue.string(x)) }
            if let series { writer.append("series", BSONValue.string(series)) }
            writer.append("y", .array(BSONArray(y.map { .string($0) })))
        }
    }
}
