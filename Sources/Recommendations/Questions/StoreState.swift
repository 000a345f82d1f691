import BSON
import DocumentStore
import Graph

/// By which it is told whether what is learnt from a store has changed: orders, and customers with their consent.
///
/// Where the deployment tells the states of collections, any change shows. Otherwise it is how many documents there are,
/// and the moment of the last order: what was changed in place goes unnoticed.
public enum OrderState: Sendable, Equatable {
    case states([CollectionState])
    case counts(orders: Int64, customers: Int64, latest: Int64?)

    /// Cheap where orders have their index by time.
    public init(of database: Database) throws {
        if let states = try CollectionState.read(["orders", "customers"], in: database) {
            self = .states(states)
            return
        }
        var latest: Int64?
        try database.forEachRow(
            of: "orders",
            [["$sort": ["orderedAt": .int32(-1)]], ["$limit": .int32(1)], ["$project": ["orderedAt": 1]]]
        ) { row in
            if row.find("orderedAt").type == .date { latest = row.find("orderedAt").asDate }
        }
        func count(_ collection: String) throws -> Int64 {
            try database.run(["count": .string(collection)])["n"]?.integerValue ?? 0
        }
        self = .counts(orders: try count("orders"), customers: try count("customers"), latest: latest)
    }
}
