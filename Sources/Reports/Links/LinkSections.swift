import BSON
import DocumentStore
import Graph
import Recommendations

/// Reads a database's graph and purchases, and shows both.
struct LinkSections {
    let database: Database

    /// The sections of these topics, in their order. What fails says so in its place, unless the deployment cannot be
    /// reached.
    /// - Parameter progress: hears what is being done.
    func sections(_ topics: [String], progress: (String) -> Void) throws -> [LinkSection] {
        guard !topics.isEmpty else { return [] }
        var (graph, recommender): (Graph?, Recommender?)
        var sections: [LinkSection] = []
        func add(_ topic: String, _ title: String, _ make: () throws -> LinkSection) throws {
            guard topics.contains(topic) else { return }
            progress(title.lowercasedFirst)
            do {
                sections.append(try make())
            } catch let error as AtelierError where ReportBuilder.isOfTheQuestion(error) {
                let advice = error.advice.map { " \($0)" } ?? ""
                sections.append(
                    LinkSection(
                        topic: topic, title: title, lead: "It failed: \(error.message).\(advice)", exhibits: []))
            }
        }
        try add("graph", GraphExhibits.title) {
            let read = try Graph(of: database)
            graph = read
            let learnt = try learn()
            recommender = learnt
            return try GraphExhibits(graph: read, purchases: learnt.log, database: database).section()
        }
        try add("recommendations", RecommendationExhibits.title) {
            let read = try graph ?? Graph(of: database, GraphOptions(types: [.met]))
            let learnt = try recommender ?? learn()
            return try RecommendationExhibits(recommender: learnt, graph: read, database: database).section()
        }
        return sections
    }

    private func learn() throws -> Recommender {
        Recommender(try PurchaseLog(reading: database), kept: try KeptSettings.read(from: database))
    }
}
