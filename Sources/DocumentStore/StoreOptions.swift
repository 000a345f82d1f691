import BSON
import Deployment
import Engine
import MongoDriver

/// How a store is opened.
public struct StoreOptions: Sendable {
    /// Acknowledge writes to an embedded store before they are on disk.
    public var relaxedDurability = false
    /// Refuse every write to an embedded store.
    public var readOnly = false

    public init(relaxedDurability: Bool = false, readOnly: Bool = false) {
        self.relaxedDurability = relaxedDurability
        self.readOnly = readOnly
    }
}

extension StoreLocation {
    /// The deployment that lives at this location.
    func open(_ options: StoreOptions) throws -> any Deployment {
        switch self {
        case .path(let path):
            return try Engine(
                path: path,
                options: EngineOptions(relaxedDurability: options.relaxedDurability, readOnly: options.readOnly))
        case .mongodb(let uri, _): return try MongoDriver(uri: uri)
        }
    }
}
