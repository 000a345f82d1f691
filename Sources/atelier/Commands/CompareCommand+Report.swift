import Comparison
import Glibc

extension Option {
    static let comparisonReport = Option(
        "report", value: "FILE",
        "Write a page too: charts, and pipelines, statements and plans side by side, in one HTML file")
}

/// The page of a comparison, whose place and chart library are tried before the work.
struct ComparisonFile {
    let path: String
    private let output: Output
    private let library: String

    /// - Throws: `fileOpenFailed` where nothing can be written at the path, or Chart.js is not there.
    init(_ path: String) throws {
        self.path = path
        library = try ChartLibrary.standard().text()
        output = try Output(file: path)
    }

    func write(_ report: ComparisonReport) throws {
        try output.write(ComparisonPage(report, chartLibrary: library).html)
        try output.finish()
    }

    /// Milliseconds since the epoch.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000
    }
}
