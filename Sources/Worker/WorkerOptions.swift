import BSON
import Platform

extension Worker {
    /// How a worker works; the defaults are what `atelier worker` uses.
    public struct Options: Sendable {
        /// How many requests run at once.
        public var concurrency = SideBySide.processors
        /// How many accepted requests may wait for a thread before no more are read.
        public var maximumPending = 1024
        /// How many bytes of accepted requests may wait for a thread before no more are read.
        public var maximumPendingBytes = 96 << 20
        /// The longest line that is read.
        public var maximumLineBytes = 48 << 20
        /// A reply takes no more documents once it holds this many bytes of them, as BSON.
        public var maximumReplyBytes = 16 << 20
        /// Whether replies are canonical Extended JSON where the request does not say.
        public var canonical = false
        /// Seconds after which a cursor nobody reads is closed.
        public var cursorTimeout = 600.0
        /// How many cursors may be open at once.
        public var maximumCursors = 1000
        /// Seconds between two `$/progress` notifications of a request.
        public var progressInterval = 1.0
        /// The program's version, for `server.version`.
        public var version = "0.0.0"
        /// What the store is, for `server.describe`: `embedded` or `mongodb`.
        public var storeKind = "embedded"

        public init() {}

        /// What a caller has to stay within, for `server.describe`.
        var limits: Document {
            [
                "lineBytes": .integer(maximumLineBytes), "batchRequests": .integer(Message.maxBatch),
                "concurrency": .integer(concurrency), "pendingRequests": .integer(maximumPending),
                "replyBytes": .integer(maximumReplyBytes), "pendingBytes": .integer(maximumPendingBytes),
                "openCursors": .integer(maximumCursors),
                "cursorTimeoutMS": .integer(Int(cursorTimeout * 1000)),
            ]
        }
    }
}
