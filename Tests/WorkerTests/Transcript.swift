import BSON
import Glibc
import Testing

/// A recorded conversation with the worker: lines `> request` and `< reply`, comments `# …`, blank lines.
///
/// Requests in a row are sent at once; the replies that follow may come in any order. A string `"*"` in a reply stands for
/// any value. With ATELIER_RECORD_TRANSCRIPTS set, replies are written to the file instead of compared.
struct Transcript {
    private enum Line: Equatable {
        case request(String)
        case reply(String)
        case other(String)
    }

    private var lines: [Line]

    init(lines text: [String]) {
        lines = text.map { line in
            if line.hasPrefix("> ") { return .request(String(line.dropFirst(2))) }
            if line.hasPrefix("< ") { return .reply(String(line.dropFirst(2))) }
            return .other(line)
        }
    }

    static var isRecording: Bool { getenv("ATELIER_RECORD_TRANSCRIPTS") != nil }

    var text: String {
        lines.map { line in
            switch line {
            case .request(let text): "> \(text)\n"
            case .reply(let text): "< \(text)\n"
            case .other(let text): "\(text)\n"
            }
        }.joined()
    }

    /// Whether there is anything to send.
    var isEmpty: Bool { !lines.contains { if case .request = $0 { true } else { false } } }

    /// Holds the conversation and compares.
    func run(_ send: (String) throws -> Void, _ receive: () throws -> String?) throws {
        var index = 0
        while index < lines.count {
            var expected: [String] = []
            while index < lines.count, expected.isEmpty || !isRequest(index) {
                switch lines[index] {
                case .request(let text): try send(text)
                case .reply(let text): expected.append(text)
                case .other: break
                }
                index += 1
            }
            var received: [String] = []
            for _ in expected { received.append(try #require(try receive(), "the worker ended before \(expected)")) }
            for text in received {
                if let match = expected.firstIndex(where: { Transcript.matches(text, $0) }) {
                    expected.remove(at: match)
                } else {
                    Issue.record("received \(text)\nexpected \(expected.joined(separator: "\n     or "))")
                }
            }
        }
    }

    /// Holds the conversation, one request after the other, and returns it with the replies that came.
    func recorded(_ send: (String) throws -> Void, _ receive: () throws -> String?) throws -> Transcript {
        var result = self
        result.lines = []
        for (index, line) in lines.enumerated() {
            switch line {
            case .request(let text):
                result.lines.append(line)
                try send(text)
                // A notification has no reply; what had none, or one with wildcards, is kept as it was.
                if text.contains("\"id\"") || text.first == "[" || !text.hasPrefix("{") {
                    let reply = try #require(try receive())
                    let kept = lines[(index + 1)...].prefix { if case .reply = $0 { true } else { false } }.first {
                        if case .reply(let old) = $0 { Transcript.matches(reply, old) } else { false }
                    }
                    result.lines.append(kept ?? .reply(reply))
                }
            case .reply: break
            case .other: result.lines.append(line)
            }
        }
        return result
    }

    private func isRequest(_ index: Int) -> Bool { if case .request = lines[index] { true } else { false } }

    private static func matches(_ text: String, _ expected: String) -> Bool {
        if !expected.contains("\"*\"") { return text == expected }
        guard let value = try? BSONValue(json: text), let pattern = try? BSONValue(json: expected) else { return false }
        return matches(value, pattern)
    }

    private static func matches(_ value: BSONValue, _ pattern: BSONValue) -> Bool {
        switch (value, pattern) {
        case (_, .string("*")): true
        case (.document(let a), .document(let b)):
            a.keys == b.keys && zip(a.values, b.values).allSatisfy { matches($0, $1) }
        case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy { matches($0, $1) }
        default: value == pattern
        }
    }
}
