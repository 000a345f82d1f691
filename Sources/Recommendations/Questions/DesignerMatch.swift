/// What is known of a customer that makes designers suit them.
struct DesignerMatch {
    /// The sessions they had, weighted by the score they gave.
    let sessions: [(designer: String, weight: Double)]
    /// What they bought, later orders weighing more.
    let bought: SparseVector
    /// How well every product goes with what they bought; empty where they bought nothing.
    let liked: [Float]
    let styles: Set<String>

    /// Why each designer suits: four amounts, each a share of the designer who has most of it.
    ///
    /// - Parameter makers: the designer of each product, by number.
    func reasons(for designers: [Designer], makers: [String?]) -> [[DesignerReason]] {
        var (met, owned, taste) = ([String: Double](), [String: Double](), [String: Double]())
        for session in sessions { met[session.designer, default: 0] += session.weight }
        for (place, weight) in zip(bought.places, bought.values) {
            if let maker = makers[Int(place)] { owned[maker, default: 0] += Double(weight) }
        }
        for place in liked.indices {
            if let maker = makers[place] { taste[maker, default: 0] += Double(liked[place]) }
        }
        func share(_ of: [String: Double], _ id: String) -> Double {
            let most = of.values.max() ?? 0
            return most > 0 ? (of[id] ?? 0) / most : 0
        }
        return designers.map { designer in
            var reasons: [DesignerReason] = []
            func add(_ amount: Double, _ text: String) {
                if amount > 0 { reasons.append(DesignerReason(text: text, amount: amount)) }
            }
            let together = sessions.count { $0.designer == designer.id }
            add(0.4 * share(met, designer.id), together == 1 ? "a session together" : "\(together) sessions together")
            let products = bought.places.count { makers[Int($0)] == designer.id }
            add(
                0.3 * share(owned, designer.id),
                products == 1 ? "a product of theirs was bought" : "\(products) products of theirs were bought")
            add(0.2 * share(taste, designer.id), "their products go with what was bought")
            let common = designer.expertise.filter(styles.contains)
            if !styles.isEmpty {
                add(0.1 * Double(common.count) / Double(styles.count), "the same style: \(Reason.enumerated(common))")
            }
            return reasons
        }
    }
}
