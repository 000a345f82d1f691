import BSON
import DocumentStore
import Glibc
import WireServer

extension Option {
    static let listen = Option(
        "listen", value: "ADDRESS", "HOST:PORT or unix:PATH; 127.0.0.1:27017 otherwise. Port 0 lets the system pick one"
    )
}

extension Command {
    static let serve = Command(
        name: "serve", summary: "Serve the store to any MongoDB client, on this machine",
        options: [.listen, .store, .quiet],
        details: [
            "The first line on standard output is the connection string. Ends when it is interrupted or terminated.",
            "There is no authentication: only loopback addresses and Unix sockets are accepted.",
        ],
        examples: [
            "atelier serve --store ./shop.store --listen 127.0.0.1:0", "atelier serve --listen unix:/run/atelier.sock",
        ]
    ) { invocation in
        let address = try UsageError.rethrowing {
            let address = try ListenAddress(parsing: invocation.value(.listen) ?? "127.0.0.1:27017")
            try address.requireLocal()
            return address
        }
        let signals = SignalWait([SIGINT, SIGTERM])
        let isQuiet = invocation.isQuiet
        try invocation.withStore(creating: true) { store in
            let server = try WireServer(deployment: store.deployment, listen: address) { message in
                if !isQuiet { Messages.say("atelier serve: \(message)") }
            }
            try invocation.printText("\(server.address.uri)\n")
            signals.wait()
            server.stop()
        }
    }
}

/// Signals that are waited for instead of ending the process.
struct SignalWait {
    private let numbers: [Int32]

    /// Holds the signals back from now on, in this thread and those it starts.
    init(_ numbers: [Int32]) {
        self.numbers = numbers
        var set = signalSet
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Returns when one of them has come.
    func wait() {
        var set = signalSet
        var number: Int32 = 0
        while sigwait(&set, &number) == EINTR {}
    }

    private var signalSet: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }
}
