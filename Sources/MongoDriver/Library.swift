import CMongoC
import Synchronization

/// libmongoc's process-wide state: started once, never taken down, silent unless somebody listens.
enum Library {
    private static let log = Mutex<(@Sendable (MongoDriver.LogLine) -> Void)?>(nil)

    /// Initialises libmongoc on the first call. It never writes to standard output or standard error afterwards.
    static func start() { _ = started }

    private static let started: Void = {
        mongoc_init()
        mongoc_log_set_handler(
            { level, domain, message, _ in
                guard let handler = Library.log.withLock({ $0 }) else { return }
                handler(
                    MongoDriver.LogLine(
                        level: MongoDriver.LogLine.Level(level), domain: domain.map { String(cString: $0) } ?? "",
                        message: message.map { String(cString: $0) } ?? ""))
            }, nil)
        _ = mongoc_handshake_data_append("atelier", nil, "Swift")
    }()

    static func setLog(_ handler: (@Sendable (MongoDriver.LogLine) -> Void)?) { log.withLock { $0 = handler } }
}

extension MongoDriver {
    /// Something libmongoc has to say about itself; errors of commands are thrown instead.
    public struct LogLine: Sendable {
        public enum Level: Sendable {
            case error, critical, warning, message, info, debug, trace

            init(_ level: mongoc_log_level_t) {
                self =
                    switch level {
                    case MONGOC_LOG_LEVEL_ERROR: .error
                    case MONGOC_LOG_LEVEL_CRITICAL: .critical
                    case MONGOC_LOG_LEVEL_WARNING: .warning
                    case MONGOC_LOG_LEVEL_MESSAGE: .message
                    case MONGOC_LOG_LEVEL_INFO: .info
                    case MONGOC_LOG_LEVEL_DEBUG: .debug
                    default: .trace
                    }
            }
        }

        public var level: Level
        /// The part of libmongoc that speaks, such as `cluster`.
        public var domain: String
        public var message: String
    }

    /// Hears what libmongoc logs, from any thread of the process; nil (the default) to hear nothing. There is one
    /// handler for all drivers, because libmongoc has one.
    public static func setLog(_ handler: (@Sendable (LogLine) -> Void)?) {
        Library.start()
        Library.setLog(handler)
    }
}
