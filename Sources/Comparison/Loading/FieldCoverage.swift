import BSON
import Retail

/// Which fields of a collection's documents the columns of its tables hold, so that a mapping loses nothing unnoticed.
///
/// A field that can have one value only, by the collection's validator, tells nothing and needs no column: GeoJSON's
/// `type: "Point"`. Absent, null and empty are one to tables, and not told apart here.
struct FieldCoverage {
    private struct Node {
        var fields: [String: Node] = [:]
        /// What is in each element of the array, or under each field of the object.
        private var children: [Node] = []
        /// A column holds the value here.
        var isHeld = false
        /// A column holds whatever is here, objects and arrays too.
        var isHeldWhole = false
        /// The validator allows one value only.
        var isConstant = false

        var each: Node? {
            get { children.first }
            set { children = newValue.map { [$0] } ?? [] }
        }
    }

    private let collection: String
    private var root = Node()

    init(_ source: RelationalSchema.Source) {
        collection = source.collection.name
        for column in source.tables.flatMap(\.columns) where column.path.end == .value {
            FieldCoverage.change(&root, column.path.steps[...]) { node in
                node.isHeld = true
                if column.type == .text { node.isHeldWhole = true }
            }
        }
        if case .document(let schema)? = source.collection.validator["$jsonSchema"] {
            FieldCoverage.markConstants(&root, schema)
        }
    }

    private static func change(
        _ node: inout Node, _ steps: ArraySlice<RelationalPath.Step>, _ body: (inout Node) -> Void
    ) {
        guard let step = steps.first else { return body(&node) }
        switch step {
        case .field(let name): change(&node.fields[name, default: Node()], steps.dropFirst(), body)
        case .elements, .entries:
            var each = node.each ?? Node()
            change(&each, steps.dropFirst(), body)
            node.each = each
        }
    }

    private static func markConstants(_ node: inout Node, _ schema: Document) {
        if let values = schema["enum"]?.arrayValue, values.count == 1 { node.isConstant = true }
        for (name, value) in schema["properties"]?.documentValue?.elements ?? [] {
            guard let inner = value.documentValue else { continue }
            markConstants(&node.fields[name, default: Node()], inner)
        }
        if let items = schema["items"]?.documentValue {
            var each = node.each ?? Node()
            markConstants(&each, items)
            node.each = each
        }
    }

    /// - Throws: `illegalOperation` with the path of the first field that no column holds.
    func check(_ document: DocumentView) throws { try check(.document(document), root, []) }

    private func check(_ value: ValueView, _ node: Node, _ path: [String]) throws {
        if node.isHeldWhole || node.isConstant || value.isNullish { return }
        guard value.type == .document || value.type == .array else {
            guard node.isHeld else { throw lost(path) }
            return
        }
        var cursor = value.asDocument.elements()
        while cursor.next() {
            let key = cursor.keyString
            guard let child = node.fields[key] ?? node.each else {
                if cursor.value.isNullish { continue }
                throw lost(path + [key])
            }
            try check(cursor.value, child, path + [key])
        }
    }

    private func lost(_ path: [String]) -> AtelierError {
        AtelierError(
            .illegalOperation, "no column holds the field \(path.joined(separator: ".")): the tables would lose it",
            at: "collections/\(collection).json: relational",
            advice: "Give it a column there, or remove the field from the documents.")
    }
}
