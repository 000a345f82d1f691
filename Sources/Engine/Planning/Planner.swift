import BSON
import QueryLanguage
import Storage

/// Chooses how to reach the documents that a filter and a sort ask for.
struct Planner {
    let reader: StorageReader
    let namespace: Namespace

    init(_ reader: StorageReader, _ namespace: Namespace) {
        self.reader = reader
        self.namespace = namespace
    }

    func plan(filter: DocumentView, sort: Document?, hint: BSONValue?) throws -> AccessPlan {
        guard let collection = reader.catalog[namespace] else { return AccessPlan(access: .nothing) }
        return AccessPlan(access: .collection(collection, forward: true))
    }
}
