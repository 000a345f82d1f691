import BSON

/// A column of a Parquet file, which may hold others. Every column may be null.
struct ParquetColumn {
    indirect enum Kind {
        case boolean, int32, int64, double
        /// UTF-8.
        case text
        case binary
        /// Milliseconds in UTC.
        case timestamp
        /// Precision 38, in 16 bytes, the highest first.
        case decimal(scale: Int)
        case list(ParquetColumn)
        case structure([ParquetColumn])
    }

    let name: String
    let field: FieldName
    let kind: Kind

    init(_ name: String, _ kind: Kind) {
        self.name = name
        field = FieldName(name)
        self.kind = kind
    }

    static let precision = 38
}

/// A column that holds values themselves, and where it stands in the schema.
struct ParquetLeaf {
    let path: [String]
    let kind: ParquetColumn.Kind
    /// The greatest definition and repetition level: how many of the columns it is in may be null or repeat, plus itself.
    let maximumDefinition: Int
    let maximumRepetition: Int

    /// Parquet's number of the physical type.
    var physicalType: Int {
        switch kind {
        case .boolean: 0
        case .int32: 1
        case .int64, .timestamp: 2
        case .double: 5
        case .text, .binary: 6
        case .decimal, .list, .structure: 7
        }
    }

    /// The leaves below these columns, in the order of the file.
    static func leaves(of columns: [ParquetColumn]) -> [ParquetLeaf] {
        columns.flatMap { leaves(of: $0, path: [], definition: 0, repetition: 0) }
    }

    private static func leaves(
        of column: ParquetColumn, path: [String], definition: Int, repetition: Int
    ) -> [ParquetLeaf] {
        let path = path + [column.name]
        switch column.kind {
        case .list(let element):
            return leaves(of: element, path: path + ["list"], definition: definition + 2, repetition: repetition + 1)
        case .structure(let columns):
            return columns.flatMap {
                leaves(of: $0, path: path, definition: definition + 1, repetition: repetition)
            }
        default:
            return [
                ParquetLeaf(
                    path: path, kind: column.kind, maximumDefinition: definition + 1, maximumRepetition: repetition)
            ]
        }
    }
}
