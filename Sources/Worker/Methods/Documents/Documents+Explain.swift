import BSON
import DocumentStore

extension Method {
    static let documentsExplain = Method(
        "documents.explain",
        "How another method would be carried out: the plan, and with `executionStats` what it cost.",
        parameters: [
            .required(
                "method",
                .choice(
                    "documents.find", "documents.findOne", "documents.count", "documents.distinct",
                    "documents.aggregate",
                    "documents.update", "documents.replace", "documents.delete", "documents.findAndModify"),
                "The method to explain. What it would write is not written."),
            .required("params", .document, "Its parameters."),
            .optional(
                "verbosity",
                .choice("queryPlanner", "executionStats", "allPlansExecution").defaulting(to: "executionStats"),
                "How much to tell, and whether to run it."),
        ],
        result: .document
    ) { call in
        let name = call.parameters.string("method") ?? ""
        guard let method = call.service.methods[name], let command = method.command else {
            throw call.parameters.invalid("method", "cannot be explained")
        }
        let parameters = Parameters(call.parameters.object("params") ?? [:], at: "\(call.parameters.path).params")
        try parameters.check(against: .object(method.parameters))
        let database =
            parameters.string("database").map { Store(deployment: call.session).database($0) } ?? call.database
        let verbosity = call.parameters["verbosity"] ?? "executionStats"
        return try database.run(["explain": .document(try command(parameters)), "verbosity": verbosity])
    }
}

extension Parameters {
    /// - Throws: `RPCError` (invalid params) for the first place that does not fit.
    func check(against schema: Schema) throws {
        do {
            try document.withView { try schema.check(.document($0), at: path) }
        } catch let violation as SchemaViolation {
            throw RPCError.invalidParams(violation.path, violation.message, expected: violation.expected)
        }
    }
}
