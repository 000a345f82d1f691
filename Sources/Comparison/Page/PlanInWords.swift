/// What a database does to answer a question: step by step in plain words, and as it says it itself.
public struct PlanInWords: Sendable, Equatable {
    /// One thing it does; what is done for it, or comes into it, follows one level deeper.
    public struct Step: Sendable, Equatable {
        public let depth: Int
        public let text: String
        let kind: Kind

        enum Kind: Sendable, Equatable {
            /// Reads something that is stored from end to end.
            case scan(String)
            /// Finds parts of something that is stored by an index.
            case lookup(String)
            case group
            case sort
            case other
        }
    }

    public let steps: [Step]
    /// As the database gives it.
    public let original: String

    init(_ steps: [Step], original: String) {
        self.steps = steps
        self.original = original
    }

    /// The steps counted: `Reads orders from end to end; looks up products by an index; groups twice.`
    public var summary: String {
        var parts: [String] = []
        let scanned = PlanInWords.counted(steps.compactMap { if case .scan(let name) = $0.kind { name } else { nil } })
        if !scanned.isEmpty { parts.append("reads \(scanned) from end to end") }
        let found = PlanInWords.counted(steps.compactMap { if case .lookup(let name) = $0.kind { name } else { nil } })
        if !found.isEmpty { parts.append("looks up \(found) by an index") }
        for (kind, verb) in [(Step.Kind.group, "groups"), (.sort, "sorts")] {
            let count = steps.count { $0.kind == kind }
            if count > 0 { parts.append("\(verb) \(PlanInWords.times(count))") }
        }
        guard !parts.isEmpty else { return steps.first.map { $0.text + "." } ?? "" }
        let text = parts.joined(separator: "; ")
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    /// `orders, products (3 times)`, in the order of their first mention.
    private static func counted(_ names: [String]) -> String {
        var order: [String] = []
        var counts: [String: Int] = [:]
        for name in names {
            if counts.updateValue((counts[name] ?? 0) + 1, forKey: name) == nil { order.append(name) }
        }
        return order.map { name in
            let count = counts[name] ?? 1
            return count == 1 ? name : "\(name) (\(count) times)"
        }.joined(separator: ", ")
    }

    private static func times(_ count: Int) -> String { count == 1 ? "once" : count == 2 ? "twice" : "\(count) times" }
}

extension String {
    /// What is behind the text where it begins with it.
    func after(_ start: String) -> String? {
        hasPrefix(start) ? String(dropFirst(start.count)) : nil
    }

    /// The parts before and after the text's first occurrence.
    func parted(by text: String) -> (before: String, after: String)? {
        guard let range = firstRange(of: text) else { return nil }
        return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
    }
}
