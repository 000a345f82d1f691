import Glibc
import Recommendations

/// Ten recommendations by BM25 for every customer: `RecommendationBenchmark ORDERS NEIGHBOURS ROUNDS`.
///
/// ORDERS has a line for each order: customer, number and product ids, between tabs and blanks. Prints the least time in
/// milliseconds of learning and of recommending, then a line for each customer: their id, and product:score for each.

func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
}

guard CommandLine.arguments.count == 4, let neighbours = Int(CommandLine.arguments[2]),
    let rounds = Int(CommandLine.arguments[3]), let file = fopen(CommandLine.arguments[1], "r")
else {
    print("usage: RecommendationBenchmark ORDERS NEIGHBOURS ROUNDS")
    exit(2)
}
var orders: [(customer: String, id: String, time: Int64, products: [String])] = []
var line: UnsafeMutablePointer<CChar>?
var capacity = 0
while getline(&line, &capacity, file) > 0, let line {
    let fields = String(cString: line).split { $0 == "\t" || $0 == "\n" }
    orders.append(
        (String(fields[0]), String(fields[1]), Int64(fields[1]) ?? 0, fields[2].split(separator: " ").map(String.init)))
}
let log = PurchaseLog(orders: orders)
var settings = RecommendationSettings()
settings.bm25Neighbours = neighbours
var (learning, recommending) = (Double.infinity, Double.infinity)
var best: [[(product: Int, score: Float)]] = []
for _ in 0..<rounds {
    let recommender = Recommender(log, settings: settings)
    let start = now()
    try recommender.prepare(.bm25)
    let learnt = now()
    best = try recommender.bestByBM25(10)
    let end = now()
    learning = min(learning, learnt - start)
    recommending = min(recommending, end - learnt)
}
print(learning, recommending)
for (customer, list) in best.enumerated() {
    print(log.customers[customer], list.map { "\(log.products[$0.product]):\($0.score)" }.joined(separator: " "))
}
