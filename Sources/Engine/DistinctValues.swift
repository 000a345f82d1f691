import BSON
import QueryLanguage

/// The distinct values at a path, for `distinct`: arrays count element by element.
struct DistinctValues {
    private let path: [FieldName]
    private var set = ValueSet()

    init(path: String) {
        self.path =
            path.isEmpty
            ? []
            : path.split(separator: ".", omittingEmptySubsequences: false).map { FieldName(String($0)) }
    }

    mutating func add(_ document: DocumentView, memory: Arena) {
        var found = set
        DistinctValues.visit(.document(document), path[...]) { found.insert($0, memory: memory) }
        set = found
    }

    private static func visit(_ value: ValueView, _ rest: ArraySlice<FieldName>, _ body: (ValueView) -> Void) {
        guard let name = rest.first else {
            if value.type == .array {
                var cursor = value.asDocument.elements()
                while cursor.next() { body(cursor.value) }
            } else if !value.isMissing {
                body(value)
            }
            return
        }
        switch value.type {
        case .document: visit(value.asDocument.find(name), rest.dropFirst(), body)
        case .array:
            if let position = Int(name.text) {
                visit(value.asDocument.element(at: position), rest.dropFirst(), body)
            }
            var cursor = value.asDocument.elements()
            while cursor.next() {
                if cursor.type == .document { visit(cursor.value, rest, body) }
            }
        default: break
        }
    }

    /// The values in the order they were met.
    func values() -> [ValueView] { (0..<set.count).map { set[$0] } }
}
