import Glibc

// Saved aggregations on the Online Retail data, in the embedded store against SQLite. Results are compared first.
//
// Usage: KPIBenchmark [FILE.csv.gz] [ROUNDS]

let sharedData = getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? "../../shared"
let arguments = CommandLine.arguments.dropFirst()
let file = arguments.first ?? "\(sharedData)/data/online-retail-ii-2009-2010.csv.gz"
let rounds = arguments.dropFirst().first.flatMap { Int($0) } ?? 9

var template = Array("/tmp/atelier-benchmark-XXXXXX".utf8CString)
let directory = String(cString: mkdtemp(&template))
do {
    try KPIComparison(file: file, directory: directory).run(rounds: rounds)
} catch {
    print("failed: \(error)")
}
for name in ["shop.store", "shop.store-lock", "peer.db"] { unlink("\(directory)/\(name)") }
rmdir(directory)
