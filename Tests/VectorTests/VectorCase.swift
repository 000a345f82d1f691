import BSON
import Deployment

/// One recorded case: documents, a command, and what a MongoDB server answered.
struct VectorCase {
    let name: String
    private let fields: Document

    init(line: String) throws {
        fields = try Document(json: line)
        name = fields["name"]?.stringValue ?? "?"
    }

    /// The cases in which MongoDB 8 is documented to differ from the server that recorded them, with the reason.
    static let exceptions: [String: String] = {
        let text = (lines(of: "Tests/Vectors/exceptions.json") ?? []).joined()
        let list = (try? BSONValue(json: text))?.arrayValue?.compactMap(\.documentValue) ?? []
        return Dictionary(uniqueKeysWithValues: list.map { ($0["name"]!.stringValue!, $0["reason"]!.stringValue!) })
    }()

    private func documents(_ key: String) -> [Document] { fields[key]?.arrayValue?.compactMap(\.documentValue) ?? [] }

    /// Runs the case on a deployment and compares; nil where it agrees, else what differs.
    ///
    /// - Parameter strict: false compares no more than whether a command that failed still fails.
    func run(on deployment: any Deployment, database: String, strict: Bool = true) throws -> String? {
        for collection in ["c", "d"] { _ = try? deployment.run(["drop": .string(collection)], in: database) }
        try insert(documents("documents"), into: "c", deployment, database)
        try insert(documents("other"), into: "d", deployment, database)
        for key in documents("indexes") {
            let name = key.elements.map { "\($0.key)_\($0.value.integerValue ?? 0)" }.joined(separator: "_")
            _ = try deployment.run(
                ["createIndexes": "c", "indexes": [["key": .document(key), "name": .string(name)]]], in: database)
        }
        let command = fields["command"]!.documentValue!
        let wantedError = fields["error"]?.documentValue?["code"]?.integerValue
        do {
            let reply = try deployment.run(command, in: database)
            if let error = reply["writeErrors"]?.arrayValue?.first?.documentValue?["code"]?.integerValue {
                if !strict && wantedError != nil { return nil }
                return wantedError == error ? nil : "error \(error), expected \(wantedError.map(String.init) ?? "none")"
            }
            if !strict { return nil }
            if let wantedError { return "no error, expected \(wantedError)" }
            return try compare(reply, command, deployment, database)
        } catch let error as AtelierError {
            if !strict || wantedError == Int64(error.code.rawValue) { return nil }
            return "error \(error.code.rawValue) (\(error.message)), expected \(wantedError.map(String.init) ?? "none")"
        }
    }

    private func insert(
        _ documents: [Document], into collection: String, _ deployment: any Deployment, _ database: String
    ) throws {
        if documents.isEmpty { return }
        _ = try deployment.run(
            ["insert": .string(collection), "documents": .array(BSONArray(documents: documents))], in: database)
    }

    private func compare(
        _ reply: Document, _ command: Document, _ deployment: any Deployment, _ database: String
    ) throws -> String? {
        let loose = fields["anyOrder"]?.boolValue ?? false
        if let wanted = fields["result"] {
            let got = BSONValue.array(BSONArray(documents: try drain(reply, "c", deployment, database)))
            if let difference = difference(wanted, got, loose) { return "result \(difference)" }
        }
        if let wanted = fields["value"]?.documentValue {
            let names = ["n", "nModified", "upserted", "value", "values", "lastErrorObject"]
            let got = Document(names.compactMap { name in reply[name].map { (name, $0) } })
            if let difference = difference(.document(wanted), .document(got), loose) { return "value \(difference)" }
        }
        if let wanted = fields["after"] {
            let found = try deployment.run(["find": "c"], in: database)
            let got = BSONValue.array(BSONArray(documents: try drain(found, "c", deployment, database)))
            if let difference = difference(wanted, got, loose) { return "after \(difference)" }
        }
        return nil
    }

    private func difference(_ wanted: BSONValue, _ got: BSONValue, _ loose: Bool) -> String? {
        let (a, b) = (comparableForm(wanted, loose), comparableForm(got, loose))
        return a == b
            ? nil : "differs\n   wanted \(wanted.extendedJSON(.canonical))\n   got    \(got.extendedJSON(.canonical))"
    }

    var description: String { "\(name): \(fields["command"]!.extendedJSON(.canonical).prefix(1500))" }
    var input: String { fields["documents"]!.extendedJSON(.relaxed) }
}

/// All documents of a command's cursor.
func drain(_ reply: Document, _ collection: String, _ deployment: any Deployment, _ database: String) throws
    -> [Document]
{
    guard var cursor = reply["cursor"]?.documentValue else { return [] }
    var result = cursor["firstBatch"]?.arrayValue?.compactMap(\.documentValue) ?? []
    while let id = cursor["id"]?.integerValue, id != 0 {
        cursor = try deployment.run(["getMore": .int64(id), "collection": .string(collection)], in: database)["cursor"]!
            .documentValue!
        result += cursor["nextBatch"]?.arrayValue?.compactMap(\.documentValue) ?? []
    }
    return result
}

/// A text in which two values agree when the recorded cases count them as equal: exact types, decimals by digits and
/// exponent, doubles to 13 significant digits; with `loose`, arrays without order.
func comparableForm(_ value: BSONValue, _ loose: Bool) -> String {
    switch value {
    case .document(let document):
        return "{" + document.elements.map { "\($0.key):\(comparableForm($0.value, loose))" }.joined(separator: ",")
            + "}"
    case .array(let array):
        let elements = array.values.map { comparableForm($0, loose) }
        return "[" + (loose ? elements.sorted() : elements).joined(separator: ",") + "]"
    case .double(let number): return "d" + rounded(number)
    case .int32(let number): return "i\(number)"
    case .int64(let number): return "l\(number)"
    default: return value.extendedJSON(.canonical)
    }
}

private func rounded(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number == 0 { return "0" }
    if number.isInfinite { return "\(number)" }
    return scientific(number)
}
