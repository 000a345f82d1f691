import Glibc

/// A running `storage-crash-child`, whose lines on stdout can be read one by one.
final class ChildProcess {
    private let identifier: pid_t
    private let output: Int32
    private var buffer: [UInt8] = []
    private var isReaped = false

    init(_ arguments: [String]) {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0)
        // The next child must not inherit this one's reading end, nor this child its own.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let program = ChildProcess.folder + "/storage-crash-child"
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        // A backtrace of a child that traps would outlive it and keep its output open.
        var environment = [strdup("SWIFT_BACKTRACE=enable=no"), nil]
        defer { for variable in environment { free(variable) } }
        var identifier = pid_t()
        let code = posix_spawn(&identifier, program, &actions, nil, &argv, &environment)
        precondition(code == 0, "cannot start \(program): \(code)")
        self.identifier = identifier
        close(ends[1])
        output = ends[0]
    }

    deinit {
        if !isReaped { kill() }
        close(output)
    }

    /// Where the build puts executables: beside the tests.
    private static let folder: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let whole = String(decoding: path[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Under `swift test` the tests may be a library that a runner of the toolchain has loaded.
        if access(whole.parent + "/storage-crash-child", X_OK) == 0 { return whole.parent }
        return CommandLine.arguments.map(\.parent).first { access($0 + "/storage-crash-child", X_OK) == 0 }
            ?? whole.parent
    }()

    /// The next line; nil at the end of the output. A line that was cut by the process's end counts as none.
    func line() -> String? {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end + 1)
                return line
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(output, &chunk, chunk.count)
            if count <= 0 { return nil }
            buffer.append(contentsOf: chunk[..<count])
        }
    }

    func lines() -> [String] {
        var result: [String] = []
        while let line = line() { result.append(line) }
        return result
    }

    /// Ends the process as a power cut would end it.
    func kill() {
        Glibc.kill(identifier, SIGKILL)
        _ = wait()
    }

    /// The exit status, or 128 and the signal.
    func wait() -> Int32 {
        var status: Int32 = 0
        waitpid(identifier, &status, 0)
        isReaped = true
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
    }
}

extension String {
    fileprivate var parent: String {
        split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }
}
