extension Command {
    static let version = Command(
        name: "version", summary: "Say which version this is", examples: ["atelier version"]
    ) { invocation in
        try invocation.printText("atelier \(Program.version)\n")
    }
}
