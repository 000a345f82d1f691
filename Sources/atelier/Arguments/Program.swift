import BSON
import Glibc

/// The program: from arguments to exit status.
enum Program {
    static let version = "0.1.0"

    /// How the program ends, as scripts see it.
    enum ExitStatus: Int32 {
        case done = 0
        case failed = 1
        case wrongUsage = 2
        case storeUnavailable = 3
    }

    /// Runs what the arguments (without the program's name) ask for; errors are on standard error.
    static func main(_ arguments: [String]) -> ExitStatus {
        holdStandardDescriptors()
        // A reader that goes away is an error of `write`, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        var name = "atelier"
        do {
            switch try ArgumentParser.parse(arguments, commands: CommandList.all) {
            case .overview: try show(HelpText.overview(CommandList.groups))
            case .family(let commands): try show(HelpText.family(commands))
            case .help(let command): try show(HelpText.command(command))
            case .run(let invocation):
                name += " \(invocation.command.name)"
                try invocation.command.run(invocation)
            }
            return .done
        } catch {
            return report(error, name)
        }
    }

    /// A standard descriptor that was closed by whoever started the program would become the next file that is opened, such as
    /// the store, and results would be written into that. Standard output then stands for reading: writing to it fails.
    private static func holdStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    private static func report(_ error: any Error, _ name: String) -> ExitStatus {
        switch error {
        case is OutputClosed: return .done
        case let error as UsageError:
            let name = error.command.map { "\(name) \($0)" } ?? name
            complain(name, error.message, error.advice ?? "`\(name) --help` shows how.")
            return .wrongUsage
        case let error as StoreUnavailable:
            complain(
                name, "\(error.place): \(error.cause.message)", error.cause.advice ?? "Check --store or ATELIER_STORE.")
            return .storeUnavailable
        case let error as AtelierError:
            complain(name, error.location.map { "\($0): \(error.message)" } ?? error.message, error.advice)
            return .failed
        default:
            complain(name, "\(error)", nil)
            return .failed
        }
    }

    private static func complain(_ name: String, _ message: String, _ advice: String?) {
        Messages.say("\(name): \(message)" + (advice.map { "\n  \($0)" } ?? ""))
    }

    private static func show(_ text: String) throws {
        let output = Output()
        try output.write(text)
        try output.finish()
    }
}
