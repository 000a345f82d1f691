import Analytics
import BSON
import DocumentStore
import Glibc
import Platform

/// Serves a store to another program over two file descriptors: JSON-RPC 2.0, one message a line.
///
/// ```swift
/// let worker = try Worker(store: store, catalog: catalog, options: options)
/// try worker.run(input: STDIN_FILENO, output: STDOUT_FILENO)
/// ```
///
/// Replies carry the request's id and come in any order: requests run on `options.concurrency` threads. The protocol is
/// described for callers in docs/worker.md. Source: the JSON-RPC 2.0 specification.
public final class Worker: Sendable {
    private let service: Service
    let stopSignal: WakeSignal

    /// - Parameters:
    ///   - store: stays the caller's, who closes it after `run`.
    ///   - catalog: what `aggregations.*` offers.
    /// - Throws: `AtelierError` where the system has no file descriptor left.
    public init(store: Store, catalog: AggregationCatalog, options: Options = Options()) throws {
        service = Service(store: store, catalog: catalog, options: options)
        stopSignal = try WakeSignal()
    }

    deinit { forgetSignals() }

    /// Stops reading, as at the end of the input: `run` finishes what it accepted and returns. For good, from any
    /// thread.
    public func stop() { stopSignal.raise() }

    /// Serves until the input ends, then finishes what was accepted and returns. Once.
    ///
    /// When `output` is standard output, descriptor 1 leads to standard error for that time, so that nothing but the
    /// protocol reaches the caller. SIGPIPE is ignored from here on.
    /// - Throws: `AtelierError` (OperationFailed) where the input cannot be read or nobody reads the output any more;
    ///   unfinished requests are cancelled in the second case.
    public func run(input: Int32, output: Int32) throws {
        signal(SIGPIPE, SIG_IGN)
        let protocolOutput = try ProtocolOutput(output)
        let queue = RequestQueue<Dispatcher.Request>(
            maxCount: service.options.maximumPending, maxBytes: service.options.maximumPendingBytes)
        let writer = LineWriter(descriptor: protocolOutput.descriptor) { [service, stopSignal] in
            queue.abandon()
            service.running.cancelAll()
            stopSignal.raise()
        }
        let dispatcher = Dispatcher(service: service, writer: writer, queue: queue)

        var threads: [PosixThread] = []
        var attendant: PosixThread?
        var failure: (any Error)?
        do {
            attendant = try startAttendant()
            for _ in 0..<max(1, service.options.concurrency) { threads.append(try PosixThread { dispatcher.work() }) }
            try read(from: input, into: dispatcher)
        } catch {
            failure = error
        }
        queue.close()
        for thread in threads { thread.join() }
        service.running.close()
        attendant?.join()
        service.close()
        protocolOutput.restore()
        if writer.isClosed {
            throw AtelierError(
                .operationFailed,
                "the caller stopped reading replies; requests that were still running have been cancelled")
        }
        if let failure { throw failure }
    }

    private func read(from input: Int32, into dispatcher: Dispatcher) throws {
        let limit = service.options.maximumLineBytes
        var reader = LineReader(descriptor: input, wake: stopSignal, limit: limit)
        while true {
            switch try reader.next() {
            case .line(let line): dispatcher.accept(line)
            case .tooLong(let length):
                dispatcher.refuse(
                    RPCError(
                        .invalidRequest,
                        "Invalid request: a line of \(length) bytes; the longest allowed has \(limit). Send large work in several requests",
                        data: ["bytes": .integer(length), "limit": .integer(limit)]))
            case .end: return
            }
        }
    }

    /// The thread that interrupts cancelled requests, tells of progress and closes forgotten cursors.
    private func startAttendant() throws -> PosixThread {
        let options = service.options
        return try PosixThread { [service] in
            service.running.attend(
                interval: min(0.05, max(0.001, options.progressInterval)),
                idle: min(60, max(0.01, options.cursorTimeout / 4)),
                tick: { service.cursors.closeIdle() })
        }
    }
}
