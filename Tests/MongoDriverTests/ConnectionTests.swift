import BSON
import MongoDriver
import TestSupport
import Testing
import WireServer

@Suite struct ConnectionTests {
    @Test func aMissingServerIsAClearErrorSoon() throws {
        let driver = try MongoDriver(
            uri: "mongodb://anna:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=300&authSource=admin")
        let error = #expect(throws: AtelierError.self) { try driver.run(["ping": 1], in: "admin") }
        #expect(error?.code == .hostUnreachable)
        #expect(error?.location == "127.0.0.1:1")
        #expect(error?.advice?.contains("serverSelectionTimeoutMS (now 300)") == true)
        #expect(error?.description.contains("s3cret") == false && error?.description.contains("anna") == false)
    }

    @Test(arguments: [
        "", "nonsense", "http://localhost/", "mongodb://", "mongodb://anna:s3cret@:x/", "mongodb://anna:s3%cret@host/",
        "mongodb://anna:s3cret@host/?tls=true&tlsAllowInvalidCertificates=banana", "mongodb://h/\0",
    ])
    func addressesThatAreNoneAreRefused(_ uri: String) {
        let error = #expect(throws: AtelierError.self) { try MongoDriver(uri: uri) }
        #expect(error?.code == .failedToParse)
        #expect(error?.description.contains("s3") == false)
    }

    @Test func loadBalancersAreRefused() {
        let error = #expect(throws: AtelierError.self) { try MongoDriver(uri: "mongodb://h/?loadBalanced=true") }
        #expect(error?.code == .invalidOptions)
    }

    @Test func namesItsAddressesAndDatabase() throws {
        let driver = try MongoDriver(uri: "mongodb://u:p@a:1,b/shop?replicaSet=x&authSource=admin")
        #expect(driver.addresses == "a:1,b:27017")
        #expect(driver.databaseName == "shop")
        #expect(try MongoDriver(uri: "mongodb://a").databaseName == nil)
    }

    @Test func closingIsIdempotentAndFinal() throws {
        let fixture = try Fixture()
        fixture.fill("shop.orders", count: 10)
        _ = try fixture.driver.run(["find": "orders", "batchSize": 2], in: "shop")
        #expect(fixture.deployment.openCursors == 1)
        fixture.driver.close()
        #expect(fixture.deployment.openCursors == 0)
        fixture.driver.close()
        let error = #expect(throws: AtelierError.self) { try fixture.driver.run(["ping": 1], in: "admin") }
        #expect(error?.message.contains("closed") == true)
    }

    @Test func commandsThatAreNoneAreRefused() throws {
        let fixture = try Fixture()
        #expect(throws: AtelierError.self) { try fixture.driver.run([:], in: "shop") }
        #expect(throws: AtelierError.self) { try fixture.driver.run(["ping": 1], in: "") }
        #expect(throws: AtelierError.self) { try fixture.driver.run(["ping": 1], in: "a\0b") }
        #expect(throws: AtelierError.self) {
            try fixture.driver.run(["find": "c", "$readPreference": ["mode": "whatever"]], in: "shop")
        }
        #expect(throws: AtelierError.self) {
            try fixture.driver.run(["insert": "c", "documents": [[:]], "writeConcern": ["w": -7]], in: "shop")
        }
        #expect(try fixture.driver.run(["ping": 1], in: "admin")["ok"] == 1.0)
    }

    /// libmongoc asserts a good deal; nothing a command may hold must reach an assertion.
    @Test func strangeOptionsAreErrorsAtWorst() throws {
        let fixture = try Fixture(replicaSet: true)
        let values: [BSONValue] = [
            .null, 5, -1, .int64(.max), 1.5, .double(.nan), "", "majority", "x\u{0}y", true, [], [1], [[:]],
            [["dc": "a"], 5],
            [:], ["": 1], ["level": 5], ["level": "nonsense"], ["w": "x"], ["w": 0], ["w": [:]], ["j": 3],
            ["wtimeout": -1],
            ["wtimeout": "x"], ["mode": 5], ["mode": "nearest", "tags": 5], ["mode": "nearest", "tags": [5]],
            ["mode": "nearest", "tags": [["a": 5], [:]]], ["mode": "secondary", "maxStalenessSeconds": -7],
            ["mode": "nearest", "maxStalenessSeconds": .int64(.max)], ["mode": "nearest", "hedge": ["enabled": true]],
            ["id": .binary(subtype: 4, data: [1, 2])], .binary(subtype: 4, data: Array(0..<16)),
            .decimal(Decimal128("1")!),
            .regex(pattern: "a", options: "i"), .minKey, .timestamp(.max),
            .objectId(ObjectId("0123456789abcdef01234567")!),
        ]
        let fields = [
            "writeConcern", "readConcern", "$readPreference", "lsid", "txnNumber", "autocommit", "startTransaction",
            "$clusterTime", "$db", "cursor", "cursors", "documents", "updates", "ordered", "pipeline", "batchSize",
            "serverId", "sessionId", "collation", "maxTimeMS", "bypassDocumentValidation",
        ]
        let commands: [Document] = [
            ["find": "c"], ["insert": "c", "documents": [["_id": 1]]], ["aggregate": "c", "pipeline": [["$out": "d"]]],
            ["update": "c"], ["findAndModify": "c"], ["getMore": 5], ["killCursors": "c"], ["commitTransaction": 1],
            ["killSessions": []], ["endSessions": 5], ["create": "c"], ["ping": 1],
        ]
        var answered = 0
        for command in commands {
            for field in fields {
                for value in values {
                    do {
                        _ = try fixture.driver.run(command.setting(field, value), in: "shop")
                        answered += 1
                    } catch is AtelierError {}
                }
            }
        }
        #expect(answered > 0)
        #expect(try fixture.driver.run(["ping": 1], in: "admin")["ok"] == 1.0)
    }

    @Test func theServerComesBack() throws {
        let fixture = try Fixture()
        #expect(try fixture.driver.run(["ping": 1], in: "admin")["ok"] == 1.0)
        fixture.disconnectAll()
        // Reads are tried again without anyone noticing.
        #expect(try fixture.driver.run(["count": "orders"], in: "shop")["n"] == 0)
    }
}
