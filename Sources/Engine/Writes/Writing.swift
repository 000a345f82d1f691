import BSON
import QueryLanguage
import Storage

/// One command's writing to a collection, inside a write transaction.
struct Writing {
    let engine: Engine
    let transaction: WriteTransaction
    let namespace: Namespace
    let interrupt: Interrupt
    let variables: Document?
    let query: Query

    init(
        _ engine: Engine, _ transaction: WriteTransaction, _ namespace: Namespace, _ interrupt: Interrupt,
        _ variables: Document?
    ) {
        self.engine = engine
        self.transaction = transaction
        self.namespace = namespace
        self.interrupt = interrupt
        self.variables = variables
        query = Query(engine, transaction, namespace, interrupt)
    }

    /// The records that a filter selects, in the order of the sort, before anything is changed: a write must not meet
    /// its own results.
    func select(
        _ filter: Document, sort: Document? = nil, onlyFirst: Bool, hint: BSONValue?
    ) throws -> [RecordId] {
        guard let collection = transaction.catalog[namespace] else { return [] }
        // By `_id`, as most single writes are: no pipeline.
        if sort == nil, hint == nil, let id = filter.onlyId {
            return try id.withValue { try transaction.recordId(forId: $0, in: collection).map { [$0] } ?? [] }
        }
        if let sort, !sort.isEmpty {
            // Sorting carries documents, not records: their ids lead back.
            let pipeline = try query.find(
                filter: filter, sort: sort, limit: onlyFirst ? 1 : 0, hint: hint, variables: variables)
            var records: [RecordId] = []
            while let document = try pipeline.next() {
                if let record = try transaction.recordId(forId: document.find("_id"), in: collection) {
                    records.append(record)
                }
            }
            return records
        }
        let (pipeline, source) = try query.records(filter: filter, hint: hint, variables: variables)
        var records: [RecordId] = []
        while try pipeline.next() != nil {
            records.append(source.recordId)
            if onlyFirst { break }
        }
        return records
    }

    /// How many documents the statement removed.
    func delete(_ statement: DeleteStatement) throws -> Int {
        guard let collection = transaction.catalog[namespace] else {
            _ = try DocumentMatcher(statement.filter)
            return 0
        }
        let records = try select(statement.filter, onlyFirst: statement.onlyFirst, hint: statement.hint)
        for record in records { _ = try transaction.delete(record, from: collection) }
        return records.count
    }
}

extension Document {
    /// The value of `{_id: value}` where that is all the filter says and the value is no operator.
    var onlyId: BSONValue? {
        withView { view in
            var cursor = view.elements()
            guard cursor.next(), cursor.key.elementsEqual("_id".utf8) else { return nil }
            let value = cursor.value
            guard !cursor.next() else { return nil }
            switch value.type {
            case .array, .regex, .undefined, .null: return nil
            case .document:
                var inner = value.asDocument.elements()
                if inner.next(), inner.key.first == UInt8(ascii: "$") { return nil }
                return BSONValue(copying: value)
            default: return BSONValue(copying: value)
            }
        }
    }
}
