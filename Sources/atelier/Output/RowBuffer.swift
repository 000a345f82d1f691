import Analytics
import BSON

/// Rows that are kept until it is known which columns they have.
struct RowBuffer {
    private(set) var rows: [Document] = []
    private(set) var byteCount = 0

    mutating func append(_ row: DocumentView) {
        rows.append(Document(copying: row))
        byteCount += row.length
    }

    mutating func removeAll() { self = RowBuffer() }

    /// One column for each field that occurs, in the order in which they first do.
    func columns() -> [Column] {
        var types: [String: Set<ColumnType>] = [:]
        var names: [String] = []
        for row in rows {
            row.withView { view in
                var cursor = view.elements()
                while cursor.next() {
                    let name = cursor.keyString
                    if types[name] == nil { names.append(name) }
                    types[name, default: []].insert(RowBuffer.type(of: cursor.type))
                }
            }
        }
        // A field whose values are all whole numbers may be a year or a code: as a decimal its digits stay as they are.
        return names.map { name in
            Column(name: name, type: types[name]?.allSatisfy(\.isNumeric) == true ? .decimal : .string)
        }
    }

    private static func type(of type: BSONType) -> ColumnType { type.isNumber || type.isNullish ? .decimal : .string }
}
