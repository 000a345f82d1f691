import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "collStats".
    static let collStats = EngineCommand("collStats", "collstats", fields: ["scale"]) { command, engine in
        let namespace = Namespace(command.database, try command.collection)
        let scale = try command.scale()
        let snapshot = try engine.storage.snapshot()
        defer { snapshot.close() }
        guard let collection = snapshot.catalog[namespace] else {
            return [
                "ns": .string(namespace.description), "size": 0, "count": 0, "storageSize": 0, "nindexes": 0,
                "totalIndexSize": 0, "indexSizes": [:], "totalSize": 0, "scaleFactor": .integer(scale), "ok": 1.0,
            ]
        }
        let count = try snapshot.count(collection)
        let size = try snapshot.dataSize(collection)
        let storage = Int64(try snapshot.storageSize(collection))
        let sizes = try collection.indexes.map { ($0.name, Int64(try snapshot.storageSize($0))) }
        let indexSize = sizes.reduce(0) { $0 + $1.1 }
        var reply: [(String, BSONValue)] = [
            ("ns", .string(namespace.description)), ("size", .integer(size / scale)), ("count", .integer(count)),
        ]
        if count > 0 { reply.append(("avgObjSize", .integer(size / Int64(count)))) }
        reply += [
            ("numOrphanDocs", 0), ("storageSize", .integer(storage / scale)), ("capped", false),
            ("nindexes", .integer(collection.indexes.count)), ("indexBuilds", []),
            ("totalIndexSize", .integer(indexSize / scale)), ("totalSize", .integer((storage + indexSize) / scale)),
            ("indexSizes", .document(Document(sizes.map { ($0.0, BSONValue.integer($0.1 / scale)) }))),
            ("scaleFactor", .integer(scale)), ("ok", 1.0),
        ]
        return Document(reply)
    }

    /// Source: MongoDB manual, "dbStats".
    static let dbStats = EngineCommand("dbStats", "dbstats", fields: ["scale", "freeStorage"]) { command, engine in
        let scale = try command.scale()
        let snapshot = try engine.storage.snapshot()
        defer { snapshot.close() }
        let collections = snapshot.catalog.collections(in: command.database)
        var (objects, size, storage, indexSize, indexes) = (Int64(0), Int64(0), Int64(0), Int64(0), 0)
        for collection in collections {
            objects += Int64(try snapshot.count(collection))
            size += try snapshot.dataSize(collection)
            storage += Int64(try snapshot.storageSize(collection))
            for index in collection.indexes { indexSize += Int64(try snapshot.storageSize(index)) }
            indexes += collection.indexes.count
        }
        return [
            "db": .string(command.database), "collections": .integer(collections.count), "views": 0,
            "objects": .integer(objects), "avgObjSize": .double(objects == 0 ? 0 : Double(size) / Double(objects)),
            "dataSize": .double(Double(size / scale)), "storageSize": .double(Double(storage / scale)),
            "indexes": .integer(indexes), "indexSize": .double(Double(indexSize / scale)),
            "totalSize": .double(Double((storage + indexSize) / scale)), "scaleFactor": .integer(scale), "ok": 1.0,
        ]
    }
}

extension Command {
    /// What sizes are divided by.
    fileprivate func scale() throws -> Int64 {
        let scale = try integer("scale") ?? 1
        guard scale > 0 else {
            throw AtelierError(51024, "BSON field 'scale' value must be >= 1, actual value '\(scale)'")
        }
        return scale
    }
}
