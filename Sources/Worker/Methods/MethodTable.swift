import BSON

/// Every method the worker has, by name. A new one is declared in the file of its group and named here.
struct MethodTable: Sendable {
    static let all: [Method] =
        documents + aggregations + customers + baskets + recommendations + graph + analyses + server

    static let documents: [Method] = [
        .documentsFind, .documentsFindOne, .documentsCount, .documentsDistinct, .documentsAggregate,
        .documentsNext, .documentsCloseCursor,
        .documentsInsert, .documentsUpdate, .documentsReplace, .documentsDelete, .documentsFindAndModify,
        .documentsExplain,
        .documentsListCollections, .documentsListIndexes, .documentsCreateIndexes, .documentsDropIndexes,
    ]

    static let aggregations: [Method] = [
        .aggregationsList, .aggregationsDescribe, .aggregationsRun, .aggregationsRefresh,
    ]

    static let baskets: [Method] = [.basketsRules, .basketsSets]

    static let graph: [Method] = [
        .graphRank, .graphNeighbors, .graphTraverse, .graphPath, .graphCommon, .graphSimilar, .graphComponents,
        .graphCommunities, .graphCentrality, .graphDescribe,
    ]

    static let recommendations: [Method] = [
        .recommendationsProducts, .recommendationsDesigners, .recommendationsCustomers, .recommendationsTune,
    ]

    static let customers: [Method] = [.customersLifetimeValue, .customersChurn, .customersSegment]

    static let analyses: [Method] = [
        .forecastsRun, .experimentsSize, .experimentsCompare, .experimentsSimulate,
    ]

    static let server: [Method] = [.serverDescribe, .serverPing, .serverStatus, .serverVersion]

    /// In the order `server.describe` lists them.
    let methods: [Method]
    private let byName: [String: Method]

    init(_ methods: [Method] = MethodTable.all) {
        self.methods = methods
        byName = Dictionary(methods.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(_ name: String) -> Method? { byName[name] }

    /// The error for a name that no method has, with the nearest one.
    func notFound(_ name: String) -> RPCError {
        let suggestion = nearest(to: name)
        let advice = suggestion.map { "did you mean `\($0)`?" } ?? "server.describe lists what there is"
        return RPCError(
            .methodNotFound, "Method not found; \(advice)",
            data: suggestion.map { ["suggestion": .string($0)] })
    }

    /// The method that a misspelt name, or a name without its group, was probably meant to be.
    private func nearest(to name: String) -> String? {
        if let near = nearestName(to: name, among: methods.map(\.name)) { return near }
        let verb = String(name.split(separator: ".").last ?? "")
        func verbOf(_ method: Method) -> String { String(method.name.split(separator: ".").last ?? "") }
        guard let near = nearestName(to: verb, among: methods.map(verbOf)) else { return nil }
        return methods.first { verbOf($0) == near }?.name
    }
}
