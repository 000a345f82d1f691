/// A stretch of periods to compute anew, and which of the rows that come out replace those kept.
///
/// A nil bound is open: no row lies beyond it.
struct PeriodWindow: Equatable {
    /// The periods whose documents are read.
    var read: (first: Int?, last: Int?)
    /// The periods whose rows are replaced.
    var replaced: (first: Int?, last: Int?)

    static func == (a: PeriodWindow, b: PeriodWindow) -> Bool { a.read == b.read && a.replaced == b.replaced }

    /// The windows that bring rows up to date.
    ///
    /// A row may depend on `neighbours` rows before and after it, so those of so many unchanged rows around a changed period
    /// are replaced too, and as many again are read to compute them. Rows of changed periods do not count as neighbours:
    /// they may have gone. Windows that touch are one.
    /// - Parameters:
    ///   - changed: numbers of the periods whose documents differ.
    ///   - kept: numbers of the periods that have rows.
    /// - Complexity: O(n log n).
    static func covering(_ changed: Set<Int>, kept: Set<Int>, neighbours: Int) -> [PeriodWindow] {
        let unchanged = kept.subtracting(changed).sorted()
        var windows: [PeriodWindow] = []
        for period in changed.sorted() {
            let above = unchanged.partitioningIndex { $0 > period }
            func below(_ count: Int) -> Int? { count == 0 ? period : above >= count ? unchanged[above - count] : nil }
            func beyond(_ count: Int) -> Int? {
                count == 0 ? period : above + count <= unchanged.count ? unchanged[above + count - 1] : nil
            }
            let window = PeriodWindow(
                read: (below(2 * neighbours), beyond(2 * neighbours)), replaced: (below(neighbours), beyond(neighbours))
            )
            if let last = windows.last, last.touches(window) {
                windows[windows.count - 1].read.last = window.read.last
                windows[windows.count - 1].replaced.last = window.replaced.last
            } else {
                windows.append(window)
            }
        }
        return windows
    }

    /// Whether a later window begins before, or just where, this one ends.
    private func touches(_ later: PeriodWindow) -> Bool {
        guard let last = read.last, let first = later.read.first else { return true }
        return first <= last + 1
    }

    /// Whether every row there can be is replaced.
    var isEverything: Bool { replaced.first == nil && replaced.last == nil }
}

extension [Int] {
    /// The first index whose element satisfies a condition that all later ones satisfy too; `count` where none does.
    fileprivate func partitioningIndex(_ condition: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
