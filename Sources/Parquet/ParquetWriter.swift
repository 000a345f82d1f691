import BSON

/// Writes documents as an Apache Parquet file whose columns are those that hold all their values.
///
/// Documents are shown twice: first to `observe`, which learns the columns, then to `write`. Rows gather in groups of about
/// `groupBytes`, which is what memory a file takes, however long it is. Pages are compressed with gzip; texts that repeat
/// stand in a dictionary.
///
/// Documents are structures and arrays lists (three-level, as Parquet's LogicalTypes has them), any of which may be null;
/// a missing field is null. Dates are milliseconds in UTC; exact decimals, and integers beside them, DECIMAL(38, s), where s
/// is the most digits any of them has behind the point. Values that no column holds together are texts.
///
/// Source: Apache Parquet, "File Format" (version 1 pages), "LogicalTypes", "Nested Encoding".
public final class ParquetWriter {
    private let sink: ([UInt8]) throws -> Void
    private let text: (ValueView) -> String
    private let isCompressed: Bool
    private let declared: [(name: String, type: DeclaredType)]?
    private let inference = SchemaInference()

    private var columns: [ParquetColumn]?
    private var buffers: [ColumnBuffer] = []
    private var rowsInGroup = 0
    private var rowCount = 0
    private var groups: [RowGroup] = []
    private var offset = 0

    /// How much a row group takes before it is compressed.
    public static let groupBytes = 32 << 20

    /// What a column is where its values do not say.
    public enum DeclaredType: Sendable {
        case text, integer, number, decimal, date, boolean
    }

    /// - Parameters:
    ///   - columns: the fields that become columns, in this order; nil for all that occur.
    ///   - isCompressed: whether pages are compressed.
    ///   - text: a value as text, for columns of texts.
    ///   - sink: takes the file's bytes from the first to the last.
    public init(
        columns: [(name: String, type: DeclaredType)]? = nil, isCompressed: Bool = true,
        text: @escaping (ValueView) -> String, sink: @escaping ([UInt8]) throws -> Void
    ) {
        declared = columns
        self.isCompressed = isCompressed
        self.text = text
        self.sink = sink
    }

    /// Learns from a document which columns there are.
    public func observe(_ document: DocumentView) { inference.observe(document: document) }

    /// The paths of fields whose values are of types that no column holds together, and are therefore texts.
    public var mixedFields: [String] {
        let fields = inference.mixed()
        guard let declared else { return fields }
        return fields.filter { field in declared.contains { field == $0.name || field.hasPrefix($0.name + ".") } }
    }

    /// Writes a document that was observed.
    public func write(_ document: DocumentView) throws {
        let columns = try begin()
        var leaf = 0
        for column in columns { shred(column, document.find(column.field), 0, 0, 0, &leaf) }
        rowsInGroup += 1
        rowCount += 1
        // The sum over all columns is taken now and then only.
        if rowsInGroup % 256 == 0, buffers.reduce(0, { $0 + $1.byteCount }) >= ParquetWriter.groupBytes {
            try endGroup()
        }
    }

    /// Writes what is left and the description of all.
    public func finish() throws {
        let columns = try begin()
        if rowsInGroup > 0 { try endGroup() }
        let metadata = FileMetadata(columns: columns, rowCount: rowCount, groups: groups).bytes
        var end = metadata
        end.appendLittleEndian(UInt32(metadata.count))
        try put(end + Array("PAR1".utf8))
    }

    // MARK: Rows

    private func begin() throws -> [ParquetColumn] {
        if let columns { return columns }
        let columns = chosenColumns()
        guard !columns.isEmpty else {
            throw AtelierError(
                .badValue, "a Parquet file has at least one column, and the rows have no field",
                advice: "Use --format ndjson.")
        }
        self.columns = columns
        buffers = ParquetLeaf.leaves(of: columns).map { ColumnBuffer($0) }
        try put(Array("PAR1".utf8))
        return columns
    }

