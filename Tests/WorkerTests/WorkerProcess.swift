import BSON
import Glibc
import Testing

/// `atelier worker` as a process of its own, at the other end of two pipes.
final class WorkerProcess {
    let process: pid_t
    private let requests: Int32
    private var lines: LineSource
    private var inputIsOpen = true
    private let outputIsOpen: Bool

    /// The executable, which the build puts beside the test bundle.
    static let executable: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let runner = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return runner.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/atelier"
    }()

    /// - Parameter outputIsOpen: whether anybody reads its standard output.
    init(_ arguments: [String], outputIsOpen: Bool = true) throws {
        let (input, requests) = try openPipe()
        let (replies, output) = try openPipe()
        defer {
            close(input)
            close(output)
        }
        self.requests = requests
        lines = LineSource(descriptor: replies)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var argv: [UnsafeMutablePointer<CChar>?] =
            ([WorkerProcess.executable, "worker"] + arguments).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("ATELIER_HOME=\(packageFolder(""))"), nil]
        defer { for text in argv + environment { free(text) } }
        var process = pid_t()
        try #require(posix_spawn(&process, WorkerProcess.executable, &actions, nil, &argv, &environment) == 0)
        self.process = process
        self.outputIsOpen = outputIsOpen
        if !outputIsOpen { close(replies) }
    }

    deinit {
        closeInput()
        if outputIsOpen { close(lines.descriptor) }
    }

    func send(_ line: String) throws { try writeAll(Array((line + "\n").utf8), to: requests) }
    func receive() throws -> String? { try lines.next() }

    func closeInput() {
        if inputIsOpen { close(requests) }
        inputIsOpen = false
    }

    /// Sends a signal. After SIGKILL the last reply may be cut off.
    func signal(_ number: Int32) {
        if number == SIGKILL { lines.mayBeCutOff = true }
        kill(process, number)
    }

    /// The exit status, or 128 plus the signal that ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
    }
}
