import BSON
import Platform
import Testing

@testable import Worker

/// Damaged messages: whatever comes, each line gets one answer and the worker goes on.
@Suite struct FuzzTests {
    private static let messages = [
        #"{"jsonrpc":"2.0","id":1,"method":"documents.find","params":{"collection":"c","filter":{"a":{"$gt":[1,-2.5e3,"ü\u00e9\n"]}},"limit":5}}"#,
        #"[{"jsonrpc":"2.0","id":"x","method":"server.ping"},{"jsonrpc":"2.0","id":null,"method":"server.describe","params":{}}]"#,
        #"{"jsonrpc":"2.0","id":7,"method":"documents.insert","params":{"collection":"c","documents":[{"_id":{"$oid":"0123456789abcdef01234567"},"d":{"$date":"2026-01-01T00:00:00Z"},"n":{"$numberDecimal":"1E+3"}}]}}"#,
        #"{"jsonrpc":"2.0","id":8,"method":"$/cancelRequest","params":{"id":"\ud83d\ude00"}}"#,
        #"{"jsonrpc":"2.0","id":9,"method":"documents.next","params":{"cursor":"c1","canonical":true,"progress":"p"}}"#,
    ]

    private func damaged(_ line: String, _ random: inout SeededRandom) -> [UInt8] {
        var bytes = Array(line.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 2: bytes[place] = Array("{}[]\",:\\0-eE.tfn\u{7}".utf8).randomElement(using: &random)!
            case 3: bytes.removeSubrange(place...)
            default: bytes += bytes[place...]
            }
        }
        return bytes.map { $0 == 0x0A ? 0x20 : $0 }
    }

    @Test(
        "Damaged lines are taken apart without a trap, and errors point into the line",
        arguments: [1, 2, 3] as [UInt64])
    func parsing(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<3000 {
            let line = damaged(FuzzTests.messages.randomElement(using: &random)!, &random)
            guard case .single(.failure(let rejected)) = Message.parse(line), rejected.error.code == .parseError else {
                continue
            }
            let offset = rejected.error.data?["offset"]?.integerValue ?? -1
            #expect((0...Int64(line.count)).contains(offset), "seed \(seed): \(String(decoding: line, as: UTF8.self))")
        }
    }

    @Test(
        "Each damaged line gets at most one answer, and the worker answers what follows",
        arguments: [11, 12] as [UInt64])
    func answering(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var options = Worker.Options()
        options.concurrency = 1
        let worker = try RunningWorker(FakeDeployment(), options: options)
        for round in 0..<300 {
            let line = damaged(FuzzTests.messages.randomElement(using: &random)!, &random)
            try worker.send(bytes: line + [0x0A])
            let marker = "\"round \(round)\""
            try worker.send(#"{"jsonrpc":"2.0","id":\#(marker),"method":"server.version"}"#)
            var answers: [String] = []
            while true {
                let answer = try #require(
                    try worker.receive(), "seed \(seed): \(String(decoding: line, as: UTF8.self))")
                if answer.hasPrefix(#"{"jsonrpc":"2.0","id":\#(marker),"#) { break }
                answers.append(answer)
            }
            let replies = answers.filter { !$0.contains(#""method":"$/progress""#) }
            #expect(replies.count <= 1, "seed \(seed): \(String(decoding: line, as: UTF8.self))")
        }
    }
}
