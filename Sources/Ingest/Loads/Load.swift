import BSON
import DocumentStore
import Glibc
import Retail

/// How a load is run.
public struct LoadOptions: Sendable {
    /// Load again what was loaded before, to restore documents that were changed or removed since.
    public var again = false
    /// Called now and then while rows are read and documents written.
    public var progress: (@Sendable (LoadProgress) -> Void)?

    public init(again: Bool = false, progress: (@Sendable (LoadProgress) -> Void)? = nil) {
        self.again = again
        self.progress = progress
    }
}

/// One run of an importer: its record in `loads`, its report, and the writers of its collections.
///
/// The order of writes makes a load safe to kill at any time: first the record says `running`, then come the rows as
/// they are, the rejected ones, the documents made of them, and last the record says `done`. Ids follow from the content,
/// so that running again completes what is missing and changes nothing else.
final class Load {
    let database: Database
    let options: LoadOptions
    let id: String
    var report: LoadReport
    private let catalog: CollectionCatalog
    private let startedAt = Load.now()
    private let startTicks = Load.ticks()
    /// Writers carry the collections' write concern where the deployment replicates.
    private let isReplicated: Bool

    /// - Parameter salt: what else decides the result: the importer's rules as they change, the options that matter.
    init(
        _ database: Database, kind: String, salt: String, files: [LoadReport.File], assumptions: [String],
        options: LoadOptions, catalog: CollectionCatalog
    ) throws {
        self.database = database
        self.options = options
        self.catalog = catalog
        id = Load.identifier(kind: kind, salt: salt, files: files)
        report = LoadReport(id: id, kind: kind, files: files, assumptions: assumptions)
        let hello = try database.run(["hello": 1])
        isReplicated = hello["setName"] != nil || hello["msg"]?.stringValue == "isdbgrid"
    }

    /// The report of the load that did the same before, where there is one and it need not be done again.
    func doneBefore() throws -> LoadReport? {
        guard let record = try collection("loads").findOne(["_id": .string(id)]) else { return nil }
        let before = LoadReport(loadedBefore: record)
        guard before.files.map(\.sha256) == report.files.map(\.sha256) else {
            throw AtelierError(.duplicateKey, "another load has the id \(id) but other files", at: "loads")
        }
        return record["status"]?.stringValue == "done" && !options.again ? before : nil
    }

    /// Whether this load has a record, done or not.
    func wasBegun() throws -> Bool { try collection("loads").findOne(["_id": .string(id)]) != nil }

    /// Runs the importer's body between the record's `running` and `done`.
    func run(_ body: () throws -> Void) throws -> LoadReport {
        try record(status: "running")
        do {
            try body()
        } catch {
            // The first error is the one that matters; the record is for those who look later.
            try? record(status: "failed", error: "\(error)")
            guard var error = error as? AtelierError else { throw error }
            error.advice =
                (error.advice.map { "\($0) " } ?? "")
                + "What was loaded until then is stored; loading the same again completes it."
            throw error
        }
        report.rejects.sort { ($1.rows, $0.reason) < ($0.rows, $1.reason) }
        report.seconds = Load.ticks() - startTicks
        try record(status: "done")
        return report
    }

    /// A collection of the database with its write concern, where that means something.
    func collection(_ name: String) -> Collection {
        database.collection(name).with(writeConcern: isReplicated ? catalog[name]?.cluster?.writeConcern : nil)
    }

    func progress(_ subject: String, _ rows: Int, of total: Int) {
        options.progress?(LoadProgress(subject: subject, rows: rows, totalRows: total))
    }

    private func record(status: String, error: String? = nil) throws {
        var elements: [(String, BSONValue)] = [
            ("_id", .string(id)), ("kind", .string(report.kind)), ("status", .string(status)),
            ("files", report.filesValue),
            ("startedAt", .date(startedAt)),
        ]
        if status == "done" { elements += [("finishedAt", .date(Load.now()))] + report.elements }
        if let error { elements.append(("error", .string(error))) }
        try collection("loads").put([Document(elements)]).orThrow()
    }

    private static func identifier(kind: String, salt: String, files: [LoadReport.File]) -> String {
        var digest = SHA256()
        let text = ([kind, salt] + files.map(\.sha256)).joined(separator: "\n")
        Array(text.utf8).withUnsafeBytes { digest.update($0) }
        return String(digest.finish().prefix(16))
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Seconds of a clock that never goes back.
    private static func ticks() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
