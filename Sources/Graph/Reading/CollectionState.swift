import BSON
import DocumentStore

/// Which state a collection of a store is in, where its deployment tells: Atelier's own does.
public struct CollectionState: Sendable, Equatable {
    /// The collection's; empty where there is none of the name.
    var uuid: [UInt8] = []
    /// Of the opening of the store's file; of two openings the file may be another.
    var opening: Int64 = 0
    /// Of the last change.
    var last: Int64 = 0
    /// Of the last update or delete.
    var lastReplacement: Int64 = 0
    var count = 0

    /// The states of some collections of a database at one moment; nil where the deployment does not tell them.
    ///
    /// - Throws: what the deployment throws where it cannot be reached.
    public static func read(_ names: [String], in database: Database) throws -> [CollectionState]? {
        let reply: Document
        do {
            reply = try database.run(["collectionStates": .array(BSONArray(names.map { .string($0) }))])
        } catch let error as AtelierError
            where [.commandNotFound, .unauthorized, .commandNotSupported].contains(error.code)
        {
            return nil
        }
        guard let states = reply["states"]?.documentValue else { return nil }
        return names.map { states[$0]?.documentValue.flatMap(CollectionState.init) ?? CollectionState() }
    }

    /// What has happened to a collection between two of its states.
    enum Change {
        case none
        /// Documents were inserted, and nothing else: the earlier ones are the first in natural order.
        case insertions
        case any
    }

    func change(to later: CollectionState) -> Change {
        if uuid == later.uuid && last == later.last { return .none }
        // Of what was not there, nothing was read.
        if uuid.isEmpty { return .insertions }
        let hasGrownOnly =
            uuid == later.uuid && opening == later.opening && lastReplacement == later.lastReplacement
            && count <= later.count
        return hasGrownOnly ? .insertions : .any
    }

    /// A state that no collection is in, of one that was read while it changed.
    static let uncertain = CollectionState(uuid: [0], opening: 0, last: 0, lastReplacement: 0, count: 0)
}

extension CollectionState {
    var document: Document {
        [
            "uuid": .binary(subtype: 4, data: uuid), "opening": .int64(opening), "last": .int64(last),
            "lastReplacement": .int64(lastReplacement), "count": .int64(Int64(count)),
        ]
    }

    init?(_ document: Document) {
        guard case .binary(_, let uuid)? = document["uuid"], let opening = document["opening"]?.integerValue,
            let last = document["last"]?.integerValue, let replacement = document["lastReplacement"]?.integerValue,
            let count = document["count"]?.integerValue
        else { return nil }
        self.init(
            uuid: uuid, opening: Int64(opening), last: Int64(last), lastReplacement: Int64(replacement),
            count: Int(count))
    }
}
