/// The name that a misspelt one was probably meant to be: at most a third of its letters off, upper and lower case alike.
func nearestName(to misspelt: String, among names: [String]) -> String? {
    let target = Array(misspelt.lowercased().utf8.prefix(64))
    var best: (name: String, distance: Int)?
    for name in names {
        let distance = editDistance(target, Array(name.lowercased().utf8))
        if distance <= max(1, name.utf8.count / 3), distance < best?.distance ?? .max { best = (name, distance) }
    }
    return best?.name
}

/// How many letters have to be added, left out, changed or swapped with their neighbour. O(n·m).
///
/// Source: the optimal string alignment distance (Damerau, 1964).
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { distance = min(distance, beforeLast[j - 1] + 1) }
            row.append(distance)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