    private func chosenColumns() -> [ParquetColumn] {
        guard let declared else { return inference.columns() }
        return declared.map { name, type in
            let field = inference.field(name)
            guard let field, !field.isEmpty else { return ParquetColumn(name, ParquetWriter.kind(of: type)) }
            switch (type, field.kind) {
            // Numbers that happen to be whole are numbers still.
            case (.number, .int32): return ParquetColumn(name, .double)
            case (.decimal, .int32), (.decimal, .int64): return ParquetColumn(name, .decimal(scale: 0))
            case (.integer, .int32): return ParquetColumn(name, .int64)
            case (_, let kind): return ParquetColumn(name, kind)
            }
        }
    }

    private static func kind(of type: DeclaredType) -> ParquetColumn.Kind {
        switch type {
        case .text: .text
        case .integer: .int64
        case .number: .double
        case .decimal: .decimal(scale: 0)
        case .date: .timestamp
        case .boolean: .boolean
        }
    }

    /// Appends a value to the leaves below a column.
    ///
    /// Source: Dremel's record shredding (Melnik et al., "Dremel: Interactive Analysis of Web-Scale Datasets", section 4).
    private func shred(
        _ column: ParquetColumn, _ value: ValueView, _ repetition: Int, _ definition: Int, _ depth: Int,
        _ leaf: inout Int
    ) {
        if value.isNullish { return shredNull(column, repetition, definition, &leaf) }
        switch column.kind {
        case .structure(let columns):
            let document = value.asDocument
            for column in columns {
                shred(column, document.find(column.field), repetition, definition + 1, depth, &leaf)
            }
        case .list(let element):
            let first = leaf
            var cursor = value.asDocument.elements()
            var isFirst = true
            while cursor.next() {
                leaf = first
                shred(element, cursor.value, isFirst ? repetition : depth + 1, definition + 2, depth + 1, &leaf)
                isFirst = false
            }
            if isFirst { shredNull(element, repetition, definition + 1, &leaf) }
        default:
            buffers[leaf].append(value, repetition: repetition, text: text)
            leaf += 1
        }
    }

    private func shredNull(_ column: ParquetColumn, _ repetition: Int, _ definition: Int, _ leaf: inout Int) {
        switch column.kind {
        case .structure(let columns): for column in columns { shredNull(column, repetition, definition, &leaf) }
        case .list(let element): shredNull(element, repetition, definition, &leaf)
        default:
            buffers[leaf].appendNull(repetition: repetition, definition: definition)
            leaf += 1
        }
    }

    // MARK: Row groups

    private func endGroup() throws {
        var group = RowGroup(chunks: [], rowCount: rowsInGroup)
        for index in buffers.indices {
            group.chunks.append(try write(buffers[index]))
            buffers[index] = ColumnBuffer(buffers[index].leaf)
        }
        groups.append(group)
        rowsInGroup = 0
    }

    private func write(_ buffer: ColumnBuffer) throws -> ColumnChunk {
        let pages = buffer.pages()
        var chunk = ColumnChunk(leaf: buffer.leaf, isCompressed: isCompressed, valueCount: buffer.count)
        if let dictionary = pages.dictionary {
            chunk.dictionaryOffset = offset
            try write(
                PageHeader(count: dictionary.count, isDictionary: true, usesDictionary: true), dictionary.bytes, &chunk)
        }
        chunk.dataOffset = offset
        for page in pages.data {
            let usesDictionary = pages.dictionary != nil
            try write(
                PageHeader(count: page.count, isDictionary: false, usesDictionary: usesDictionary), page.bytes, &chunk)
        }
        return chunk
    }

    private func write(_ header: PageHeader, _ bytes: [UInt8], _ chunk: inout ColumnChunk) throws {
        let compressed = isCompressed ? try Gzip.compress(bytes) : bytes
        let head = header.bytes(size: bytes.count, compressedSize: compressed.count)
        chunk.size += head.count + bytes.count
        chunk.compressedSize += head.count + compressed.count
        try put(head)
        try put(compressed)
    }

    private func put(_ bytes: [UInt8]) throws {
        try sink(bytes)
        offset += bytes.count
    }
}
