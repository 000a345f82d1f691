import Glibc

/// The help that commands declare, as text.
enum HelpText {
    /// All commands, by what they are for.
    static func overview(_ groups: [(title: String, commands: [Command])]) -> String {
        let width = groups.flatMap(\.commands).map(\.name.count).max() ?? 0
        var text = """
            Atelier keeps a made-to-order retailer's data as documents and answers questions about it.

            Usage: atelier COMMAND [OPTIONS]


            """
        for (title, commands) in groups {
            text += "\(title)\n"
            for command in commands { text += "  \(padded(command.name, width))  \(command.summary)\n" }
            text += "\n"
        }
        return text + """
            The store is what --store names, otherwise the environment's ATELIER_STORE, otherwise ./atelier.store.
            `atelier COMMAND --help` says more, with an example.

            Exit status: 0 done, 1 failed, 2 wrong usage, 3 the store cannot be opened or reached.

            """
    }

    /// The commands that share a first word.
    static func family(_ commands: [Command]) -> String {
        let width = commands.map(\.name.count).max() ?? 0
        let word = commands.first?.name.prefix { $0 != " " } ?? ""
        var text = "Usage: atelier \(word) TASK [OPTIONS]\n\n"
        for command in commands { text += "  \(padded(command.name, width))  \(command.summary)\n" }
        text += "\n`atelier \(word) TASK --help` says more.\n\nExamples:\n"
        for command in commands { if let example = command.examples.first { text += "  \(example)\n" } }
        return text
    }

    /// One command.
    static func command(_ command: Command) -> String {
        let operands = command.operands.map { operand in
            let name = operand.name + (operand.isRepeatable ? " …" : "")
            return operand.isOptional ? " [\(name)]" : " \(name)"
        }.joined()
        var text = "\(command.summary).\n\nUsage: atelier \(command.name)\(operands) [OPTIONS]\n"
        var rows = command.operands.map { ($0.name, $0.help) }
        rows += command.allOptions.map { option in
            ("--\(option.name)" + (option.value.map { " \($0)" } ?? ""), option.help)
        }
        let width = rows.map(\.0.count).max() ?? 0
        text += "\n"
        let room = Terminal.width(STDOUT_FILENO)
        for (name, help) in rows {
            let lines = wrapped(help, room.map { $0 - width - 4 })
            text += "  \(padded(name, width))  \(lines[0])\n"
            for line in lines.dropFirst() { text += String(repeating: " ", count: width + 4) + line + "\n" }
        }
        for paragraph in command.details {
            text += "\n"
            for line in wrapped(paragraph, room) { text += line + "\n" }
        }
        text += command.examples.count == 1 ? "\nExample:\n" : "\nExamples:\n"
        for example in command.examples { text += "  \(example)\n" }
        return text
    }

    /// A paragraph in lines of at most so many columns; as it is where nothing limits it, or too little room is left.
    static func wrapped(_ paragraph: String, _ width: Int?) -> [String] {
        let lines = paragraph.split(separator: "\n", omittingEmptySubsequences: false)
        guard let width, width >= 30, !lines.contains(where: { $0.hasPrefix(" ") }) else {
            return lines.map(String.init)
        }
        if lines.allSatisfy({ DisplayWidth.of($0) <= width }) { return lines.map(String.init) }
        var result: [String] = []
        var line = ""
        for word in paragraph.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if !line.isEmpty && DisplayWidth.of(line) + 1 + DisplayWidth.of(word) > width {
                result.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        return result + [line]
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
