import BSON
import DocumentStore
import Glibc

/// What a store knows of a designer.
struct Designer: Sendable {
    let id: String
    let name: String?
    let expertise: [String]

    /// In the order of their ids.
    static func all(in database: Database) throws -> [Designer] {
        var designers: [Designer] = []
        try database.forEachRow(of: "designers", [["$sort": ["_id": .int32(1)]]]) { row in
            guard row.find("_id").type == .string else { return }
            let name = row.find("name")
            designers.append(
                Designer(
                    id: row.find("_id").asString, name: name.type == .string ? name.asString : nil,
                    expertise: row.find("expertise").texts))
        }
        return designers
    }

    /// A customer's sessions that were not cancelled or missed, weighted by the score they gave, from 0.2 to 1; without one
    /// 0.8.
    static func sessions(with customer: String, in database: Database) throws -> [(designer: String, weight: Double)] {
        var sessions: [(designer: String, weight: Double)] = []
        let held: Document = [
            "customerId": .string(customer),
            "status": ["$nin": .array(BSONArray([.string("cancelled"), .string("noShow")]))],
        ]
        try database.forEachRow(of: "designSessions", [["$match": .document(held)]]) { row in
            let (designer, feedback) = (row.find("designerId"), row.find("feedback"))
            let score = feedback.type == .document ? feedback.asDocument.find("score").numberAsDouble : nil
            if designer.type == .string { sessions.append((designer.asString, (score ?? 4) / 5)) }
        }
        return sessions
    }

    /// The designer of each product of a log; nil where it has none.
    static func makers(in database: Database, _ log: PurchaseLog) throws -> [String?] {
        var makers = [String?](repeating: nil, count: log.products.count)
        try database.forEachRow(
            of: "products", [["$match": ["designerId": ["$exists": true]]], ["$project": ["designerId": 1]]]
        ) { row in
            let (id, designer) = (row.find("_id"), row.find("designerId"))
            guard id.type == .string, designer.type == .string, let place = log.product(id.asString) else { return }
            makers[place] = designer.asString
        }
        return makers
    }

    /// How much each word weighs in what describes the designers: expertise five times, each product and session once.
    static func texts(in database: Database, _ designers: [Designer]) throws -> [String: [String: Double]] {
        var texts: [String: [String: Double]] = [:]
        func add(_ text: String, _ designer: String, _ weight: Double) {
            for word in Set(text.words) { texts[designer, default: [:]][word, default: 0] += weight }
        }
        for designer in designers { for style in designer.expertise { add(style, designer.id, 5) } }
        try database.forEachRow(of: "products", [["$match": ["designerId": ["$exists": true]]]]) { row in
            guard row.find("designerId").type == .string else { return }
            var text = ""
            for field in ["name", "category"] where row.find(field).type == .string {
                text += row.find(field).asString + " "
            }
            if row.find("attributes").type == .document {
                var attributes = row.find("attributes").asDocument.elements()
                while attributes.next() {
                    if attributes.value.type == .string { text += attributes.value.asString + " " }
                }
            }
            add(text, row.find("designerId").asString, 1)
        }
        try database.forEachRow(of: "designSessions", [["$match": ["status": "completed"]]]) { row in
            guard row.find("designerId").type == .string else { return }
            var text = ""
            for field in ["style", "brief"] where row.find(field).type == .string {
                text += row.find(field).asString + " "
            }
            add(text, row.find("designerId").asString, 1)
        }
        return texts
    }
}

extension ValueView {
    /// The texts of an array.
    fileprivate var texts: [String] {
        guard type == .array else { return [] }
        var texts: [String] = []
        var cursor = asDocument.elements()
        while cursor.next() { if cursor.value.type == .string { texts.append(cursor.value.asString) } }
        return texts
    }
}

extension String {
    /// Its words of three letters or more, in lower case, but for those that every text has.
    var words: [String] {
        lowercased().split { !$0.isLetter && !$0.isNumber }.filter { $0.count > 2 }.map(String.init)
            .filter { !String.particles.contains($0) }
    }

    private static let particles: Set<String> = [
        "and", "are", "but", "can", "for", "from", "has", "her", "his", "its", "not", "she", "some", "something",
        "that", "the",
        "their", "they", "this", "want", "wants", "was", "who", "will", "with", "would", "you", "your",
    ]
}

func logarithm(_ value: Double) -> Double { log(value) }
