import Analytics
import BSON
import CustomerModels
import DocumentStore

extension Option {
    fileprivate static let segments = Option(
        "k", value: "N", "How many segments; otherwise what fits the customers best")
    fileprivate static let maximumSegments = Option(
        "max-k", value: "N", "The most segments that are tried where --k is not given; 8")
    fileprivate static let members = Option("members", "The customers with their segments, instead of the segments")
    fileprivate static let seed = Option("seed", value: "N", "Another number starts the search elsewhere; 1")
}

extension Command {
    static let segment = Command(
        name: "segment", summary: "Put customers into groups of similar behaviour",
        options: [.segments, .maximumSegments, .members, .limit, .seed, .store] + Option.output,
        details: [
            "k-means over recency, orders, revenue, average order and tenure, standardised, skewed ones as logarithms. Without "
                + "--k the number from 3 to --max-k with the highest mean silhouette is taken. Segment 1 is the one with the "
                + "highest mean revenue; the same seed gives the same segments.",
            "`atelier run rfm-segments` answers the same by fixed rules.",
        ],
        examples: ["atelier segment", "atelier segment --k 5 --members --format csv --out segments.csv"]
    ) { invocation in
        let k = try invocation.integer(.segments, in: 2...50)
        let most = try invocation.integer(.maximumSegments, in: 3...50)
        if k != nil && most != nil { throw UsageError("--k and --max-k: one of the two at a time") }
        let seed = UInt64(try invocation.integer(.seed, in: 0...Int.max) ?? 1)
        let limit = try invocation.integer(.limit, in: 1...Int.max)
        if limit != nil && !invocation.isSet(.members) { throw UsageError("--limit is for --members") }
        _ = try invocation.format()
        try invocation.withStore { store in
            try store.database.collection("orders").requireExistence()
            let progress = Progress("Reading", counting: "documents", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let log = try ActivityLog(reading: store.database) { progress.advance(to: $0, of: $1) }
            let segmentation = try Segmentation(log, counts: k.map { $0...$0 } ?? 3...(most ?? 8), seed: seed)
            progress.finish()
            if invocation.isSet(.members) {
                try printMembers(segmentation, limit, invocation)
            } else {
                try printSegments(segmentation, seed, invocation)
            }
        }
    }

    private static func printSegments(
        _ segmentation: Segmentation, _ seed: UInt64, _ invocation: Invocation
    ) throws {
        var rows = RowDescription(
            heading:
                "Segments of \(Progress.grouped(segmentation.members.count)) customers on \(dayText(segmentation.day))",
            columns: [
                Column(name: "segment", type: .integer, title: "Segment"),
                Column(name: "customers", type: .integer, title: "Customers"),
                Column(name: "share", type: .number, unit: .ratio, title: "Share"),
                Column(name: "revenueShare", type: .number, unit: .ratio, title: "Of revenue"),
                Column(name: "recencyDays", type: .number, unit: .days, title: "Recency"),
                Column(name: "orders", type: .number, title: "Orders"),
                Column(name: "revenue", type: .number, unit: .currency, title: "Revenue"),
                Column(name: "averageOrder", type: .number, unit: .currency, title: "Average order"),
                Column(name: "tenureDays", type: .number, unit: .days, title: "Tenure"),
                Column(name: "description", type: .string, title: "What sets it apart"),
            ])
        let tried = segmentation.silhouettes.map { "\($0.k): \(rounded($0.value, 3))" }.joined(separator: ", ")
        let logarithms = segmentation.logarithmic.map(\.rawValue).joined(separator: ", ")
        rows.footnotes = [
            "Recency, orders, revenue, average order and tenure are means of the segment's customers; seed \(seed).",
            segmentation.silhouettes.count > 1
                ? "\(segmentation.segments.count) segments have the highest mean silhouette of those tried (\(tried))."
                : "Mean silhouette \(tried).",
        ]
        if !logarithms.isEmpty { rows.footnotes.append("Compared as logarithms: \(logarithms).") }
        try invocation.printRows(rows) { write in
            for row in segmentation.segmentDocuments { try row.withView(write) }
        }
    }

    private static func printMembers(_ segmentation: Segmentation, _ limit: Int?, _ invocation: Invocation) throws {
        var rows = RowDescription(
            heading: "Customers and their segments on \(dayText(segmentation.day))",
            columns: [
                Column(name: "customerId", type: .string, title: "Customer"),
                Column(name: "segment", type: .integer, title: "Segment"),
                Column(name: "recencyDays", type: .number, unit: .days, title: "Recency"),
                Column(name: "orders", type: .integer, title: "Orders"),
                Column(name: "revenue", type: .decimal, unit: .currency, title: "Revenue"),
                Column(name: "averageOrder", type: .number, unit: .currency, title: "Average order"),
                Column(name: "tenureDays", type: .number, unit: .days, title: "Tenure"),
            ])
        rows.maximumTableRows = limit ?? 20
        rows.howToSeeMore = "--limit N shows more, --format csv or json prints all"
        try invocation.printRows(rows) { write in
            for member in segmentation.members.prefix(limit ?? Int.max) {
                try member.document.withView(write)
            }
        }
    }
}
