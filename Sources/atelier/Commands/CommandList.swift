/// Every command, by what it is for: the help's overview reads this.
enum CommandList {
    static let groups: [(title: String, commands: [Command])] = [
        ("Questions", [.list, .run, .find, .aggregate]),
        ("The program", [.version]),
    ]

    static let all = groups.flatMap(\.commands)
}
