import BSON
import Glibc

extension EngineCommand {
    /// Who is there: one writable node. Source: MongoDB manual, "hello".
    static let hello = EngineCommand(
        "hello", "isMaster", "ismaster",
        fields: [
            "client", "compression", "helloOk", "saslSupportedMechs", "speculativeAuthenticate", "topologyVersion",
            "maxAwaitTimeMS", "loadBalanced", "hostInfo", "internalClient",
        ]
    ) { command, _ in
        Document { writer in
            if command.name != "hello" {
                writer.append("helloOk", ValueView.bool(true))
                writer.append("ismaster", ValueView.bool(true))
            } else {
                writer.append("isWritablePrimary", ValueView.bool(true))
            }
            writer.append("maxBsonObjectSize", ValueView.int32(Int32(Limits.documentSize)))
            writer.append("maxMessageSizeBytes", ValueView.int32(48_000_000))
            writer.append("maxWriteBatchSize", ValueView.int32(Int32(Limits.writeBatch)))
            writer.append("localTime", ValueView.date(Clock.milliseconds()))
            writer.append("logicalSessionTimeoutMinutes", ValueView.int32(30))
            writer.append("minWireVersion", ValueView.int32(0))
            writer.append("maxWireVersion", ValueView.int32(25))
            writer.append("readOnly", ValueView.bool(false))
            writer.append("ok", ValueView.double(1))
        }
    }
}

/// The limits of documents and batches, MongoDB's own.
enum Limits {
    static let documentSize = 16 * 1024 * 1024
    static let writeBatch = 100_000
    /// What a stage may add to a document beyond the size of a stored one.
    static let replyOverhead = 16 * 1024
    static let firstBatch = 101
    static let documentDepth = 100
}

/// The time of day.
enum Clock {
    /// Milliseconds since the epoch.
    static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Monotonic seconds.
    static func uptime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
