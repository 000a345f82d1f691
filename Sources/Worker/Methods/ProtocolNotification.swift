import BSON

/// A message of the protocol itself, as `server.describe` shows it; `Dispatcher` deals with them.
struct ProtocolNotification: Sendable {
    static let all = [cancelRequest, progress]

    static let cancelRequest = ProtocolNotification(
        name: "$/cancelRequest", direction: "fromCaller",
        summary:
            "Stops a request, which is then answered with -32800. Sent with an id, it is answered with `cancelled`.",
        parameters: [.required("id", .either(.string, .number, .null), "The id of the request.")])

    static let progress = ProtocolNotification(
        name: "$/progress", direction: "toCaller",
        summary: "Tells a caller who passed `progress` that a request goes on, and how far it is.",
        parameters: [
            .required("token", .either(.string, .integer(from: .min)), "What the caller passed."),
            .optional("done", .integer(from: 0), "Units of work done, documents mostly."),
            .optional("total", .integer(from: 0), "How many there are."),
            .required("elapsedMS", .integer(from: 0), "Milliseconds since the request began to run."),
        ])

    let name: String
    let direction: String
    let summary: String
    let parameters: [Property]

    var description: Document {
        [
            "name": .string(name), "direction": .string(direction), "summary": .string(summary),
            "params": .document(Schema.object(parameters).json),
        ]
    }
}
