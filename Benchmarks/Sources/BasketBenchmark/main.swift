import BSON
import Baskets
import Glibc

// Mines files of baskets, and prints what a peer has to print too: the least of several times, and a digest of the result.
//
// Usage: BasketBenchmark [ROUNDS] FILE SUPPORT CONFIDENCE …   (confidence - for sets)
//
// Timed is mining alone, from baskets in memory with numbers for items to sets (or rules) in memory with their items and
// counts. Reading the file is not.

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    guard let rounds = arguments.first.flatMap(Int.init), (arguments.count - 1) % 3 == 0 else {
        throw AtelierError(.badValue, "usage: BasketBenchmark ROUNDS (FILE SUPPORT CONFIDENCE)…")
    }
    for index in stride(from: 1, to: arguments.count, by: 3) {
        let workload = try Workload(
            file: arguments[index], support: arguments[index + 1], confidence: arguments[index + 2])
        for threads in [1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))] {
            try workload.run(rounds: rounds, threads: threads)
        }
    }
} catch {
    print("failed: \(error)")
    exit(1)
}
