import BSON
import Glibc

/// The built program, run as a process of its own.
struct Atelier {
    /// What a run left behind.
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Where standard output leads.
    enum Target {
        case file(String)
        case descriptor(Int32)
    }

    /// The executable, which the build puts beside the test bundle.
    static let path: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let runner = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return runner.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/atelier"
    }()

    /// Runs the program in a folder and waits for it.
    ///
    /// - Parameter environment: `NAME=VALUE`; nothing else is in the environment.
    static func run(
        _ arguments: [String], in folder: TemporaryFolder, environment: [String] = [], input: String = ""
    ) throws -> Outcome {
        try run([path] + arguments, in: folder, environment, input)
    }

    /// Runs a line of the shell's language in a folder, with the program on the path.
    static func shell(_ line: String, in folder: TemporaryFolder) throws -> Outcome {
        let directory = path.dropLast("/atelier".count)
        return try run(["/bin/sh", "-c", line], in: folder, ["PATH=\(directory):/usr/bin:/bin"], "")
    }

    private static func run(
        _ command: [String], in folder: TemporaryFolder, _ environment: [String], _ input: String
    ) throws -> Outcome {
        let (inputPath, outputPath, errorPath) = (folder.path + "/.in", folder.path + "/.out", folder.path + "/.err")
        try folder.write(".in", input)
        let process = try spawn(
            command, in: folder, environment: environment, input: inputPath, output: .file(outputPath),
            errors: errorPath)
        let status = wait(for: process)
        return Outcome(status: status, output: try contents(outputPath), errors: try contents(errorPath))
    }

    /// Starts the program in a folder with its standard descriptors on files.
    static func start(
        _ arguments: [String], in folder: TemporaryFolder, output: Target, errors: String
    ) throws -> pid_t {
        try spawn([path] + arguments, in: folder, environment: [], input: "/dev/null", output: output, errors: errors)
    }

    private static func spawn(
        _ program: [String], in folder: TemporaryFolder, environment: [String], input: String, output: Target,
        errors: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        switch output {
        case .file(let path):
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, STDOUT_FILENO)
        }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // The shell changes the folder and becomes the program.
        let command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder.path] + program
        var argv = command.map { strdup($0) } + [nil]
        // Without its counters in shared memory, libmongoc does not stumble over those that a killed process left there.
        var envp = (environment + ["MONGOC_DISABLE_SHM=1"]).map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process = pid_t()
        let status = posix_spawn(&process, command[0], &actions, nil, &argv, &envp)
        guard status == 0 else {
            throw AtelierError(.internalError, "cannot start \(path): \(String(cString: strerror(status)))")
        }
        return process
    }

    /// The exit status, or 128 plus the signal that ended it.
    static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
    }

    static func contents(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw AtelierError(.fileOpenFailed, "cannot open", at: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}

/// A folder of its own for one test, deleted afterwards with everything in it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/atelier-cli-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw AtelierError(.fileOpenFailed, "mkdtemp failed") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ name: String, _ text: String) throws {
        guard let file = fopen("\(path)/\(name)", "w") else {
            throw AtelierError(.fileOpenFailed, "cannot write", at: name)
        }
        fputs(text, file)
        fclose(file)
    }

    func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

    deinit { TemporaryFolder.removeAll(path) }

    private static func removeAll(_ path: String) {
        if remove(path) == 0 { return }
        guard let listing = opendir(path) else { return }
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { removeAll("\(path)/\(name)") }
        }
        closedir(listing)
        remove(path)
    }
}
