import BSON
import TestSupport
import Testing

@testable import WireServer

@Suite struct CompressionTests {
    private func split(_ message: [UInt8]) -> (head: [UInt8], body: [UInt8]) {
        (Array(message[..<21]), Array(message[21...]))
    }

    @Test func aCompressedRequestGetsACompressedReply() throws {
        let fixture = try Fixture()
        fixture.deployment.answer("echo") { ["text": $0["text"] ?? .null, "ok": 1.0] }
        let text = BSONValue.string(String(repeating: "linen ", count: 10_000))
        let client = try fixture.client()
        let request = OpCompressed.encode(split(RawClient.message(["echo": 1, "text": text, "$db": "a"], id: 99)))
        #expect(request.count < 2000)
        client.send(request)
        let packed = try #require(try client.receive())
        #expect(packed.count < 2000)
        let (reply, compressor) = try packed.withUnsafeBytes { try OpCompressed.decode($0, limit: 1_000_000) }
        #expect(compressor == .zlib)
        let header = reply.withUnsafeBytes { MessageHeader($0) }
        #expect(header.responseTo == 99 && header.opCode == 2013 && Int(header.messageLength) == reply.count)
        #expect(try Document(validating: Array(reply[21...]))["text"] == text)
        #expect(try client.run(["ping": 1, "$db": "admin"])?["ok"] == 1.0)
    }

    @Test func aMessageThatUnpacksBeyondTheLimitIsRefused() throws {
        let message = split(RawClient.message(["x": .string(String(repeating: "a", count: 100_000))]))
        let packed = OpCompressed.encode(message)
        #expect(throws: AtelierError.self) { try packed.withUnsafeBytes { try OpCompressed.decode($0, limit: 50_000) } }
        #expect(
            try packed.withUnsafeBytes { try OpCompressed.decode($0, limit: 200_000) }.message == message.head
                + message.body)
    }
}
