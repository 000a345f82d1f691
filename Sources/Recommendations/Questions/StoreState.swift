import BSON
import DocumentStore

/// Whether a store's orders have changed: how many there are, and the moment of the last one.
///
/// Cheap where orders have their index by time. An order that was changed in place goes unnoticed.
public struct OrderState: Sendable, Equatable {
    let count: Int64
    let latest: Int64?

    public init(of database: Database) throws {
        let reply = try database.run(["count": "orders"])
        count = reply["n"]?.integerValue ?? 0
        var latest: Int64?
        try database.forEachRow(
            of: "orders",
            [["$sort": ["orderedAt": .int32(-1)]], ["$limit": .int32(1)], ["$project": ["orderedAt": 1]]]
        ) { row in
            if row.find("orderedAt").type == .date { latest = row.find("orderedAt").asDate }
        }
        self.latest = latest
    }
}
