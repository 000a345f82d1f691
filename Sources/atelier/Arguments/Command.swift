/// One command of the program: what it takes, what it says about itself, and what it does.
///
/// Everything a command accepts is declared here once; parsing, checking and help all read it.
struct Command: Sendable {
    let name: String
    /// A line for the overview.
    let summary: String
    var operands: [Operand] = []
    var options: [Option] = []
    /// More for the command's own help, as paragraphs.
    var details: [String] = []
    /// Command lines that work, without the leading prompt.
    let examples: [String]
    let run: @Sendable (Invocation) throws -> Void

    /// Every option, with the one that all commands share.
    var allOptions: [Option] { options + [.help] }
}

/// A value that stands by its place.
struct Operand: Sendable {
    let name: String
    let help: String
    var isOptional = false
    /// Whether it may be given more than once; only the last operand of a command may.
    var isRepeatable = false

    init(_ name: String, _ help: String, isOptional: Bool = false, isRepeatable: Bool = false) {
        self.name = name
        self.help = help
        self.isOptional = isOptional
        self.isRepeatable = isRepeatable
    }
}

/// A value or flag that stands by its name: `--name`, `--name VALUE` or `--name=VALUE`.
struct Option: Sendable, Equatable {
    let name: String
    /// What the value is called in the help; nil for a flag.
    let value: String?
    let help: String
    var isRepeatable = false

    init(_ name: String, value: String? = nil, isRepeatable: Bool = false, _ help: String) {
        self.name = name
        self.value = value
        self.help = help
        self.isRepeatable = isRepeatable
    }

    static func == (a: Option, b: Option) -> Bool { a.name == b.name }
}

extension Option {
    static let help = Option("help", "Show this help")
    static let store = Option(
        "store", value: "PATH|mongodb://…", "The store; otherwise ATELIER_STORE, otherwise ./atelier.store")
    static let format = Option(
        "format", value: "FORMAT",
        "table, csv, json, ndjson, markdown or parquet; otherwise by the name of --out, otherwise table")
    static let out = Option("out", value: "FILE", "Write there instead of to standard output, whole or not at all")
    static let quiet = Option("quiet", "Nothing but results and errors: no headings, progress or reports")
    static let aggregations = Option(
        "aggregations", value: "DIR", isRepeatable: true, "A folder with more saved aggregations; may be repeated")
    static let parameter = Option(
        "param", value: "NAME=VALUE", isRepeatable: true, "A parameter of the aggregation; may be repeated")

    /// What every command that prints rows takes.
    static let output: [Option] = [.format, .out, .quiet]
}
