import BSON
import Deployment
import Testing

@Suite struct WriteTests {
    @Test(arguments: DeploymentKind.allCases) func anOrderedBulkStopsAtTheFirstErrorAndAnUnorderedOneDoesNot(
        _ kind: DeploymentKind
    ) throws {
        try withDeployment(kind) { deployment in
            let documents: BSONValue = [["_id": 1], ["_id": 1], ["_id": 2]]
            let ordered = try deployment.run(["insert": "c", "documents": documents])
            #expect(ordered["n"] == 1)
            let error = try #require(ordered["writeErrors"]?.arrayValue?.first?.documentValue)
            #expect(error["index"] == 1)
            #expect(error["code"] == 11000)
            #expect(error["keyPattern"] == ["_id": 1])
            #expect(error["keyValue"] == ["_id": 1])
            let unordered = try deployment.run(["insert": "c", "documents": documents, "ordered": false])
            #expect(unordered["n"] == 1)
            #expect(unordered["writeErrors"]?.arrayValue?.count == 2)
            #expect(try deployment.all(["find": "c", "sort": ["_id": 1]]) == [["_id": 1], ["_id": 2]])
        }
    }

    @Test(arguments: DeploymentKind.allCases) func aStatementThatFailsMidwayChangesNothing(_ kind: DeploymentKind)
        throws
    {
        try withDeployment(kind) { deployment in
            try deployment.insert([["_id": 1, "n": 1], ["_id": 2, "n": "x"], ["_id": 3, "n": 3]])
            let reply = try deployment.run(
                ["update": "c", "updates": [["q": [:], "u": ["$inc": ["n": 1]], "multi": true]]])
            #expect(reply["writeErrors"]?.arrayValue?.first?.documentValue?["code"] == 14)
            #expect(try deployment.all(["find": "c"]).map { $0["n"] } == [1, "x", 3])
        }
    }

    @Test(arguments: DeploymentKind.allCases) func upsertsInsertOnceAndSayWhat(_ kind: DeploymentKind) throws {
        try withDeployment(kind) { deployment in
            let command: Document = [
                "update": "c",
                "updates": [
                    ["q": ["sku": "A"], "u": ["$inc": ["n": 1], "$setOnInsert": ["new": true]], "upsert": true]
                ],
            ]
            let first = try deployment.run(command)
            #expect(first["n"] == 1)
            #expect(first["nModified"] == 0)
            #expect(first["upserted"]?.arrayValue?.first?.documentValue?["index"] == 0)
            let second = try deployment.run(command)
            #expect(second["upserted"] == nil)
            #expect(second["nModified"] == 1)
            let stored = try deployment.all(["find": "c", "projection": ["_id": 0]])
            #expect(stored == [["sku": "A", "n": 2, "new": true]])
        }
    }

    @Test(arguments: DeploymentKind.allCases) func uniqueIndexesHoldAndFailedBuildsLeaveNothing(_ kind: DeploymentKind)
        throws
    {
        try withDeployment(kind) { deployment in
            try deployment.insert([["_id": 1, "a": 1], ["_id": 2, "a": 1.0]])
            let index: Document = [
                "createIndexes": "c", "indexes": [["key": ["a": 1], "name": "a_1", "unique": true]],
            ]
            #expect(deployment.code(index) == 11000)
            #expect(try deployment.all(["listIndexes": "c"]).count == 1)
            try deployment.run(["delete": "c", "deletes": [["q": ["_id": 2], "limit": 1]]])
            try deployment.run(index)
            let reply = try deployment.run([
                "insert": "c", "documents": [["_id": 3, "a": .decimal(Decimal128("1.00")!)]],
            ])
            #expect(reply["writeErrors"]?.arrayValue?.first?.documentValue?["code"] == 11000)
        }
    }

    @Test(arguments: DeploymentKind.allCases) func validatorsKeepInvalidDocumentsOut(_ kind: DeploymentKind) throws {
        try withDeployment(kind) { deployment in
            try deployment.run([
                "create": "c",
                "validator": ["$jsonSchema": ["required": ["name"], "properties": ["name": ["bsonType": "string"]]]],
            ])
            let reply = try deployment.run([
                "insert": "c", "documents": [["name": 1], ["name": "x"]], "ordered": false,
            ])
            #expect(reply["n"] == 1)
            #expect(reply["writeErrors"]?.arrayValue?.first?.documentValue?["code"] == 121)
            let update = try deployment.run(["update": "c", "updates": [["q": [:], "u": ["$unset": ["name": ""]]]]])
            #expect(update["writeErrors"]?.arrayValue?.first?.documentValue?["code"] == 121)
            #expect(try deployment.all(["find": "c", "projection": ["_id": 0]]) == [["name": "x"]])
        }
    }

    @Test(arguments: DeploymentKind.allCases) func findAndModifyReturnsOldOrNew(_ kind: DeploymentKind) throws {
        try withDeployment(kind) { deployment in
            try deployment.insert([["_id": 1, "n": 5], ["_id": 2, "n": 7]])
            let command: Document = [
                "findAndModify": "c", "query": [:], "sort": ["n": -1], "update": ["$inc": ["n": 1]],
            ]
            #expect(try deployment.run(command)["value"] == ["_id": 2, "n": 7])
            #expect(try deployment.run(command.setting("new", true))["value"] == ["_id": 2, "n": 9])
            let removed = try deployment.run(["findAndModify": "c", "query": ["_id": 1], "remove": true])
            #expect(removed["value"] == ["_id": 1, "n": 5])
            #expect(try deployment.run(["count": "c"])["n"] == 1)
        }
    }

    @Test(arguments: DeploymentKind.allCases) func mergeAndOutWriteAllOrNothing(_ kind: DeploymentKind) throws {
        try withDeployment(kind) { deployment in
            try deployment.insert([["_id": 1, "a": 1], ["_id": 2, "a": 2]])
            try deployment.insert([["_id": 1, "old": true], ["_id": 9, "old": true]], into: "t")
            _ = try deployment.all(["aggregate": "c", "pipeline": [["$merge": ["into": "t"]]], "cursor": [:]])
            #expect(
                try deployment.all(["find": "t", "sort": ["_id": 1]])
                    == [["_id": 1, "old": true, "a": 1], ["_id": 2, "a": 2], ["_id": 9, "old": true]])
            let failing: Document = [
                "aggregate": "c", "pipeline": [["$merge": ["into": "t", "whenMatched": "fail"]]], "cursor": [:],
            ]
            #expect(deployment.code(failing) == 11000)
            _ = try deployment.all([
                "aggregate": "c", "pipeline": [["$match": ["a": 2]], ["$out": "t"]], "cursor": [:],
            ])
            #expect(try deployment.all(["find": "t"]) == [["_id": 2, "a": 2]])
        }
    }
}
