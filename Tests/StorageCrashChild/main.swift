// The process that the storage tests kill, starve and run several of.
//
//   work PATH SEED FIRST COUNT STEPS DURABILITY   steps of a workload's threads FIRST and on, each acknowledged on
//                                                 stdout: "thread step"
//   fill PATH BYTES                               inserts under a file size limit until one fails; then says how it went
//   check PATH UID                                opens the store as this user, and says what `check` says
//   hold PATH                                     opens a snapshot, says "held", and waits to be killed
//
// Exit status 0 where it did what it was asked, 1 where the store refused.

import BSON
import Glibc
import Platform
import Storage
import StorageWorkload

func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(1, bytes, bytes.count)
}

func work(_ path: String, seed: UInt64, threads: Range<Int>, steps: Int, durability: Durability) throws {
    let environment = try StorageEnvironment(path: path, options: StorageOptions(durability: durability))
    try Workload.prepare(environment)
    try SideBySide.run(
        threads.map { thread in
            {
                var workload = Workload(seed: seed, thread: thread)
                let done = try environment.read { try Workload.progress(of: thread, $0) }
                while workload.steps < done { _ = workload.next() }
                while workload.steps < steps {
                    let step = workload.next()
                    try environment.write { try workload.apply(step, $0) }
                    say("\(thread) \(workload.steps)")
                }
            }
        })
    environment.close()
}

func fill(_ path: String, limit: Int) throws {
    let environment = try StorageEnvironment(path: path)
    let namespace = Namespace("full", "documents")
    try environment.write { if $0.catalog[namespace] == nil { try $0.createCollection(namespace) } }
    var size = rlimit(rlim_cur: rlim_t(limit), rlim_max: rlim_t(limit))
    setrlimit(__rlimit_resource_t(1), &size)  // RLIMIT_FSIZE
    let text = String(repeating: "x", count: 3000)
    var number = 0
    do {
        while true {
            let document: Document = ["_id": .integer(number), "text": .string(text)]
            try environment.write { transaction in
                let collection = transaction.catalog[namespace]!
                for part in 0..<10 {
                    try document.setting("_id", .integer(number * 10 + part)).withView {
                        _ = try transaction.insert($0, into: collection)
                    }
                }
            }
            number += 1
            say("\(number)")
        }
    } catch let error as AtelierError {
        say("error \(error.code.rawValue) \(error.code.name)")
    }
    // Reading and emptying go on working.
    let count = try environment.read { try $0.count($0.catalog[namespace]!) }
    say("count \(count)")
    say("sound \(try environment.check().isSound)")
}

func check(_ path: String, user: UInt32) throws {
    if user != geteuid() { precondition(setuid(user) == 0) }
    let environment = try StorageEnvironment(path: path)
    let report = try environment.check()
    say("pages \(report.pages)")
    for problem in report.problems { say(problem) }
    say("sound \(report.isSound)")
}

let arguments = CommandLine.arguments
do {
    switch arguments.dropFirst().first {
    case "work":
        let first = Int(arguments[4])!
        try work(
            arguments[2], seed: UInt64(arguments[3])!, threads: first..<first + Int(arguments[5])!,
            steps: Int(arguments[6])!,
            durability: Durability(rawValue: arguments[7])!)
    case "fill": try fill(arguments[2], limit: Int(arguments[3])!)
    case "check": try check(arguments[2], user: UInt32(arguments[3])!)
    case "hold":
        let environment = try StorageEnvironment(path: arguments[2])
        let snapshot = try environment.snapshot()
        say("held")
        while snapshot.isOpen { sleep(1) }
    default:
        say("usage: storage-crash-child work|fill|check|hold …")
        exit(2)
    }
} catch {
    say("failed: \(error)")
    exit(1)
}
