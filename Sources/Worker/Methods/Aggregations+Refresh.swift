import Analytics
import BSON

extension Method {
    static let aggregationsRefresh = Method(
        "aggregations.refresh", "Brings gold collections, which keep the rows of saved aggregations, up to date.",
        writes: true,
        parameters: [
            .optional(
                "names", .array(of: .string, minimumCount: 1),
                "The aggregations to refresh; left out, all that need no parameter."),
            .database,
            .optional(
                "parameters", .document,
                "Their parameters by name, the same for each of `names`; what is left out takes its default."),
            .optional("full", .boolean.defaulting(to: false), "Whether to compute everything anew, changed or not."),
        ],
        result: .object([
            .required(
                "refreshed",
                .array(
                    of: .object([
                        .required("gold", .string, "The collection the rows are kept in."),
                        .required("aggregation", .string, "The aggregation's name."),
                        .required(
                            "how", .choice(RefreshReport.Outcome.allCases.map(\.rawValue)),
                            "What was done; rows of one that failed or was skipped are as they were."),
                        .required("reason", .string, "Why it went this way."),
                        .required("rows", .either(.integer(from: 0), .null), "How many rows there are now."),
                        .required("computed", .integer(from: 0), "How many of them were computed."),
                        .required("refreshedAt", .any, "When they were computed, a date; null where they never were."),
                        .required("seconds", .number, "How long it took."),
                    ])), "One a gold collection.")
        ])
    ) { call in
        let names = (call.parameters["names"]?.arrayValue ?? []).compactMap(\.stringValue)
        let given = call.parameters.object("parameters") ?? [:]
        if names.isEmpty && !given.isEmpty {
            throw call.parameters.invalid("parameters", "are for the aggregations that `names` names")
        }
        let refreshes: AggregationCatalog.Refreshes
        do {
            refreshes = try call.service.catalog.refreshes(of: names) { aggregation in
                do {
                    return try aggregation.arguments(given)
                } catch let error as AtelierError {
                    guard names.isEmpty else { throw call.parameters.invalid("parameters", error) }
                    throw error
                }
            }
        } catch let error as AtelierError where error.code == .noSuchKey || error.code == .illegalOperation {
            throw call.parameters.invalid("names", error)
        }
        let reports = try Refresher(call.database).refresh(
            refreshes.requests, full: call.parameters.bool("full") ?? false
        ) { done, total, _ in call.progress?.report(done: done, of: total) }
        return ["refreshed": .array(BSONArray(documents: (reports + refreshes.skipped).map(\.document)))]
    }
}
