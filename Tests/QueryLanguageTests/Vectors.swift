import BSON
import Glibc

/// A query-language case recorded from a MongoDB server: documents, a command, the answer.
struct VectorCase {
    let document: Document

    var name: String { document["name"]!.stringValue! }
    var documents: [Document] { (document["documents"]?.arrayValue ?? []).compactMap(\.documentValue) }
    var command: Document { document["command"]!.documentValue! }
    /// What `find` and `aggregate` returned; nil for an error or another command.
    var result: [Document]? { document["result"]?.arrayValue?.compactMap(\.documentValue) }
    /// The fields of a write's reply that are compared.
    var value: Document? { document["value"]?.documentValue }
    /// The collection after a write.
    var after: [Document]? { document["after"]?.arrayValue?.compactMap(\.documentValue) }
    var errorCode: Int64? { document["error"]?.documentValue?["code"]?.integerValue }
    /// Whether MongoDB leaves the order of documents and arrays open.
    var anyOrder: Bool { document["anyOrder"]?.isTruthy ?? false }

    /// The cases of a group; none where the shared test data is not at hand.
    static func load(_ group: String) throws -> [VectorCase] {
        guard let bytes = contents("\(testData)/vectors/\(group).jsonl") else { return [] }
        return try bytes.withUnsafeBytes { try Document.documents(json: $0) }.map { VectorCase(document: $0) }
    }

    static var available: Bool { access("\(testData)/vectors/README.md", R_OK) == 0 }

    /// `ATELIER_TEST_DATA`, or `../shared` beside the package.
    static let testData = getenv("ATELIER_TEST_DATA").map { String(cString: $0) } ?? "../shared"

    /// Cases in which MongoDB 8 is documented to differ from the recording server, by name, with the reason.
    static let exceptions: [String: String] = {
        guard let bytes = contents("Tests/Vectors/exceptions.json"),
            let list = try? BSONValue(json: String(decoding: bytes, as: UTF8.self)).arrayValue
        else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: list.compactMap(\.documentValue).map {
                ($0["name"]!.stringValue!, $0["reason"]!.stringValue!)
            })
    }()
}

/// Counts the cases that pass and keeps what is wrong with the others.
struct VectorScore {
    let title: String
    var passed = 0
    var total = 0
    var failures: [String] = []

    init(_ title: String) { self.title = title }

    /// Compares an answer with the recorded one, both as `canonical` text or `error CODE`.
    mutating func count(_ vector: VectorCase, wanted: String, got: String) {
        if VectorCase.exceptions[vector.name] != nil { return }
        total += 1
        if wanted == got {
            passed += 1
        } else {
            failures.append(
                "\(vector.name)\n  wanted \(wanted)\n  got    \(got)\n  command \(vector.command.extendedJSON())")
        }
    }

    /// Prints the score; the failures too where `VECTOR_FAILURES` names a file to append them to.
    func report() {
        print("\(title): \(passed)/\(total)")
        guard let path = getenv("VECTOR_FAILURES").map({ String(cString: $0) }), let file = fopen(path, "a") else {
            return
        }
        for failure in failures { fputs(failure + "\n", file) }
        fclose(file)
    }
}

/// The text by which answers are compared: exact types, decimals by digits and exponent, doubles to 13 digits.
func canonical(_ value: BSONValue, anyOrder: Bool = false) -> String {
    switch value {
    case .document(let document): return canonical(document, anyOrder: anyOrder)
    case .array(let array):
        let elements = array.values.map { canonical($0, anyOrder: anyOrder) }
        return "[\((anyOrder ? elements.sorted() : elements).joined(separator: ", "))]"
    case .double(let number):
        if number.isNaN { return "double NaN" }
        return "double \(number == 0 ? "0" : Decimal128(exactly34: number).significantDigits(13))"
    default: return value.extendedJSON(.canonical)
    }
}

func canonical(_ document: Document, anyOrder: Bool = false) -> String {
    "{\(document.elements.map { "\($0.key): \(canonical($0.value, anyOrder: anyOrder))" }.joined(separator: ", "))}"
}

func canonical(_ documents: [Document], anyOrder: Bool = false) -> String {
    let texts = documents.map { canonical($0, anyOrder: anyOrder) }
    return (anyOrder ? texts.sorted() : texts).joined(separator: "\n         ")
}

/// The answer as text, or `error CODE`.
func outcome(_ body: () throws -> String) -> String {
    do { return try body() } catch let error as AtelierError { return "error \(error.code.rawValue)" } catch {
        return "\(error)"
    }
}

extension Decimal128 {
    /// Rounded to so many significant digits and without trailing zeros, for comparing doubles.
    fileprivate func significantDigits(_ digits: Int) -> String {
        guard isFinite else { return description }
        var (coefficient, exponent) = parts
        while String(coefficient).count > digits {
            coefficient = (coefficient + 5) / 10
            exponent += 1
        }
        while coefficient > 0 && coefficient % 10 == 0 {
            coefficient /= 10
            exponent += 1
        }
        return "\(isNegative ? "-" : "")\(coefficient)E\(exponent)"
    }
}

func contents(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return bytes }
        bytes += buffer[..<count]
    }
}
