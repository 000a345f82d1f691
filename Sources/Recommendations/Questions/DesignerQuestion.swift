import BSON
import DocumentStore

/// Which designers suit a customer, or a brief.
///
/// For a customer four things count, each as a share of the designer who has most of it: sessions they had together (40 %,
/// by the feedback's score), what the customer bought of the designer's products (30 %, later orders more), how well the
/// designer's products go with what they bought (20 %), and styles they have in common (10 %). For a brief it is the words
/// that the designer's expertise, products and sessions have in common with it, rare ones most.
public struct DesignerQuestion: Sendable {
    public enum Subject: Sendable, Equatable {
        case customer(String)
        /// It needs a word of three letters or more.
        case brief(String)

        /// Whether it is a brief that says nothing.
        public var isEmpty: Bool { if case .brief(let text) = self { text.words.isEmpty } else { false } }
    }

    public var subject: Subject
    public var limit = 10

    public init(_ subject: Subject) { self.subject = subject }

    /// - Throws: `noSuchKey` for a customer that there is not; `badValue` for a brief without a word.
    public func answer(_ recommender: Recommender, in database: Database) throws -> DesignerAnswer {
        let designers = try Designer.all(in: database)
        var answer = DesignerAnswer(subject: subject, lastOrder: recommender.log.lastOrder)
        guard !designers.isEmpty else {
            answer.notes.append("The store holds no designers.")
            return answer
        }
        var scored: [(designer: Designer, reasons: [DesignerReason])]
        switch subject {
        case .customer(let id): scored = try suiting(id, designers, recommender, database, &answer)
        case .brief(let text): scored = try matching(text, designers, database)
        }
        if scored.allSatisfy({ $0.reasons.isEmpty }) {
            answer.fallback =
                answer.fallback != nil
                ? answer.fallback
                : subject.isBrief
                    ? "no designer’s expertise, products or sessions have a word of the brief"
                    : "nothing is known that links the customer to a designer"
            scored = try busiest(designers, database)
        }
        func score(_ reasons: [DesignerReason]) -> Double { reasons.reduce(0) { $0 + $1.amount } }
        let sorted = scored.filter { !$0.reasons.isEmpty }.sorted {
            let (a, b) = (score($0.reasons), score($1.reasons))
            return a != b ? a > b : $0.designer.id < $1.designer.id
        }
        answer.items = sorted.prefix(limit).enumerated().map { rank, entry in
            let total = score(entry.reasons)
            return RecommendedDesigner(
                rank: rank + 1, designerId: entry.designer.id, name: entry.designer.name,
                expertise: entry.designer.expertise, score: total,
                reasons: entry.reasons.sorted { $0.amount != $1.amount ? $0.amount > $1.amount : $0.text < $1.text }
                    .map { ($0.text, $0.amount / total) }, fallback: answer.fallback)
        }
        return answer
    }

    // MARK: For a customer

    private func suiting(
        _ id: String, _ designers: [Designer], _ recommender: Recommender, _ database: Database,
        _ answer: inout DesignerAnswer
    ) throws -> [(designer: Designer, reasons: [DesignerReason])] {
        guard let customer = try database.collection("customers").findOne(["_id": .string(id)]) else {
            throw unknown("customer", id, among: recommender.log.customers)
        }
        guard !declinesAnalysis(customer) else {
            answer.fallback = "\(id) does not agree to be analysed"
            return designers.map { ($0, []) }
        }
        let log = recommender.log
        let history = log.customer(id).map(log.history(of:)) ?? History(baskets: [])
        let match = DesignerMatch(
            sessions: try Designer.sessions(with: id, in: database), bought: history.weights(decay: 0.9),
            liked: history.isEmpty ? [] : try recommender.scores(.bm25, for: history),
            styles: Set((customer["preferredStyles"]?.arrayValue ?? []).compactMap(\.stringValue)))
        let makers = try Designer.makers(in: database, log)
        return zip(designers, match.reasons(for: designers, makers: makers)).map { ($0, $1) }
    }

