import BSON
import Deployment

/// How a store is opened.
public struct StoreOptions: Sendable {
    public init() {}
}

extension StoreLocation {
    /// The deployment that lives at this location.
    func open(_ options: StoreOptions) throws -> any Deployment {
        throw AtelierError(.fileOpenFailed, "this build holds neither the embedded engine nor the MongoDB driver")
    }
}
