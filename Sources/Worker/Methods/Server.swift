import BSON
import DocumentStore
import Retail

extension Method {
    static let serverDescribe = Method(
        "server.describe",
        "Every method with the JSON Schemas of its parameters and its result, and the worker's limits.",
        parameters: [.optional("method", .string, "Only the method of this name.")],
        result: .object([
            .required("name", .string, "Always \"atelier\"."),
            .required("version", .string, "The program's version."),
            .required("store", .string, "What kind of store it works on."),
            .required("limits", .document, "What a caller has to stay within."),
            .required("methods", .documents, "One entry a method: name, summary, writes, params, result."),
            .required(
                "notifications", .documents, "What is sent without expecting a reply: name, direction, summary, params."
            ),
        ])
    ) { call in
        let service = call.service
        var methods = service.methods.methods
        if let name = call.parameters.string("method") {
            guard let method = service.methods[name] else {
                throw call.parameters.invalid("method", service.methods.notFound(name).message)
            }
            methods = [method]
        }
        return Document { writer in
            writer.append("name", BSONValue.string("atelier"))
            writer.append("version", BSONValue.string(service.options.version))
            writer.append("store", BSONValue.string(service.options.storeKind))
            writer.append("limits", BSONValue.document(service.options.limits))
            writer.append("methods", .array(BSONArray(documents: methods.map(\.description))))
            writer.append("notifications", .array(BSONArray(documents: ProtocolNotification.all.map(\.description))))
        }
    }

    static let serverPing = Method(
        "server.ping", "Answers once the store has answered: worker and store are well.",
        result: .object([.required("ok", .boolean, "Always true.")])
    ) { call in
        try call.database.run(["ping": 1])
        return ["ok": true]
    }

    static let serverVersion = Method(
        "server.version", "The program's version.",
        result: .object([
            .required("name", .string, "Always \"atelier\"."), .required("version", .string, "For example 1.0.0."),
        ])
    ) { call in
        ["name": "atelier", "version": .string(call.service.options.version)]
    }

    static let serverStatus = Method(
        "server.status", "What the worker has done since it started and is doing now.",
        result: .object([
            .required("uptimeMS", .integer(from: 0), "Milliseconds since the start."),
            .required("accepted", .integer(from: 0), "Requests and notifications taken on."),
            .required("succeeded", .integer(from: 0), "Those that ended well."),
            .required("failed", .integer(from: 0), "Those that ended with an error."),
            .required("cancelled", .integer(from: 0), "Those of them that were cancelled."),
            .required("unanswered", .integer(from: 0), "Those that wait or run, this one included."),
            .required("openCursors", .integer(from: 0), "Results not read to their end."),
            .optional(
                "unfinishedLoads", .documents,
                "Loads that failed, were broken off or still run, so that answers may lack a part: id, kind, files, "
                    + "startedAt, failed. Left out where the store cannot say."),
        ])
    ) { call in
        let (service, statistics) = (call.service, call.service.statistics)
        let status: Document = [
            "uptimeMS": .integer(Int((MonotonicClock.seconds - statistics.started) * 1000)),
            "accepted": .integer(statistics.accepted.load(ordering: .relaxed)),
            "succeeded": .integer(statistics.succeeded.load(ordering: .relaxed)),
            "failed": .integer(statistics.failed.load(ordering: .relaxed)),
            "cancelled": .integer(statistics.cancelled.load(ordering: .relaxed)),
            "unanswered": .integer(service.running.count),
            "openCursors": .integer(service.cursors.count),
        ]
        // What the worker does is worth knowing also where the store is in trouble.
        guard let loads = try? UnfinishedLoad.all(in: call.database) else { return status }
        return status.setting("unfinishedLoads", .array(BSONArray(documents: loads.map(\.document))))
    }
}
