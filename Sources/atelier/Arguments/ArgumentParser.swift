import BSON

/// Reads a command line against what its command declares.
enum ArgumentParser {
    /// What a command line asks for.
    enum Request {
        case run(Invocation)
        case help(Command)
        case overview
        /// The commands that share a first word, such as `graph rank` and `graph path`.
        case family([Command])
    }

    /// - Parameter arguments: without the program's name.
    static func parse(_ arguments: [String], commands: [Command]) throws -> Request {
        var (name, rest, leading) = try splitCommand(arguments)
        guard var name else { return .overview }
        if name == "help" {
            let words = rest.filter { !$0.hasPrefix("-") }
            guard let topic = words.first else { return .overview }
            let family = family(topic, among: commands)
            if family.isEmpty { return .help(try find(topic, among: commands)) }
            return words.count > 1 ? .help(try find("\(topic) \(words[1])", among: family)) : .family(family)
        }
        let family = family(name, among: commands)
        if !family.isEmpty {
            guard leading < rest.count, !["--help", "-h"].contains(rest[leading]) else { return .family(family) }
            name += " \(rest.remove(at: leading))"
            return try parse(name, rest, among: family)
        }
        return try parse(name, rest, among: commands)
    }

    /// The commands of two words that begin with this one.
    private static func family(_ name: String, among commands: [Command]) -> [Command] {
        commands.filter { $0.name.hasPrefix(name + " ") }
    }

    private static func parse(_ name: String, _ rest: [String], among commands: [Command]) throws -> Request {
        let command = try find(name, among: commands)
        do {
            return try parse(rest, for: command)
        } catch var error as UsageError {
            error.command = command.name
            throw error
        }
    }

    /// The command's name, the arguments before and after it, and how many came before. Options that many commands share
    /// may come first.
    private static func splitCommand(_ arguments: [String]) throws -> (name: String?, rest: [String], leading: Int) {
        let leading: [Option] = [.store, .aggregations, .format, .out, .quiet]
        var index = 0
        while index < arguments.count, arguments[index].hasPrefix("-") {
            let argument = arguments[index]
            if ["--help", "-h"].contains(argument) { return (nil, [], 0) }
            if argument == "--version" { return ("version", [], 0) }
            let (name, inlineValue) = split(argument)
            guard let option = leading.first(where: { "--\($0.name)" == name }) else {
                throw UsageError(
                    "\(argument) comes before the command",
                    advice: "Write the command first, for example: atelier list --quiet")
            }
            index += option.value != nil && inlineValue == nil ? 2 : 1
        }
        guard index < arguments.count else {
            if index == 0 { return (nil, [], 0) }
            throw UsageError("there is no command", advice: "`atelier --help` lists the commands.")
        }
        return (arguments[index], Array(arguments[..<index] + arguments[(index + 1)...]), index)
    }

    private static func find(_ name: String, among commands: [Command]) throws -> Command {
        if let command = commands.first(where: { $0.name == name }) { return command }
        let nearest = nearestName(to: name, among: commands.map(\.name))
        throw UsageError(
            "there is no command \(name)",
            advice: (nearest.map { "Did you mean \($0)? " } ?? "") + "`atelier --help` lists them.")
    }

    private static func parse(_ arguments: [String], for command: Command) throws -> Request {
        var operands: [String] = []
        var values: [String: [String]] = [:]
        var index = 0
        var onlyOperands = false
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            if onlyOperands || !argument.hasPrefix("-") || argument == "-" {
                operands.append(argument)
                continue
            }
            if argument == "--" {
                onlyOperands = true
                continue
            }
            if argument == "-h" || argument == "--help" { return .help(command) }
            let (name, inlineValue) = split(argument)
            guard let option = command.allOptions.first(where: { "--\($0.name)" == name }) else {
                throw unknown(name, command)
            }
            var value = inlineValue
            if option.value == nil {
                guard inlineValue == nil else { throw UsageError("--\(option.name) takes no value", advice: nil) }
                value = ""
            } else if value == nil {
                guard index < arguments.count else {
                    throw UsageError("--\(option.name) wants a value: --\(option.name) \(option.value ?? "")")
                }
                value = arguments[index]
                index += 1
            }
            guard values[option.name] == nil || option.isRepeatable || option.value == nil else {
                throw UsageError("--\(option.name) is given twice")
            }
            values[option.name, default: []].append(value ?? "")
        }
        try check(operands, command)
        return .run(Invocation(command: command, operands: operands, values: values))
    }

    private static func check(_ operands: [String], _ command: Command) throws {
        let required = command.operands.prefix { !$0.isOptional }
        if operands.count < required.count {
            let missing = command.operands[operands.count]
            guard let last = operands.last else { throw UsageError("\(missing.name) is missing: \(missing.help)") }
            let wanted = required.map(\.name).joined(separator: " ")
            throw UsageError("expected \(wanted), found only \"\(last)\"; \(missing.name) is missing: \(missing.help)")
        }
        if operands.count > command.operands.count, command.operands.last?.isRepeatable != true {
            throw UsageError(
                "\"\(operands[command.operands.count])\" is one argument too many",
                advice: "`atelier \(command.name) --help` lists the options; quotes go around a value that holds blanks.")
        }
    }

    private static func unknown(_ name: String, _ command: Command) -> UsageError {
        let names = command.allOptions.map { "--\($0.name)" }
        if let nearest = nearestName(to: name, among: names) {
            return UsageError("there is no option \(name)", advice: "Did you mean \(nearest)?")
        }
        return UsageError("there is no option \(name)", advice: "There are \(names.joined(separator: ", ")).")
    }

    private static func split(_ argument: String) -> (name: String, value: String?) {
        guard let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
        return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    }
}
