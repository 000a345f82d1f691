import Analytics
import Retail

/// Definitions as text for people.
struct DescriptionText {
    /// How many columns fit a line; nil where nothing limits it.
    let width: Int?

    func of(_ aggregation: SavedAggregation) -> String {
        var text = "\(aggregation.title): \(aggregation.question)\n\nCollection: \(aggregation.collection)\n"
        text += section("Parameters", aggregation.parameters.map { ($0.name, describe($0)) })
        text += section("Columns", aggregation.columns.map { ($0.name, describe($0)) })
        text += section("Notes", aggregation.notes.map { ("-", $0) }, gap: 1)
        let argument = aggregation.parameters.first.map { " --param \($0.name)=\($0.example)" } ?? ""
        return text + "\nExample:\n  atelier run \(aggregation.name)\(argument)\n"
    }

    func of(_ collection: CollectionDefinition) -> String {
        var text = "\(collection.name): \(collection.purpose)\n"
        text += section("Indexes", collection.indexes.map { ($0.name, $0.serves) })
        let tables = collection.relational?.tables ?? []
        text += section("Tables", tables.map { ($0.name, $0.columns.map(\.name).joined(separator: ", ")) })
        return text + "\nIts schema: atelier describe \(collection.name) --format json\n"
    }

    private func describe(_ parameter: Parameter) -> String {
        let standard = parameter.defaultValue.map { "; \($0.withValue(CellText.plain)) where it is left out" } ?? ""
        return "\(parameter.description) (\(parameter.expected)\(parameter.isRequired ? "; required" : standard))"
    }

    private func describe(_ column: Column) -> String {
        let kind = column.unit.map { "\(column.type.rawValue), \($0.rawValue)" } ?? column.type.rawValue
        return "\(column.title) (\(kind))"
    }

    /// Names and what they are, below each other; nothing where there are none.
    private func section(_ title: String, _ rows: [(name: String, text: String)], gap: Int = 2) -> String {
        guard !rows.isEmpty else { return "" }
        let indent = (rows.map { DisplayWidth.of($0.name) }.max() ?? 0) + gap + 2
        let lines = rows.map { row in
            let head = "  " + row.name
            let blanks = String(repeating: " ", count: indent - DisplayWidth.of(head))
            let parts = DescriptionText.wrapped(row.text, to: width.map { max(20, $0 - indent) })
            return head + blanks + parts.joined(separator: "\n" + String(repeating: " ", count: indent)) + "\n"
        }
        return "\n\(title)\n" + lines.joined()
    }

    /// The text in lines of at most so many columns, broken at blanks.
    static func wrapped(_ text: String, to width: Int?) -> [String] {
        guard let width else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && DisplayWidth.of(line) + 1 + DisplayWidth.of(word) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}
