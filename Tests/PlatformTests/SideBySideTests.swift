import Glibc
import Platform
import Synchronization
import Testing

@Suite struct SideBySideTests {
    private struct Failure: Error, Equatable { let number: Int }

    @Test func tasksRunOnThreadsOfTheirOwnAndTheFirstOnTheCaller() throws {
        let threads = Mutex<[Int: pthread_t]>([:])
        try SideBySide.run(
            (0..<4).map { number in
                {
                    threads.withLock { $0[number] = pthread_self() }
                    // A thread that has ended may give its name to another: wait for all.
                    while threads.withLock({ $0.count }) < 4 { sched_yield() }
                }
            })
        let found = threads.withLock { $0 }
        #expect(found[0] == pthread_self())
        #expect(Set(found.values).count == 4)
    }

    @Test func theFirstTaskThatFailedIsHeardOfOnceAllHaveEnded() {
        let ended = Atomic<Int>(0)
        #expect(throws: Failure(number: 1)) {
            try SideBySide.run(
                (0..<5).map { number in
                    {
                        defer { ended.add(1, ordering: .relaxed) }
                        if number == 1 { usleep(20_000) }
                        if number % 2 == 1 { throw Failure(number: number) }
                    }
                })
        }
        let count = ended.load(ordering: .relaxed)
        #expect(count == 5)
    }

    @Test func nothingToDo() throws {
        try SideBySide.run([])
        try SideBySide.forEachRange(of: 0, size: 4) { Issue.record("asked for \($0)") }
    }

    @Test(arguments: [(1, 1), (7, 3), (64, 64), (1000, 1), (1000, 33), (5, 100)])
    func everyNumberIsGivenOutOnce(_ count: Int, _ size: Int) throws {
        let seen = Mutex([Int](repeating: 0, count: count))
        try SideBySide.forEachRange(of: count, size: size) { range in
            seen.withLock { for number in range { $0[number] += 1 } }
            if range.isEmpty || range.count > size { Issue.record("\(range)") }
        }
        #expect(seen.withLock { $0 } == Array(repeating: 1, count: count))
    }

    @Test func whereOneThreadFailsTheOthersGetNoMore() throws {
        let given = Atomic<Int>(0)
        #expect(throws: Failure(number: 3)) {
            try SideBySide.share(1_000_000, threads: 3) { shares in
                while let range = shares.next() {
                    given.add(1, ordering: .relaxed)
                    if range.lowerBound == 3 { throw Failure(number: 3) }
                    if range.lowerBound > 3 { while !shares.isStopped { sched_yield() } }
                }
            }
        }
        let count = given.load(ordering: .relaxed)
        #expect(count < 10)
    }

    @Test func joiningAThreadWaitsForItsEnd() throws {
        let isOver = Atomic<Bool>(false)
        try PosixThread {
            usleep(20_000)
            isOver.store(true, ordering: .relaxed)
        }.join()
        let wasOver = isOver.load(ordering: .relaxed)
        #expect(wasOver)
    }
}
