/// The structures of parquet.thrift that describe a file, each with its fields' numbers.
///
/// Source: Apache Parquet, "parquet.thrift".
struct FileMetadata {
    let columns: [ParquetColumn]
    let rowCount: Int
    let groups: [RowGroup]

    var bytes: [UInt8] {
        var writer = ThriftWriter()
        writer.int32(1, 1)
        var elements = [SchemaElement(name: "schema", repetition: nil, childCount: columns.count)]
        for column in columns { SchemaElement.append(column, to: &elements) }
        writer.list(ofStructures: 2, elements) { $1.write(to: &$0) }
        writer.int64(3, rowCount)
        writer.list(ofStructures: 4, groups) { $1.write(to: &$0) }
        writer.string(6, "Atelier")
        return writer.finish()
    }
}

/// A group of rows, column by column.
struct RowGroup {
    var chunks: [ColumnChunk]
    let rowCount: Int

    fileprivate func write(to writer: inout ThriftWriter) {
        writer.list(ofStructures: 1, chunks) { $1.write(to: &$0) }
        writer.int64(2, chunks.reduce(0) { $0 + $1.size })
        writer.int64(3, rowCount)
    }
}

/// One column of a row group: where its pages are.
struct ColumnChunk {
    let leaf: ParquetLeaf
    let isCompressed: Bool
    let valueCount: Int
    var dictionaryOffset: Int?
    var dataOffset = 0
    /// Of all pages and their headers.
    var size = 0
    var compressedSize = 0

    init(leaf: ParquetLeaf, isCompressed: Bool, valueCount: Int) {
        self.leaf = leaf
        self.isCompressed = isCompressed
        self.valueCount = valueCount
    }

    fileprivate func write(to writer: inout ThriftWriter) {
        writer.int64(2, dictionaryOffset ?? dataOffset)
        writer.structure(3) { writer in
            writer.int32(1, leaf.physicalType)
            writer.list(ofInt32s: 2, dictionaryOffset == nil ? [0, 3] : [0, 3, 8])
            writer.list(ofStrings: 3, leaf.path)
            writer.int32(4, isCompressed ? 2 : 0)
            writer.int64(5, valueCount)
            writer.int64(6, size)
            writer.int64(7, compressedSize)
            writer.int64(9, dataOffset)
            if let dictionaryOffset { writer.int64(11, dictionaryOffset) }
        }
    }
}

/// What stands before a page.
struct PageHeader {
    let count: Int
    let isDictionary: Bool
    let usesDictionary: Bool

    func bytes(size: Int, compressedSize: Int) -> [UInt8] {
        var writer = ThriftWriter()
        writer.int32(1, isDictionary ? 2 : 0)
        writer.int32(2, size)
        writer.int32(3, compressedSize)
        if isDictionary {
            writer.structure(7) { writer in
                writer.int32(1, count)
                writer.int32(2, 0)
            }
        } else {
            writer.structure(5) { writer in
                writer.int32(1, count)
                writer.int32(2, usesDictionary ? 8 : 0)
                writer.int32(3, 3)
                writer.int32(4, 3)
            }
        }
        return writer.finish()
    }
}

/// A node of the schema, which is a tree written from the root down.
private struct SchemaElement {
    let name: String
    /// 0 required, 1 optional, 2 repeated; nil for the root.
    let repetition: Int?
    var childCount: Int?
    var isList = false
    var kind: ParquetColumn.Kind?

    static func append(_ column: ParquetColumn, to elements: inout [SchemaElement]) {
        switch column.kind {
        case .structure(let columns):
            elements.append(SchemaElement(name: column.name, repetition: 1, childCount: columns.count))
            for column in columns { append(column, to: &elements) }
        case .list(let element):
            elements.append(SchemaElement(name: column.name, repetition: 1, childCount: 1, isList: true))
            elements.append(SchemaElement(name: "list", repetition: 2, childCount: 1))
            append(element, to: &elements)
        default: elements.append(SchemaElement(name: column.name, repetition: 1, kind: column.kind))
        }
    }

    func write(to writer: inout ThriftWriter) {
        if let physical { writer.int32(1, physical) }
        if case .decimal = kind { writer.int32(2, 16) }
        if let repetition { writer.int32(3, repetition) }
        writer.string(4, name)
        if let childCount { writer.int32(5, childCount) }
        if isList {
            writer.int32(6, 3)
            writer.structure(10) { $0.structure(3) { _ in } }
        }
        switch kind {
        case .text:
            writer.int32(6, 0)
            writer.structure(10) { $0.structure(1) { _ in } }
        case .timestamp:
            writer.int32(6, 9)
            writer.structure(10) { writer in
                writer.structure(8) { writer in
                    writer.bool(1, true)
                    writer.structure(2) { $0.structure(1) { _ in } }
                }
            }
        case .decimal(let scale):
            writer.int32(6, 5)
            writer.int32(7, scale)
            writer.int32(8, ParquetColumn.precision)
            writer.structure(10) { writer in
                writer.structure(5) { writer in
                    writer.int32(1, scale)
                    writer.int32(2, ParquetColumn.precision)
                }
            }
        default: break
        }
    }

    private var physical: Int? {
        kind.map { ParquetLeaf(path: [], kind: $0, maximumDefinition: 1, maximumRepetition: 0).physicalType }
    }
}
