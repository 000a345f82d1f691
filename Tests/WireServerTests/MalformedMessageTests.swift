import BSON
import Platform
import TestSupport
import Testing

@testable import WireServer

/// Whatever a client sends, only its own connection suffers.
@Suite struct MalformedMessageTests {
    private static let ping: Document = ["ping": 1, "$db": "admin"]

    private static func int32(_ number: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: number)
        return bytes
    }

    private static func flagsAndBody(_ flags: UInt32 = 0, _ body: [UInt8] = ping.bytes) -> [UInt8] {
        int32(Int32(bitPattern: flags)) + [0] + body
    }

    /// Messages that cannot be answered, each with what is wrong about it.
    static let hopeless: [(String, [UInt8])] = [
        ("length 0", int32(0) + [UInt8](repeating: 0, count: 12)),
        ("length 15", int32(15) + [UInt8](repeating: 0, count: 12)),
        ("negative length", int32(-1) + [UInt8](repeating: 0, count: 12)),
        ("length above the limit", int32(48_000_001) + int32(1) + int32(0) + int32(2013)),
        ("an HTTP request", Array("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)),
        ("opcode 1", RawClient.message(opCode: 1, flagsAndBody())),
        ("opcode 2001", RawClient.message(opCode: 2001, flagsAndBody())),
        ("opcode 0", RawClient.message(opCode: 0, [])),
        ("OP_MSG without flags", RawClient.message([])),
        ("OP_MSG without sections", RawClient.message(int32(0))),
        ("an undefined required flag", RawClient.message(flagsAndBody(1 << 2))),
        ("section kind 2", RawClient.message(int32(0) + [2] + ping.bytes)),
        ("section kind 255", RawClient.message(int32(0) + [255] + ping.bytes)),
        ("two bodies", RawClient.message(flagsAndBody() + [0] + ping.bytes)),
        ("only a sequence", RawClient.message(int32(0) + [1] + int32(6) + [97, 0])),
        ("a sequence of negative size", RawClient.message(flagsAndBody() + [1] + int32(-5) + [97, 0])),
        ("a sequence larger than the message", RawClient.message(flagsAndBody() + [1] + int32(1000) + [97, 0])),
        ("a sequence without a name", RawClient.message(flagsAndBody() + [1] + int32(4))),
        ("a sequence's name without an end", RawClient.message(flagsAndBody() + [1] + int32(6) + [97, 98])),
        ("half a document in a sequence", RawClient.message(flagsAndBody() + [1] + int32(9) + [97, 0, 5, 0, 0])),
        ("a field twice", RawClient.message(ping, sequences: [("ping", [])])),
        ("a sequence twice", RawClient.message(ping, sequences: [("a", []), ("a", [])])),
        ("a body of length 4", RawClient.message(int32(0) + [0] + int32(4))),
        ("a body longer than the message", RawClient.message(flagsAndBody(0, int32(500) + [0]))),
        ("a body without terminator", RawClient.message(flagsAndBody(0, int32(5) + [1]))),
        ("an unknown BSON type", RawClient.message(flagsAndBody(0, int32(8) + [0x55, 97, 0, 0]))),
        (
            "a string's length beyond the document",
            RawClient.message(flagsAndBody(0, int32(13) + [2, 97, 0] + int32(99) + [0, 0]))
        ),
        ("a wrong checksum", RawClient.checksummed(ping, spoiledBy: 1)),
        ("a checksum flag without a checksum", RawClient.message(int32(1))),
        ("OP_QUERY cut short", RawClient.message(opCode: 2004, int32(0) + [97])),
        ("bytes after OP_QUERY", RawClient.query(["hello": 1]).withLength(plus: 3) + [1, 2, 3]),
        ("OP_COMPRESSED cut short", RawClient.message(opCode: 2012, int32(2013) + [1])),
        ("compressor 1, not offered", RawClient.message(opCode: 2012, int32(2013) + int32(10) + [1] + [0])),
        ("a compressed compressed message", RawClient.message(opCode: 2012, int32(2012) + int32(1) + [0] + [0])),
        ("a compressed OP_QUERY", RawClient.message(opCode: 2012, int32(2004) + int32(1) + [0] + [0])),
        ("zlib garbage", RawClient.message(opCode: 2012, int32(2013) + int32(100) + [2] + [1, 2, 3, 4])),
        (
            "a size that unpacking does not reach",
            RawClient.message(opCode: 2012, int32(2013) + int32(100) + [0] + [0, 0])
        ),
        ("a claim of 2 GB", RawClient.message(opCode: 2012, int32(2013) + int32(.max) + [2] + [0x78])),
        ("a claim of -1 bytes", RawClient.message(opCode: 2012, int32(2013) + int32(-1) + [2] + [0x78])),
    ]

    @Test(arguments: hopeless.map(\.0))
    func endsTheConnectionAndNoOther(_ problem: String) throws {
        let bytes = try #require(Self.hopeless.first { $0.0 == problem }).1
        let fixture = try Fixture()
        let (witness, culprit) = (try fixture.client(), try fixture.client())
        #expect(try witness.run(Self.ping)?["ok"] == 1.0)
        culprit.send(bytes)
        #expect(try culprit.receive() == nil, "\(problem)")
        #expect(try witness.run(Self.ping)?["ok"] == 1.0)
        try fixture.expectAlive()
        #expect(fixture.log.lines.contains { $0.contains("closed connection") })
    }

    @Test func aConnectionMayEndAnywhere() throws {
        let fixture = try Fixture()
        let message = RawClient.message(["insert": "a", "$db": "shop"], sequences: [("documents", [["_id": 1]])])
        for length in 0..<message.count {
            let client = try fixture.client()
            client.send(Array(message[..<length]))
            client.finish()
            #expect(try client.receive() == nil)
        }
        #expect(fixture.deployment.commands.isEmpty)
        try fixture.expectAlive()
    }

    @Test func aRightChecksumIsAccepted() throws {
        let fixture = try Fixture()
        let client = try fixture.client()
        client.send(RawClient.checksummed(Self.ping))
        #expect(try client.receiveDocument()?["ok"] == 1.0)
        #expect(Array("123456789".utf8).withUnsafeBytes { CRC32C.checksum($0) } == 0xE306_9283)
    }

    /// Spoils good messages in every way a seeded generator thinks of, thousands of times.
    @Test(arguments: [1, 20_240_229, UInt64.random(in: 0...UInt64.max)])
    func noBytesHarmTheServer(seed: UInt64) throws {
        let fixture = try Fixture()
        fixture.deployment.answer("echo") { $0 }
        var random = SeededRandom(seed: seed)
        let good: [[UInt8]] = [
            RawClient.message(Self.ping),
            RawClient.message(
                ["insert": "a", "$db": "shop"], sequences: [("documents", [["_id": 1, "x": ["y": [1, 2.5, "z"]]]])]),
            RawClient.message([
                "echo": 1, "$db": "a", "d": .decimal(Decimal128("1.5")!), "r": .regex(pattern: "a", options: "i"),
            ]),
            RawClient.checksummed(Self.ping), RawClient.query(["isMaster": 1]),
            OpCompressed.encode((Array(RawClient.message(Self.ping)[..<21]), Self.ping.bytes)),
        ]
        for round in 0..<1500 {
            let client = try fixture.client()
            client.send(spoiled(good.randomElement(using: &random)!, &random))
            client.finish()
            // Anything may come back, but whole messages, and then the end.
            var replies = 0
            while let reply = try client.receive() {
                #expect(reply.count > 16)
                replies += 1
                try #require(replies < 20, "seed \(seed), round \(round)")
            }
            if round % 250 == 0 { try fixture.expectAlive("seed \(seed), round \(round)") }
        }
        try fixture.expectAlive("seed \(seed)")
    }

    private func spoiled(_ message: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = message
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.removeSubrange(place...)
            case 3: bytes.insert(contentsOf: (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }, at: place)
            case 4: bytes += message
            case 5:
                // A length field somewhere, with a number that lengths should not be.
                let number = [Int32.min, -1, 0, 1, 4, 5, 15, 16, 0x7FFF, .max].randomElement(using: &random)!
                bytes.replaceSubrange(place..<min(place + 4, bytes.count), with: Self.int32(number))
            default:
                // Deeper: the header's length is right, so that the inside is looked at.
                if bytes.count >= 4 { bytes.replaceSubrange(0..<4, with: Self.int32(Int32(bytes.count))) }
            }
        }
        return bytes
    }
}

extension [UInt8] {
    /// A message whose header says that it is longer than it is.
    fileprivate func withLength(plus more: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Int32(count + more))
        return bytes + self[4...]
    }
}
