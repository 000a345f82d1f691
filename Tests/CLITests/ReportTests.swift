import BSON
import Testing

@testable import atelier

@Suite struct ReportTests {
    @Test func aMissingChartLibraryNamesThePackageAndThePlaces() throws {
        let error = #expect(throws: AtelierError.self) {
            try ChartLibrary(paths: ["/nowhere/chart.min.js", "/neither/chart.min.js"]).text()
        }
        #expect(error?.code == .fileOpenFailed)
        #expect(error?.message.contains("/nowhere/chart.min.js, /neither/chart.min.js") == true)
        #expect(error?.advice == "Install it: apt-get install libjs-chart.js")
    }

    @Test func theFileMustBeNamed() throws {
        let outcome = try Atelier.run(["report"], in: try TemporaryFolder())
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("atelier report: --out is missing: the HTML file\n"))
    }
}
