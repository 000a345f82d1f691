import BSON
import Definitions

/// The saved aggregations of some folders, by name.
///
/// A file is read when it is asked for, so a broken file of one analyst stops nobody else.
public struct AggregationCatalog: Sendable {
    /// Paths by name.
    private let paths: [String: String]

    /// The aggregations of these folders: every `NAME.json`.
    ///
    /// - Throws: `fileOpenFailed` for a folder that cannot be read, `badValue` where two folders hold the same name.
    public init(directories: [String]) throws {
        var paths: [String: String] = [:]
        for directory in directories {
            for file in try Files.names(in: directory, ending: ".json") {
                let name = String(file.dropLast(5))
                let path = directory.hasSuffix("/") ? directory + file : "\(directory)/\(file)"
                if let other = paths[name] {
                    throw AtelierError(
                        .badValue, "there are two aggregations with the name \(name)", at: path,
                        advice: "The other is \(other). Give this one a name of its own.")
                }
                paths[name] = path
            }
        }
        self.paths = paths
    }

    /// Every name, sorted.
    public var names: [String] { paths.keys.sorted() }

    /// The aggregation with this name.
    ///
    /// - Throws: `noSuchKey` where there is none, with the nearest name; `failedToParse` with file and place where its
    ///   file is not a definition.
    public func aggregation(named name: String) throws -> SavedAggregation {
        guard let path = paths[name] else {
            let advice =
                if let nearest = nearestName(to: name, among: names) {
                    "Did you mean \(nearest)?"
                } else if paths.isEmpty {
                    "There are none at all."
                } else {
                    advice(forUnknown: name)
                }
            throw AtelierError(.noSuchKey, "there is no saved aggregation named \(name)", advice: advice)
        }
        return try SavedAggregation(contentsOf: path)
    }

    /// The names that hold a word of the one asked for, where those are few; otherwise where to look.
    private func advice(forUnknown name: String) -> String {
        let words = name.lowercased().split { !$0.isLetter }.filter { $0.count > 3 }
        let related = names.filter { known in words.contains { known.contains($0) } }
        if 1...12 ~= related.count { return "There are \(related.joined(separator: ", "))." }
        if names.count <= 8 { return "There are \(names.joined(separator: ", "))." }
        return
            "There are \(names.count): `atelier list` shows them by topic, `aggregations.list` names them to programs."
    }
}
