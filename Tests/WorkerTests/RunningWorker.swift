import Analytics
import BSON
import DocumentStore
import Glibc
import Platform
import Testing

@testable import Worker

/// A worker on a thread of this process, at the other end of two pipes.
final class RunningWorker: @unchecked Sendable {  // Invariant: one test uses it, from one thread at a time.
    private let (requests, replies): (Int32, Int32)
    private var lines: LineSource
    private var inputIsOpen = true
    private var outputIsOpen = true
    private let outcome = Monitored<Result<Void, any Error>?>(nil)
    let worker: Worker

    init(_ store: Store, aggregations: [String] = [], options: Worker.Options = .init()) throws {
        let (input, requests) = try openPipe()
        let (replies, output) = try openPipe()
        (self.requests, self.replies) = (requests, replies)
        lines = LineSource(descriptor: replies)
        worker = try Worker(store: store, catalog: AggregationCatalog(directories: aggregations), options: options)
        let (worker, outcome) = (worker, outcome)
        _ = try PosixThread {
            let result = Result { try worker.run(input: input, output: output) }
            close(input)
            close(output)
            outcome.write { $0 = result }
        }
    }

    convenience init(_ deployment: FakeDeployment, options: Worker.Options = .init()) throws {
        try self.init(Store(deployment: deployment), options: options)
    }

    deinit {
        closeInput()
        closeOutput()
    }

    func send(_ line: String) throws { try send(bytes: Array((line + "\n").utf8)) }

    /// Sends bytes as they are, whole lines or not.
    func send(bytes: [UInt8]) throws { try writeAll(bytes, to: requests) }

    /// Sends as much as the pipe takes without waiting; how many bytes that was.
    func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
        _ = fcntl(requests, F_SETFL, O_NONBLOCK)
        defer { _ = fcntl(requests, F_SETFL, 0) }
        return max(0, bytes.withUnsafeBytes { write(requests, $0.baseAddress!, $0.count) })
    }

    /// The next line the worker writes; nil at the end of its output.
    func receive() throws -> String? { try lines.next() }

    /// The next line, as a document.
    func reply() throws -> Document {
        let line = try #require(try receive())
        return try Document(json: line)
    }

    /// Sends a request and returns its result or error.
    func call(_ method: String, _ params: String = "{}", id: String = "1") throws -> Document {
        try send(#"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#)
        return try reply()
    }

    func closeInput() {
        if inputIsOpen { close(requests) }
        inputIsOpen = false
    }

    /// Stops reading the replies for good.
    func closeOutput() {
        if outputIsOpen { close(replies) }
        outputIsOpen = false
    }

    /// Ends the input and returns what the worker still writes, once it has ended.
    func finish() throws -> [String] {
        closeInput()
        var rest: [String] = []
        while let line = try receive() { rest.append(line) }
        try waitForEnd()
        return rest
    }

    /// Waits until `run` has returned; throws what it threw.
    func waitForEnd() throws { try outcome.wait { $0 != nil }!.get() }
}

/// Lines from a pipe; fails rather than wait for ever.
struct LineSource {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    /// How much of the buffer is known to hold no newline.
    private var searched = 0
    private var atEnd = false
    /// Whether the writer may have died within a line.
    var mayBeCutOff = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    mutating func next() throws -> String? {
        while true {
            let newline = buffer.withUnsafeBytes { bytes in
                bytes.baseAddress.flatMap { memchr($0 + searched, 0x0A, bytes.count - searched) }
                    .map { UnsafeRawPointer($0) - bytes.baseAddress! }
            }
            searched = newline == nil ? buffer.count : 0
            if let newline {
                let line = String(decoding: buffer[..<newline], as: UTF8.self)
                buffer.removeSubrange(...newline)
                return line
            }
            if atEnd {
                #expect(buffer.isEmpty || mayBeCutOff, "the output ends within a line")
                return nil
            }
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 60_000) == 1 else { throw AtelierError(.internalError, "no reply within a minute") }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(descriptor, &chunk, chunk.count)
            if count <= 0 { atEnd = true } else { buffer += chunk[..<count] }
        }
    }
}

func openPipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + sent, bytes.count - sent) }
        guard count > 0 else { throw AtelierError(9001, "the worker's input is closed") }
        sent += count
    }
}
