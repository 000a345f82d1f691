import BSON
import DocumentStore
import Retail

/// What may have gone wrong where a filter let nothing through: fields that no document of the collection has by its
/// definition, and dates written as texts, which no date is equal to.
enum EmptyAnswer {
    /// Sentences for people; none where nothing is suspicious.
    static func notes(_ filter: Document, on collection: String) -> [String] {
        let definition = (try? CollectionCatalog.standard())?[collection]
        var notes: [String] = []
        examine(filter, definition?.validator["$jsonSchema"]?.documentValue, collection, &notes)
        return notes
    }

    private static func examine(_ filter: Document, _ schema: Document?, _ collection: String, _ notes: inout [String])
    {
        for (name, value) in filter.elements {
            if ["$and", "$or", "$nor"].contains(name) {
                for clause in (value.arrayValue ?? []).compactMap(\.documentValue) {
                    examine(clause, schema, collection, &notes)
                }
            } else if !name.hasPrefix("$") {
                if let schema, let note = unknown(name, schema, collection) { notes.append(note) }
                if let text = dateText(in: value) {
                    notes.append(
                        "\(name) is compared with the text \"\(text)\"; a date is written {\"$date\": \"\(moment(text))\"}"
                    )
                }
            }
        }
    }

    /// A field that the schema does not describe, where it describes those beside it.
    private static func unknown(_ path: String, _ schema: Document, _ collection: String) -> String? {
        var schema = schema
        var known: [String] = []
        for part in path.split(separator: ".").map(String.init) {
            if Int(part) != nil { continue }
            if let items = schema["items"]?.documentValue { schema = items }
            guard let properties = schema["properties"]?.documentValue, !properties.isEmpty else { return nil }
            guard let inner = properties[part]?.documentValue else {
                let place = known.isEmpty ? collection : known.joined(separator: ".")
                let advice =
                    nearestName(to: part, among: properties.keys).map { "did you mean \($0)?" }
                    ?? "`atelier describe \(collection)` shows its fields"
                return "by its definition \(place) has no field \(part); \(advice)"
            }
            known.append(part)
            schema = inner
        }
        return nil
    }

    /// A text that reads like a date, as the value itself or behind operators.
    private static func dateText(in value: BSONValue) -> String? {
        switch value {
        case .string(let text):
            return text.utf8.count >= 10 && UTCDate.milliseconds(iso8601: moment(text)) != nil ? text : nil
        case .document(let conditions):
            for (name, inner) in conditions.elements where name.hasPrefix("$") {
                if let text = dateText(in: inner) { return text }
            }
            return nil
        case .array(let values): return values.values.lazy.compactMap { dateText(in: $0) }.first
        default: return nil
        }
    }

    /// The text as a moment with a time zone.
    private static func moment(_ text: String) -> String {
        if text.utf8.count == 10 { return text + "T00:00:00Z" }
        return UTCDate.milliseconds(iso8601: text) == nil ? text + "Z" : text
    }
}

extension Invocation {
    /// Says what may be wrong with a filter that nothing passed.
    func noteEmptyAnswer(_ filter: Document, on collection: String) {
        guard !isQuiet else { return }
        for note in EmptyAnswer.notes(filter, on: collection) { Messages.say("atelier \(command.name): note: \(note)") }
    }

    /// Says which collections a pipeline reads that are not there: a `$lookup` in one finds nothing, and says nothing.
    func noteMissingCollections(_ pipeline: [Document], in database: Database) throws {
        let read = Set(pipeline.flatMap { EmptyAnswer.collections(readBy: $0) })
        guard !isQuiet, !read.isEmpty else { return }
        let names = try database.collectionNames()
        for name in read.subtracting(names).sorted() {
            let advice = nearestName(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
            Messages.say(
                "atelier \(self.command.name): note: the pipeline reads \(name), and there is no such collection\(advice)"
            )
        }
    }
}

extension EmptyAnswer {
    /// The collections that a stage reads besides the one the pipeline starts from, also in the pipelines within it.
    static func collections(readBy stage: Document) -> [String] {
        stage.elements.flatMap { name, argument -> [String] in
            switch (name, argument) {
            case ("$unionWith", .string(let collection)): return [collection]
            case ("$lookup", .document(let fields)), ("$graphLookup", .document(let fields)),
                ("$unionWith", .document(let fields)):
                let inner = (fields["pipeline"]?.arrayValue ?? []).compactMap(\.documentValue)
                return [fields["from"]?.stringValue, fields["coll"]?.stringValue].compactMap(\.self)
                    + inner.flatMap { collections(readBy: $0) }
            case ("$facet", .document(let facets)):
                return facets.values.flatMap { ($0.arrayValue ?? []).compactMap(\.documentValue) }
                    .flatMap { collections(readBy: $0) }
            default: return []
            }
        }
    }
}
