/// The best few of many numbers, in one pass: highest score first, ties by the lower number.
struct TopList {
    struct Entry: Equatable, Sendable {
        let place: Int32
        let score: Float
    }

    /// A heap with the worst entry on top.
    private var heap: [Entry] = []
    let capacity: Int

    init(_ capacity: Int) {
        self.capacity = capacity
        heap.reserveCapacity(capacity)
    }

    /// The score that a further entry has to reach; below everything while there is room.
    private var isFull: Bool { heap.count >= capacity }

    mutating func offer(_ place: Int32, _ score: Float) {
        if !isFull {
            heap.append(Entry(place: place, score: score))
            var child = heap.count - 1
            while child > 0 {
                let parent = (child - 1) / 2
                guard TopList.isWorse(heap[child], heap[parent]) else { break }
                heap.swapAt(child, parent)
                child = parent
            }
        } else if capacity > 0, score > heap[0].score || (score == heap[0].score && place < heap[0].place) {
            heap[0] = Entry(place: place, score: score)
            var parent = 0
            while true {
                var worst = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                    if TopList.isWorse(heap[child], heap[worst]) { worst = child }
                }
                if worst == parent { break }
                heap.swapAt(parent, worst)
                parent = worst
            }
        }
    }

    /// Best first.
    func sorted() -> [Entry] { heap.sorted { TopList.isWorse($1, $0) } }

    mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

    private static func isWorse(_ a: Entry, _ b: Entry) -> Bool {
        a.score != b.score ? a.score < b.score : a.place > b.place
    }

    /// The best of all scores but those that are minus infinity.
    static func best(_ count: Int, of scores: UnsafeBufferPointer<Float>) -> [Entry] {
        guard count > 0 else { return [] }
        var list = TopList(count)
        for place in scores.indices {
            let score = scores[place]
            if list.isFull && score <= list.heap[0].score { continue }
            if score > -.infinity { list.offer(Int32(place), score) }
        }
        return list.sorted()
    }
}
