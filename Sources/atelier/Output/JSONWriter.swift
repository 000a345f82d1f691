import BSON

/// One document a line, as Extended JSON: by themselves, or as the elements of one array.
final class JSONWriter: RowWriter {
    private let output: Output
    private let isArray: Bool
    private var json: ExtendedJSONWriter
    private var isFirst = true

    init(_ output: Output, _ mode: ExtendedJSONMode, isArray: Bool) {
        self.output = output
        self.isArray = isArray
        json = ExtendedJSONWriter(mode)
    }

    func write(_ row: DocumentView) throws {
        if isArray { try output.write(isFirst ? "[\n" : ",\n") }
        isFirst = false
        json.append(row)
        if !isArray { json.appendNewline() }
        try output.write(json.bytes)
        json.removeAll()
    }

    func finish() throws {
        if isArray { try output.write(isFirst ? "[]\n" : "\n]\n") }
    }
}
