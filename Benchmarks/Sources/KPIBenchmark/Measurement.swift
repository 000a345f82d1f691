import Glibc

/// Two ways to the same answer, timed in turn in one run: A B A B …, so that a drift of the machine's speed meets both.
struct Measurement {
    let name: String
    private(set) var ours: [Double] = []
    private(set) var peer: [Double] = []

    init(_ name: String, rounds: Int, ours: () throws -> Void, peer: () throws -> Void) rethrows {
        self.name = name
        // One uncounted round warms caches and prepared statements.
        try ours()
        try peer()
        for _ in 0..<rounds {
            self.ours.append(try milliseconds(ours))
            self.peer.append(try milliseconds(peer))
        }
    }

    /// Our time as a share of the peer's, pair by pair: the median.
    var ratio: Double { median(zip(ours, peer).map { $0 / $1 }) }

    func report() {
        print(
            "\(pad(name, 20)) atelier \(format(median(ours))) ms   peer \(format(median(peer))) ms   ratio \(format(ratio)) "
                + "(from \(format(zip(ours, peer).map { $0 / $1 }.min() ?? 0)) to \(format(zip(ours, peer).map { $0 / $1 }.max() ?? 0)))")
    }
}

private func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let start = now()
    try body()
    return (now() - start) * 1000
}

func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

func format(_ value: Double) -> String {
    let scaled = Int((value * 1000).rounded())
    let fraction = String(scaled % 1000)
    return "\(scaled / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
}

func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
