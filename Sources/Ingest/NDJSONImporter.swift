import BSON
import DocumentStore
import Retail

/// Imports newline-delimited JSON into any collection: one document a line, in relaxed or canonical Extended JSON.
///
/// A document with an `_id` takes the place of the one that has it; one without gets `load:line` as its id, so that loading the
/// file again changes nothing. Lines that are no documents, and documents that the collection's validator refuses, are kept
/// in `rejects` with their reason.
public struct NDJSONImporter: Sendable {
    public let database: Database
    public let catalog: CollectionCatalog
    public let collection: String

    public init(database: Database, catalog: CollectionCatalog, collection: String) {
        self.database = database
        self.catalog = catalog
        self.collection = collection
    }

    /// What a first reading of a file found.
    public struct Survey: Sendable {
        fileprivate let path: String
        fileprivate let file: LoadReport.File
    }

    /// Reads a file, plain or gzip, for the first time, which finds damage before a store is touched.
    ///
    /// - Throws: `fileOpenFailed`; `failedToParse` for damaged gzip.
    public static func survey(_ path: String) throws -> Survey {
        let stream = try ByteStream(path: path)
        var digest = SHA256()
        var lines = 0
        var endsOpen = false
        try stream.forEachChunk { chunk in
            digest.update(UnsafeRawBufferPointer(chunk))
            lines += chunk.count { $0 == 10 }
            endsOpen = chunk.last != 10
        }
        lines += endsOpen ? 1 : 0
        return Survey(
            path: path,
            file: LoadReport.File(name: fileName(path), sha256: digest.finish(), bytes: stream.position, rows: lines))
    }

    /// Surveys a file and loads it.
    public func load(_ path: String, options: LoadOptions = LoadOptions()) throws -> LoadReport {
        try load(NDJSONImporter.survey(path), options: options)
    }

    /// Loads a surveyed file. Loading the same content again changes nothing.
    ///
    /// - Throws: what the store throws.
    public func load(_ found: Survey, options: LoadOptions = LoadOptions()) throws -> LoadReport {
        let load = try Load(
            database, kind: "ndjson", salt: "1 \(collection)", files: [found.file], assumptions: [], options: options,
            catalog: catalog)
        if let before = try load.doneBefore() { return before }
        return try load.run { try read(found.path, found.file, load) }
    }

    private func read(_ path: String, _ file: LoadReport.File, _ load: Load) throws {
        let rejects = RejectWriter(load)
        let batch = NDJSONBatch(load: load, collection: load.collection(collection), rejects: rejects, file: file.name)
        var number = 0
        try LineReader(path: path).forEachLine { line in
            number += 1
            let text = trimmed(line)
            if text.isEmpty { return }
            load.report.rows += 1
            do {
                try batch.append(document(text, line: number, load.id), line: number)
            } catch let rejection as Rejection {
                try rejects.reject(
                    text: String(decoding: text, as: UTF8.self), rejection, source: collection, file: file.name,
                    line: number)
            }
            if load.report.rows & 0xFFF == 0 { load.progress(file.name, number, of: file.rows) }
        }
        try batch.finish()
        try rejects.finish()
        load.progress(file.name, number, of: file.rows)
    }

    /// - Throws: `Rejection` for what is not one document.
    private func document(_ text: UnsafeRawBufferPointer, line: Int, _ load: String) throws -> Document {
        let document: Document
        do {
            document = try Document(json: text)
        } catch let error as AtelierError {
            throw Rejection("badJSON", error.message)
        }
        if document["_id"] != nil { return document }
        return Document(
            [("_id", .string("\(load):\(paddedLine(line))"))] + document.elements.map { ($0.key, $0.value) })
    }
}

/// Documents on their way into the collection, some hundred at a time, with the lines they came from.
private final class NDJSONBatch {
    private let load: Load
    private let collection: Collection
    private let rejects: RejectWriter
    private let file: String
    private var documents: [Document] = []
    private var lines: [Int] = []
    private var bytes = 0

    init(load: Load, collection: Collection, rejects: RejectWriter, file: String) {
        self.load = load
        self.collection = collection
        self.rejects = rejects
        self.file = file
    }

    func append(_ document: Document, line: Int) throws {
        documents.append(document)
        lines.append(line)
        bytes += document.bytes.count
        if bytes > 4 << 20 || documents.count == 10_000 { try flush() }
    }

    func finish() throws {
        try flush()
        load.report.add(LoadReport.Written(collection: collection.name))
    }

    private func flush() throws {
        guard !documents.isEmpty else { return }
        var figures = LoadReport.Written(collection: collection.name)
        let inserted = try collection.insert(documents, ordered: false)
        figures.inserted = inserted.inserted
        // What is there already is replaced, in the order of the lines: the last of a file wins.
        let known = inserted.writeErrors.filter { $0.code == .duplicateKey }.map(\.index)
        try note(inserted.writeErrors.filter { $0.code != .duplicateKey }, at: Array(documents.indices))
        if !known.isEmpty {
            let result = try collection.bulkUpdate(known.map { .put(documents[$0]) }, ordered: false)
            try note(result.writeErrors, at: known)
            figures.modified = result.modified
            figures.unchanged = result.matched - result.modified
            figures.inserted += result.upserted.count
        }
        load.report.add(figures)
        documents.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
        bytes = 0
    }

    /// - Throws: where the store failed, rather than refused a document.
    private func note(_ errors: [WriteError], at positions: [Int]) throws {
        for error in errors {
            let reason =
                switch error.code {
                case .documentValidationFailure: "invalid"
                case .duplicateKey: "duplicateKey"
                case .objectTooLarge, .invalidBSON, .badValue: "refused"
                default: throw error.asAtelierError
                }
            let position = positions[error.index]
            try rejects.reject(
                text: documents[position].extendedJSON(),
                Rejection(reason, error.refusal.map { "\(error.message): \($0)" } ?? error.message),
                source: collection.name,
                file: file, line: lines[position])
        }
    }
}
