import BSON
import Glibc
import Synchronization

/// Takes lines in, hands their requests to the threads that carry them out, and sends the replies.
final class Dispatcher: Sendable {
    /// A request that was accepted.
    struct Request: Sendable {
        let message: Message
        let entry: RunningRequests.Entry
        let sink: ReplySink
    }

    private let service: Service
    private let writer: LineWriter
    private let queue: RequestQueue<Request>

    init(service: Service, writer: LineWriter, queue: RequestQueue<Request>) {
        self.service = service
        self.writer = writer
        self.queue = queue
    }

    private var defaultMode: ExtendedJSONMode { service.options.canonical ? .canonical : .relaxed }

    // MARK: The reading thread

    /// Takes one line on; waits while too much is waiting already.
    func accept(_ line: [UInt8]) {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return }
        switch Message.parse(line) {
        case .single(let message): accept(message, bytes: line.count, into: .line(writer))
        case .batch(let messages):
            let sink = ReplySink.batch(BatchReply(count: messages.count, writer: writer))
            for message in messages { accept(message, bytes: line.count / messages.count, into: sink) }
        }
    }

    /// Answers a line that was not even looked at.
    func refuse(_ error: RPCError) { writer.write(Reply.json(.null, .failure(error), defaultMode)) }

    private func accept(_ message: Result<Message, Message.Rejected>, bytes: Int, into sink: ReplySink) {
        switch message {
        case .failure(let rejected): sink.send(Reply.json(rejected.id, .failure(rejected.error), defaultMode))
        case .success(let message) where message.method == "$/cancelRequest": cancel(message, sink)
        case .success(let message) where message.id == nil && message.method.hasPrefix("$/"):
            // A notification about the protocol that this worker does not know may be ignored, as in LSP.
            sink.send(nil)
        case .success(let message):
            let entry = RunningRequests.Entry(id: message.id)
            service.statistics.accepted.add(1, ordering: .relaxed)
            service.running.add(entry)
            if !queue.add(Request(message: message, entry: entry, sink: sink), bytes: bytes) {
                service.running.remove(entry)
            }
        }
    }

    /// Carries out `$/cancelRequest` at once: it must not wait behind what it is to cancel.
    private func cancel(_ message: Message, _ sink: ReplySink) {
        let outcome: Result<Document, RPCError>
        do {
            guard let params = message.params, params.first == UInt8(ascii: "{") else {
                throw RPCError.invalidParams("params", "is required: an object with the `id` of a request")
            }
            let bytes = Array(params)
            let id = try bytes.withUnsafeBytes { bytes -> RequestID? in
                var scanner = JSONScanner(bytes)
                guard let members = try scanner.members() else { return nil }
                return members.count == 1 && members[0].name == "id" ? RequestID(bytes, members[0].value) : nil
            }
            guard let id else {
                throw RPCError.invalidParams("params.id", "is required, alone: a string, a number or null")
            }
            outcome = .success(["cancelled": .bool(service.running.cancel(id) > 0)])
        } catch {
            outcome = .failure(.wrapping(error))
        }
        finish(message, outcome, defaultMode, sink)
    }

    // MARK: The working threads

    /// Carries out requests until no more will come.
    func work() {
        while let request = queue.next() {
            let (outcome, mode) = carryOut(request)
            service.running.remove(request.entry)
            count(outcome)
            finish(request.message, outcome, mode, request.sink)
        }
    }

    private func carryOut(_ request: Request) -> (Result<Document, RPCError>, ExtendedJSONMode) {
        var mode = defaultMode
        do {
            let cancellation = request.entry.cancellation
            try cancellation.check()
            guard let method = service.methods[request.message.method] else {
                throw service.methods.notFound(request.message.method)
            }
            let parameters = try Parameters(parsing: request.message.params)
            if let canonical = parameters.bool("canonical") { mode = canonical ? .canonical : .relaxed }
            try parameters.check(against: method.parameterSchema)

            let progress = parameters["progress"].map { token in
                Progress(token: token, interval: service.options.progressInterval) { [writer] parameters in
                    writer.write(Reply.notification("$/progress", parameters))
                }
            }
            defer { progress?.finish() }
            if let progress { service.running.watch(progress, of: request.entry) }

            let result = try service.sessions.withLease { lease in
                try lease.session.serving(cancellation) {
                    try method.run(
                        Call(
                            service: service, parameters: parameters, lease: lease, cancellation: cancellation,
                            progress: progress))
                }
            }
            return (.success(result), mode)
        } catch let cancelled as Cancelled {
            return (.failure(RPCError(.requestCancelled, "Request cancelled", data: cancelled.done)), mode)
        } catch {
            var failure = RPCError.wrapping(error)
            // A server may report what an interrupted write had done as a failed write.
            let isInterruption = failure.data?["code"]?.integerValue == Int64(ErrorCode.interrupted.rawValue)
            if isInterruption, request.entry.cancellation.isCancelled {
                failure = RPCError(.requestCancelled, "Request cancelled", data: failure.data)
            }
            return (.failure(failure), mode)
        }
    }

    private func finish(
        _ message: Message, _ outcome: Result<Document, RPCError>, _ mode: ExtendedJSONMode, _ sink: ReplySink
    ) {
        if let id = message.id {
            sink.send(Reply.json(id, outcome, mode))
        } else {
            if case .failure(let error) = outcome { complain(error, message.method) }
            sink.send(nil)
        }
    }

    /// Nobody is told that a notification failed; whoever looks at stderr should be.
    private func complain(_ error: RPCError, _ method: String) {
        // The name comes from outside: what could make lines of its own, or a very long one, is left out.
        let name = String(
            method.unicodeScalars.filter { $0.value > 0x20 && $0.value < 0x7F }.prefix(64).map(Character.init))
        let line = Array("atelier worker: the notification \(name) failed with \(error.code.rawValue)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress!, $0.count) }
    }

    private func count(_ outcome: Result<Document, RPCError>) {
        let statistics = service.statistics
        switch outcome {
        case .success: statistics.succeeded.add(1, ordering: .relaxed)
        case .failure(let error):
            statistics.failed.add(1, ordering: .relaxed)
            if error.code == .requestCancelled { statistics.cancelled.add(1, ordering: .relaxed) }
        }
    }
}

extension Parameters {
    /// Reads a request's `params`: an object in Extended JSON, or none.
    /// - Throws: `RPCError` (invalid params) for an array, and for what is JSON but not Extended JSON.
    fileprivate init(parsing json: ArraySlice<UInt8>?) throws {
        guard let json else {
            self.init([:])
            return
        }
        guard json.first == UInt8(ascii: "{") else {
            throw RPCError.invalidParams(
                "params", "expected an object, found an array; parameters go by name", expected: "an object")
        }
        do {
            self.init(try json.withUnsafeBytes { try Document(json: $0) })
        } catch let error as AtelierError {
            let place = error.location.map { " at \($0) of params" } ?? ""
            throw RPCError.invalidParams("params", error.message + place + (error.advice.map { ". \($0)" } ?? ""))
        }
    }
}
