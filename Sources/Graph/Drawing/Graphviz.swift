import BSON
import Glibc

/// Drawings by Graphviz's `dot`, run as a process of its own.
public enum Graphviz {
    /// A drawing that takes longer is given up.
    public static let maximumSeconds = 120

    /// A drawing in Graphviz's language as SVG.
    ///
    /// `dot` ends with the thread that waits for it, however that ends.
    ///
    /// - Parameters:
    ///   - announce: told the process while it runs, and nil when it is over: who ends this program ends that too.
    ///   - check: asked several times a second; where it throws, `dot` is ended and the error reaches the caller.
    /// - Throws: `operationFailed` where there is no `dot`, it fails, or takes longer than `maximumSeconds`; what `check`
    ///   throws.
    public static func svg(
        _ text: String, announce: (pid_t?) -> Void = { _ in }, check: () throws -> Void = {}
    ) throws -> String {
        let missing = AtelierError(
            ErrorCode(rawValue: 96), "drawing svg needs Graphviz's program dot, and it cannot be found",
            advice: "Install it (Debian: apt-get install graphviz), or ask for --format dot.")
        // The text goes in by an unlinked file, so that neither side waits for the other.
        var name = Array("/tmp/atelier-XXXXXX".utf8CString)
        let input = mkstemp(&name)
        guard input >= 0 else {
            throw AtelierError(.fileOpenFailed, "cannot write a temporary file: \(String(cString: strerror(errno)))")
        }
        defer { close(input) }
        unlink(name)
        var bytes = ArraySlice(Array(text.utf8))
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(input, $0.baseAddress!, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw AtelierError(
                    .fileOpenFailed, "cannot write a temporary file: \(String(cString: strerror(errno)))")
            }
            bytes = bytes.dropFirst(count)
        }
        lseek(input, 0, SEEK_SET)
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw missing }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        guard let process = start(&actions) else {
            close(ends[1])
            throw missing
        }
        close(ends[1])
        announce(process)
        let output: [UInt8]
        do {
            output = try Graphviz.output(of: ends[0], check)
        } catch {
            kill(process, SIGKILL)
            _ = wait(for: process)
            announce(nil)
            throw error
        }
        let result = wait(for: process)
        announce(nil)
        if result & 0x7F == 0 && result >> 8 & 0xFF == 127 { throw missing }
        guard result == 0, !output.isEmpty else {
            throw AtelierError(
                ErrorCode(rawValue: 96), "Graphviz's program dot failed",
                advice: "Ask for --format dot and draw that by hand to see why.")
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Starts `dot`; nil where it cannot be found.
    ///
    /// Nobody can be told to end with another from outside: util-linux's `setpriv` says so of itself and becomes `dot`. Where
    /// it is missing, `dot` is started as it is, and lives on if this program is killed.
    private static func start(_ actions: inout posix_spawn_file_actions_t) -> pid_t? {
        guard isInstalled("dot") else { return nil }
        // Signals that this program ignores or blocks are none of the drawing's business.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (all, none) = (sigset_t(), sigset_t())
        sigemptyset(&all)
        sigemptyset(&none)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&all, number) }
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let plain = ["dot", "-Tsvg"]
        let commands = isInstalled("setpriv") ? [["setpriv", "--pdeathsig", "KILL"] + plain, plain] : [plain]
        for command in commands {
            let arguments = command.map { (text: String) in strdup(text) } + [nil]
            defer { for argument in arguments { free(argument) } }
            var process = pid_t()
            if posix_spawnp(&process, command[0], &actions, &attributes, arguments, environ) == 0 { return process }
        }
        return nil
    }

    /// Whether a folder of `PATH` has such a program.
    private static func isInstalled(_ program: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    private static func wait(for process: pid_t) -> Int32 {
        var result: Int32 = 0
        while waitpid(process, &result, 0) < 0 && errno == EINTR {}
        return result
    }

    /// What comes out of a pipe until its end.
    private static func output(of pipe: Int32, _ check: () throws -> Void) throws -> [UInt8] {
        var started = timespec()
        clock_gettime(CLOCK_MONOTONIC, &started)
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            try check()
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            guard now.tv_sec - started.tv_sec < maximumSeconds else {
                throw AtelierError(
                    .maxTimeMSExpired, "Graphviz's program dot took longer than \(maximumSeconds) s",
                    advice: "Ask for fewer nodes or edges, or for --format dot.")
            }
            var waiting = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, 200) <= 0 { continue }
            let count = read(pipe, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return output }
            output += buffer[..<count]
        }
    }
}
