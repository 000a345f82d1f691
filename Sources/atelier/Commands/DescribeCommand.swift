import Analytics
import BSON
import Definitions
import Glibc
import Retail

extension Command {
    static let describe = Command(
        name: "describe", summary: "Say what a saved aggregation or a collection is",
        operands: [Operand("NAME", "An aggregation or a collection")],
        options: [.aggregations, .format, .out],
        details: ["As text for people, or with --format json as the definition itself."],
        examples: ["atelier describe revenue-by-month", "atelier describe orders --format json"]
    ) { invocation in
        let name = invocation.operands[0]
        let catalog = try invocation.aggregationCatalog()
        let collections = try CollectionCatalog.standard()
        let format = try invocation.format()
        let text = DescriptionText(width: invocation.value(.out) == nil ? Terminal.width(STDOUT_FILENO) : nil)
        guard [.table, .json].contains(format) else {
            throw UsageError("--format: a description is a table, which is to say text, or json")
        }
        if catalog.names.contains(name) {
            let aggregation = try catalog.aggregation(named: name)
            try invocation.printText(
                format == .json ? pretty(Files.document(at: aggregation.path)) : text.of(aggregation))
        } else if let collection = collections[name] {
            let path = try ResourceLocator.current.folder("collections") + "/\(name).json"
            try invocation.printText(
                format == .json ? pretty(Files.document(at: path)) : text.of(collection))
        } else {
            let names = catalog.names + collections.definitions.map(\.name)
            let advice = nearestName(to: name, among: names).map { "Did you mean \($0)?" }
            throw UsageError(
                "there is no aggregation or collection named \(name)",
                advice: advice ?? "`atelier list` lists the aggregations; the collections are "
                    + collections.definitions.map(\.name).filter { !$0.hasPrefix("raw_") }.joined(separator: ", ") + "."
            )
        }
    }

    private static func pretty(_ definition: Document) -> String {
        var writer = ExtendedJSONWriter(.relaxed, indentation: 2)
        writer.append(definition)
        writer.appendNewline()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
