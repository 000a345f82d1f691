import BSON
import Glibc

/// Drawings by Graphviz's `dot`, run as a process of its own.
public enum Graphviz {
    /// A drawing in Graphviz's language as SVG.
    ///
    /// - Throws: `operationFailed` where there is no `dot`, or it fails.
    public static func svg(_ text: String) throws -> String {
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
        var process = pid_t()
        let arguments = ["dot", "-Tsvg"].map { (text: String) in strdup(text) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let status = posix_spawnp(&process, "dot", &actions, nil, arguments, environ)
        close(ends[1])
        guard status == 0 else { throw missing }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            output += buffer[..<count]
        }
        var result: Int32 = 0
        while waitpid(process, &result, 0) < 0 && errno == EINTR {}
        if result & 0x7F == 0 && result >> 8 & 0xFF == 127 { throw missing }
        guard result == 0, !output.isEmpty else {
            throw AtelierError(
                ErrorCode(rawValue: 96), "Graphviz's program dot failed",
                advice: "Ask for --format dot and draw that by hand to see why.")
        }
        return String(decoding: output, as: UTF8.self)
    }
}
