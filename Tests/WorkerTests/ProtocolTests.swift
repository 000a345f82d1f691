import BSON
import DocumentStore
import Testing

@testable import Worker

/// The protocol itself: what a line is, what is answered to one that makes no sense, ids, notifications, batches, the end.
@Suite struct ProtocolTests {
    private func exchange(_ lines: String..., options: Worker.Options = .init()) throws -> [String] {
        let worker = try RunningWorker(FakeDeployment(), options: options)
        for line in lines { try worker.send(line) }
        return try worker.finish()
    }

    @Test(
        "An id comes back as it was written",
        arguments: [
            "1", "-7", "1.0", "1e3", "123456789012345678901234567890", "\"a\"", #""a\u0062\"c""#, "\"ü\"", "\"\"",
            "null",
        ])
    func idIsPreserved(_ id: String) throws {
        #expect(
            try exchange(#"{"jsonrpc":"2.0","id":\#(id),"method":"server.version"}"#)
                == [#"{"jsonrpc":"2.0","id":\#(id),"result":{"name":"atelier","version":"0.0.0"}}"#])
    }

    @Test(
        "What is not JSON is a parse error, with the place",
        arguments: [
            ("{", 1), ("nonsense", 0), (#"{"jsonrpc":"2.0",}"#, 17), (#"{"a":01}"#, 6), (#"{"a":1} x"#, 8), ("[1,]", 3),
            (#"{"a":"\x"}"#, 6), ("{\"a\":\"\u{1}\"}", 6), (#"{"a":"\ud8"}"#, 6), (#"{"a":"open}"#, 5), ("{'a':1}", 1),
            ("[1 2]", 3),
            (#"{"a":.5}"#, 5), (#"{"a":1.}"#, 7), (#"{"a":-}"#, 6), (#"{"a":1e}"#, 7), (#"{"a" 1}"#, 5), ("nul", 0),
            ("[}", 1),
        ])
    func parseErrors(_ line: String, offset: Int) throws {
        let worker = try RunningWorker(FakeDeployment())
        try worker.send(line)
        let reply = try worker.reply()
        #expect(reply["id"] == .null)
        #expect(reply["error"]?.documentValue?["code"] == .int32(-32700))
        #expect(reply["error"]?.documentValue?["data"]?.documentValue?["offset"] == .integer(offset))
        #expect(try worker.call("server.ping")["result"] == ["ok": true], "the next line is a new beginning")
    }

    @Test(
        "Bytes that are not UTF-8 are a parse error",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80]]
            as [[UInt8]])
    func invalidUTF8(_ bytes: [UInt8]) throws {
        let worker = try RunningWorker(FakeDeployment())
        try worker.send(bytes: Array(#"{"jsonrpc":"2.0","id":1,"method":""#.utf8) + bytes + Array("\"}\n".utf8))
        let error = try worker.reply()["error"]?.documentValue
        #expect(error?["code"] == .int32(-32700))
        #expect(error?["data"]?.documentValue?["offset"] == .int32(34))
    }

    @Test(
        "JSON that is no request is an invalid request",
        arguments: [
            ("1", "null"), ("\"text\"", "null"), ("null", "null"), ("{}", "null"),
            (#"{"jsonrpc":"2.0","id":4}"#, "4"), (#"{"jsonrpc":"1.0","id":4,"method":"server.ping"}"#, "4"),
            (#"{"jsonrpc":2.0,"id":4,"method":"server.ping"}"#, "4"), (#"{"id":4,"method":"server.ping"}"#, "4"),
            (#"{"jsonrpc":"2.0","id":[4],"method":"server.ping"}"#, "null"),
            (#"{"jsonrpc":"2.0","id":true,"method":"server.ping"}"#, "null"),
            (#"{"jsonrpc":"2.0","id":4,"method":7}"#, "4"),
            (#"{"jsonrpc":"2.0","id":4,"method":"server.ping","params":3}"#, "4"),
            (#"{"jsonrpc":"2.0","id":4,"method":"server.ping","id":5}"#, "5"),
            (#"{"jsonrpc":"2.0","id":4,"method":"server.ping","parms":{}}"#, "4"),
            (#"{"jsonrpc":"2.0","id":4,"result":{}}"#, "4"),
        ])
    func invalidRequests(_ line: String, id: String) throws {
        let replies = try exchange(line)
        #expect(replies.count == 1)
        #expect(
            replies[0].hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"error":{"code":-32600,"message":"Invalid request: "#),
            "\(replies)")
    }

    @Test("A message may come in pieces, lines may be blank or end in CR, the last may lack its newline")
    func piecesAndBlankLines() throws {
        let worker = try RunningWorker(FakeDeployment())
        try worker.send(bytes: Array("\n  \n\r\n{\"jsonrpc\":\"2.0\",".utf8))
        try worker.send(bytes: Array("\"id\":1,\"meth".utf8))
        try worker.send(bytes: Array("od\":\"server.ping\"}\r\n".utf8))
        #expect(try worker.reply()["id"] == 1)
        try worker.send(bytes: Array(#"{"jsonrpc":"2.0","id":2,"method":"server.ping"}"#.utf8))
        #expect(try worker.finish() == [#"{"jsonrpc":"2.0","id":2,"result":{"ok":true}}"#])
    }

    @Test("Half a message at the end of the input is a parse error")
    func halfMessageAtTheEnd() throws {
        let worker = try RunningWorker(FakeDeployment())
        try worker.send(bytes: Array(#"{"jsonrpc":"2.0","id":2,"method":"server.p"#.utf8))
        let replies = try worker.finish()
        #expect(replies.count == 1)
        #expect(replies[0].contains("-32700"))
    }

    @Test("A line over the limit is refused and skipped; one at the limit is not")
    func longLines() throws {
        var options = Worker.Options()
        options.maximumLineBytes = 200_000
        let worker = try RunningWorker(FakeDeployment(), options: options)
        let request = #"{"jsonrpc":"2.0","id":1,"method":"server.ping"}"#
        let padding = String(repeating: " ", count: 200_000 - request.utf8.count)
        try worker.send(request + padding)
        #expect(try worker.reply()["result"] != nil)
        try worker.send(request + padding + " ")
        let error = try worker.reply()["error"]?.documentValue
        #expect(error?["code"] == .int32(-32600))
        #expect(error?["data"] == ["bytes": 200_001, "limit": 200_000])
        #expect(try worker.call("server.ping")["result"] == ["ok": true])
    }

    @Test("Notifications get no reply, whatever becomes of them")
    func notifications() throws {
        #expect(
            try exchange(
                #"{"jsonrpc":"2.0","method":"server.ping"}"#, #"{"jsonrpc":"2.0","method":"no.such"}"#,
                #"{"jsonrpc":"2.0","method":"server.ping","params":{"extra":1}}"#,
                #"{"jsonrpc":"2.0","method":"$/unknown"}"#,
                #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":99}}"#
            ).isEmpty)
    }

    @Test("Unknown methods are told apart from unknown parameters, and the nearest name is offered")
    func unknownNames() throws {
        let worker = try RunningWorker(FakeDeployment())
        var error = try worker.call("documents.fnd")["error"]?.documentValue
        #expect(error?["code"] == .int32(-32601))
        #expect(error?["data"] == ["suggestion": "documents.find"])
        error = try worker.call("insert")["error"]?.documentValue
        #expect(error?["data"] == ["suggestion": "documents.insert"])
        error = try worker.call("zzz.qqq")["error"]?.documentValue
        #expect(error?["data"] == nil)
        error = try worker.call("documents.find", #"{"collection":"c","filtre":{}}"#)["error"]?.documentValue
        #expect(error?["code"] == .int32(-32602))
        #expect(error?["message"] == "Invalid params: params.filtre: no such parameter; did you mean `filter`?")
    }

    @Test(
        "Wrong parameters are named with their place and what was expected",
        arguments: [
            ("[]", "params", "an object"), ("{}", "params.collection", "a string"),
            (#"{"collection":1}"#, "params.collection", "a string"),
            (#"{"collection":"c","filter":[]}"#, "params.filter", "an object"),
            (#"{"collection":"c","limit":-1}"#, "params.limit", "an integer of at least 0"),
            (#"{"collection":"c","limit":1.5}"#, "params.limit", "an integer of at least 0"),
            (#"{"collection":"c","batchSize":0}"#, "params.batchSize", "an integer from 1 to 100000"),
            (#"{"collection":"c","hint":4}"#, "params.hint", "a string or an object"),
            (#"{"collection":"c","filter":{"$oid":"0123456789abcdef01234567"}}"#, "params.filter", "an object"),
            (#"{"collection":"c","canonical":"yes"}"#, "params.canonical", "true or false"),
        ])
    func wrongParameters(_ params: String, path: String, expected: String) throws {
        let worker = try RunningWorker(FakeDeployment())
        let error = try worker.call("documents.find", params)["error"]?.documentValue
        #expect(error?["code"] == .int32(-32602))
        #expect(error?["data"] == ["path": .string(path), "expected": .string(expected)])
    }

    @Test("What is JSON but not Extended JSON is an invalid parameter of that request")
    func invalidExtendedJSON() throws {
        let worker = try RunningWorker(FakeDeployment())
        let reply = try worker.call(
            "documents.find", #"{"collection":"c","filter":{"_id":{"$oid":"xyz"}}}"#, id: "\"q\"")
        #expect(reply["id"] == "q")
        #expect(reply["error"]?.documentValue?["code"] == .int32(-32602))
    }

    @Test("Integers of any width count as integers")
    func integersOfAnyWidth() throws {
        let worker = try RunningWorker(FakeDeployment())
        for number in ["5", "5.0", #"{"$numberLong":"5"}"#, #"{"$numberDecimal":"5"}"#] {
            #expect(
                try worker.call("documents.find", #"{"collection":"c","limit":\#(number)}"#)["result"] == [
                    "documents": []
                ])
        }
    }

    // MARK: Batches

    @Test("A batch is answered with one array: requests and errors, no notifications")
    func batches() throws {
        let worker = try RunningWorker(FakeDeployment())
        try worker.send(
            #"[{"jsonrpc":"2.0","id":1,"method":"server.ping"},{"jsonrpc":"2.0","method":"server.ping"},1,{"jsonrpc":"2.0","id":"x","method":"none"},{"jsonrpc":"2.0","id":3,"method":"$/cancelRequest","params":{"id":77}}]"#
        )
        let line = try #require(try worker.receive())
        let replies = try #require(try BSONValue(json: line).arrayValue).compactMap(\.documentValue)
        #expect(replies.count == 4)
        func reply(_ id: BSONValue) -> Document? { replies.first { $0["id"] == id } }
        #expect(reply(1)?["result"] == ["ok": true])
        #expect(reply(.null)?["error"]?.documentValue?["code"] == .int32(-32600))
        #expect(reply("x")?["error"]?.documentValue?["code"] == .int32(-32601))
        #expect(reply(3)?["result"] == ["cancelled": false])
    }

    @Test("An empty batch is an invalid request, one of notifications only is not answered")
    func emptyBatches() throws {
        let replies = try exchange(
            "[]", #"[{"jsonrpc":"2.0","method":"server.ping"},{"jsonrpc":"2.0","method":"no.such"}]"#)
        #expect(
            replies == [
                #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request: a batch holds at least one request"}}"#
            ])
    }

    @Test("A batch of more requests than allowed is refused as a whole")
    func longBatches() throws {
        let element = #"{"jsonrpc":"2.0","id":1,"method":"server.version"}"#
        let atLimit = try exchange(
            "[" + Array(repeating: element, count: Message.maxBatch).joined(separator: ",") + "]")
        #expect(atLimit.count == 1 && atLimit[0].hasPrefix("[{"))
        let over = try exchange(
            "[" + Array(repeating: element, count: Message.maxBatch + 1).joined(separator: ",") + "]")
        #expect(over.count == 1 && over[0].contains("-32600"))
    }

    // MARK: Modes

    @Test("Replies are relaxed or canonical Extended JSON as the request or the worker says")
    func modes() throws {
        let params =
            #"{"documents":[{"_id":{"$numberLong":"5000000000"},"price":{"$numberDecimal":"6.95"}}],"collection":"c"}"#
        let find = #"{"jsonrpc":"2.0","id":1,"method":"documents.find","params":{"collection":"c"CANONICAL}}"#
        func found(_ canonical: String, _ worker: RunningWorker) throws -> String? {
            try worker.send(String(find.prefix { $0 != "C" }) + canonical + "}}")
            return try worker.receive()
        }
        let relaxed =
            #"{"jsonrpc":"2.0","id":1,"result":{"documents":[{"_id":5000000000,"price":{"$numberDecimal":"6.95"}}]}}"#
        let canonical =
            #"{"jsonrpc":"2.0","id":1,"result":{"documents":[{"_id":{"$numberLong":"5000000000"},"price":{"$numberDecimal":"6.95"}}]}}"#
        for isDefault in [false, true] {
            var options = Worker.Options()
            options.canonical = isDefault
            let worker = try RunningWorker(FakeDeployment(), options: options)
            _ = try worker.call("documents.insert", params)
            #expect(try found("", worker) == (isDefault ? canonical : relaxed))
            #expect(try found(#","canonical":true"#, worker) == canonical)
            #expect(try found(#","canonical":false"#, worker) == relaxed)
        }
    }
}
