import CMongoC
import Glibc

/// Finds out which server of a deployment answered a command: the only place that says is libmongoc's monitoring event,
/// which comes on the calling thread, before the call returns.
enum AnsweringServer {
    /// Calls the closure and returns with its result libmongoc's number of the server that answered last; 0 for none.
    static func track<R>(_ body: () throws -> R) rethrows -> (result: R, server: UInt32) {
        var server: UInt32 = 0
        let result = try withUnsafeMutablePointer(to: &server) { slot in
            pthread_setspecific(key, slot)
            defer { pthread_setspecific(key, nil) }
            return try body()
        }
        return (result, server)
    }

    /// Makes a pool's commands known to `track`. Before the first client is taken from it.
    static func observe(_ pool: OpaquePointer) {
        let callbacks = mongoc_apm_callbacks_new()
        defer { mongoc_apm_callbacks_destroy(callbacks) }
        mongoc_apm_set_command_succeeded_cb(callbacks) { event in
            // The slot is on this thread's stack: `track` set it and has not returned.
            guard let slot = pthread_getspecific(AnsweringServer.key) else { return }
            slot.assumingMemoryBound(to: UInt32.self).pointee = mongoc_apm_command_succeeded_get_server_id(event)
        }
        mongoc_client_pool_set_apm_callbacks(pool, callbacks, nil)
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        precondition(pthread_key_create(&key, nil) == 0, "no thread-specific key left")
        return key
    }()
}
