import Platform

/// What makes things up from seeded random numbers.
protocol Drawing {
    var random: SeededRandom { get set }
}

extension Drawing {
    mutating func below(_ limit: Int) -> Int { random.index(below: limit) }
    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}