    // MARK: For a brief

    private func matching(_ brief: String, _ designers: [Designer], _ database: Database) throws
        -> [(designer: Designer, reasons: [DesignerReason])]
    {
        let words = Array(Set(brief.words)).sorted()
        guard !words.isEmpty else {
            throw AtelierError(
                .badValue, "the brief has no word of three letters or more", advice: "Say what the customer wants made."
            )
        }
        let texts = try Designer.texts(in: database, designers)
        // Words that most have in their texts say little: BM25's idf, with saturating counts.
        var having: [String: Int] = [:]
        for word in words { having[word] = texts.values.count { $0[word] != nil } }
        return designers.map { designer in
            let counts = texts[designer.id] ?? [:]
            return (
                designer,
                words.compactMap { word in
                    guard let count = counts[word], let number = having[word] else { return nil }
                    let rarity = logarithm(1 + (Double(designers.count - number) + 0.5) / (Double(number) + 0.5))
                    return DesignerReason(text: "“\(word)”", amount: rarity * count * 2.2 / (count + 1.2))
                }
            )
        }
    }

    private func busiest(_ designers: [Designer], _ database: Database) throws
        -> [(designer: Designer, reasons: [DesignerReason])]
    {
        var counts: [String: Int] = [:]
        let held: Document = ["status": "completed"]
        for id in try database.texts(of: "designerId", in: "designSessions", [["$match": .document(held)]]) {
            counts[id, default: 0] += 1
        }
        return designers.map { designer in
            let count = counts[designer.id] ?? 0
            return (
                designer,
                count > 0
                    ? [
                        DesignerReason(
                            text: count == 1 ? "1 session held" : "\(count) sessions held", amount: Double(count))
                    ]
                    : []
            )
        }
    }
}

extension DesignerQuestion.Subject {
    var isBrief: Bool { if case .brief = self { true } else { false } }
}

/// A part of a designer's score.
struct DesignerReason: Sendable {
    let text: String
    let amount: Double
}

/// Designers that were recommended.
public struct DesignerAnswer: Sendable {
    public let subject: DesignerQuestion.Subject
    public internal(set) var items: [RecommendedDesigner] = []
    /// Why the answer does not rest on what is asked about; nil where it does.
    public internal(set) var fallback: String?
    public let lastOrder: Int64?
    public internal(set) var notes: [String] = []

    init(subject: DesignerQuestion.Subject, lastOrder: Int64?) {
        self.subject = subject
        self.lastOrder = lastOrder
    }
}

/// One recommended designer.
public struct RecommendedDesigner: Sendable {
    public let rank: Int
    public let designerId: String
    public let name: String?
    public let expertise: [String]
    public let score: Double
    /// The largest first; shares add up to 1.
    public let reasons: [(text: String, share: Double)]
    /// Why they do not rest on what was asked about; nil where they do.
    public let fallback: String?

    public func document(explained: Bool) -> Document {
        var fields: [(String, BSONValue)] = [("rank", .integer(rank)), ("designerId", .string(designerId))]
        if let name { fields.append(("name", .string(name))) }
        fields.append(("expertise", .array(BSONArray(expertise.map { .string($0) }))))
        fields.append(("score", .double(score)))
        if let fallback { fields.append(("fallback", .string(fallback))) }
        if explained { fields.append(("reasons", reasonValue(reasons))) }
        return Document(fields)
    }

    public var sentence: String { reasonSentence(reasons) }
}

/// Reasons as `[{reason, share}]`.
func reasonValue(_ reasons: [(text: String, share: Double)]) -> BSONValue {
    .array(
        BSONArray(documents: reasons.map { ["reason": .string($0.text), "share": .double($0.share)] as Document }))
}

/// Such as `a session together (60 %) and the same style: romantic (40 %)`.
func reasonSentence(_ reasons: [(text: String, share: Double)]) -> String {
    Reason.enumerated(reasons.map { "\($0.text) (\(Int(($0.share * 100).rounded())) %)" })
}
