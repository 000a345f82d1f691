import BSON
import Deployment
import Testing

/// Errors of queries say where they were found, and what was probably meant; what MongoDB's clients are told stays as it was.
@Suite struct ErrorPlaceTests {
    private func error(of command: Document, documents: [Document] = [["_id": 1, "a": "text", "list": [1, 2]]]) throws
        -> AtelierError
    {
        var found: AtelierError?
        try withDeployment(.engine) { deployment in
            try deployment.insert(documents)
            found = #expect(throws: AtelierError.self) { try deployment.all(command) }
        }
        return try #require(found)
    }

    private func aggregate(_ pipeline: String) throws -> Document {
        ["aggregate": "c", "pipeline": try BSONValue(json: pipeline), "cursor": [:]]
    }

    @Test(arguments: [
        (#"[{"$match":{}},{"$group":{"_id":null,"total":{"$sume":"$a"}}}]"#, "pipeline[1].$group.total.$sume", "$sum"),
        (#"[{"$match":{"$expr":{"$gtt":["$a",1]}}}]"#, "pipeline[0].$match.$expr.$gtt", "$gt"),
        (#"[{"$match":{"a":{"$gtt":1}}},{"$match":{"b":1}}]"#, "pipeline[0].$match.a.$gtt", "$gt"),
        (
            #"[{"$match":{"a":1}},{"$match":{"$or":[{"b":1},{"c":{"$inn":[]}}]}}]"#, "pipeline[1].$match.$or[1].c.$inn",
            "$in"
        ),
        (#"[{"$project":{"x":{"y":{"$addd":["$a",1]}}}}]"#, "pipeline[0].$project.x.y.$addd", "$add"),
        (#"[{"$set":{"x":{"$add":[1,{"$subtrac":[1,2]}]}}}]"#, "pipeline[0].$set.x.$add[1].$subtrac", "$subtract"),
        (
            #"[{"$set":{"x":{"$map":{"input":"$list","in":{"$multply":["$$this",2]}}}}}]"#,
            "pipeline[0].$set.x.$map.in.$multply", "$multiply"
        ),
        (
            #"[{"$set":{"x":{"$dateToString":{"date":"$a","formt":"%Y"}}}}]"#, "pipeline[0].$set.x.$dateToString.formt",
            "format"
        ),
        (#"[{"$limt":3}]"#, "pipeline[0].$limt", "$limit"),
        (#"[{"group":{"_id":1}}]"#, "pipeline[0].group", "$group"),
        (
            #"[{"$lookup":{"from":"d","as":"d","pipeline":[{"$match":{"a":{"$regexx":"x"}}}]}}]"#,
            "pipeline[0].$lookup.pipeline[0].$match.a.$regexx", "$regex"
        ),
        (
            #"[{"$lookup":{"from":"d","as":"d","let":{"x":1},"pipeline":[{"$match":{"$expr":{"$eqq":["$$x",1]}}}]}}]"#,
            "pipeline[0].$lookup.pipeline[0].$match.$expr.$eqq", "$eq"
        ),
        (#"[{"$facet":{"a":[{"$count":"n"}],"b":[{"$skpi":2}]}}]"#, "pipeline[0].$facet.b[0].$skpi", "$skip"),
        (
            #"[{"$bucketAuto":{"groupBy":"$a","buckets":2,"output":{"n":{"$summ":1}}}}]"#,
            "pipeline[0].$bucketAuto.output.n.$summ", "$sum"
        ),
    ])
    func aMisspeltNameIsPlacedAndSuggested(_ pipeline: String, _ place: String, _ meant: String) throws {
        let error = try error(of: aggregate(pipeline))
        #expect(error.location == place)
        #expect(error.advice == "Did you mean \(meant)?")
    }

    @Test(arguments: [
        // What cannot be is found while compiling …
        (#"[{"$limit":-3}]"#, "pipeline[0].$limit"),
        (#"[{"$facet":{"b":[{"$sort":{"a":1,"b":2}}]}}]"#, "pipeline[0].$facet.b[0].$sort.b"),
        (#"[{"$match":{"a":{"$in":3}}}]"#, "pipeline[0].$match.a.$in"),
        (#"[{"$sort":{"a":1},"$limit":2}]"#, "pipeline[0].$limit"),
        (#"[{"$project":{"x":"$$nothing"}}]"#, "pipeline[0].$project.x"),
        (#"[{"$group":{"_id":{"day":{"$dayOfMoth":"$a"}}}}]"#, "pipeline[0].$group._id.day.$dayOfMoth"),
        // … also by working constants out …
        (#"[{"$set":{"y":{"$add":[1,2]},"x":{"$divide":[{"$divide":[1,1]},0]}}}]"#, "pipeline[0].$set.x.$divide"),
        // … or when a document is met, by the operator's name.
        (#"[{"$set":{"x":{"$multiply":["$a",2]}}}]"#, "pipeline[0].$set.x.$multiply"),
    ])
    func whatIsWrongIsPlaced(_ pipeline: String, _ place: String) throws {
        #expect(try error(of: aggregate(pipeline)).location == place)
    }

    @Test(
        arguments: [
            (#"{"filter":{"a":{"$gtt":3}}}"#, "filter.a.$gtt", "Did you mean $gt?"),
            (#"{"filter":{"$a":3}}"#, "filter.$a", "A field's name stands without the dollar sign: {a: …}."),
            (#"{"filter":{"$gt":3}}"#, "filter.$gt", "$gt stands behind a field's name: {field: {$gt: …}}."),
            (
                #"{"filter":{"a":{"$toLower":3}}}"#, "filter.a.$toLower",
                "$toLower is an expression: a filter takes one as {$expr: {$toLower: …}}."
            ),
            (#"{"filter":{"$and":[{"a":1},5]}}"#, "filter.$and[1]", nil),
            (#"{"projection":{"a":{"$concatt":["$b"]}}}"#, "projection.a.$concatt", "Did you mean $concat?"),
            (#"{"sort":{"a":3}}"#, "sort.a", nil),
        ] as [(String, String, String?)])
    func findSaysWhichOfItsArgumentsIsWrong(_ fields: String, _ place: String, _ advice: String?) throws {
        let command = Document([("find", "c")] + (try Document(json: fields)).elements.map { ($0.key, $0.value) })
        let error = try error(of: command)
        #expect(error.location == place)
        #expect(error.advice == advice)
    }

    @Test func aPlaceNamesOneOfSeveralOrNone() throws {
        let twice = #"[{"$set":{"x":{"$multiply":["$a",2]},"y":{"$multiply":[2,3]}}}]"#
        #expect(try error(of: aggregate(twice)).location == nil)
    }

    @Test func laterBatchesSayItToo() throws {
        let documents: [Document] = (0..<300).map { ["_id": .integer($0), "a": $0 == 250 ? "text" : .integer($0)] }
        let error = try error(of: aggregate(#"[{"$set":{"x":{"$multiply":["$a",2]}}}]"#), documents: documents)
        #expect(error.location == "pipeline[0].$set.x.$multiply")
    }

    @Test(arguments: DeploymentKind.allCases)
    func bothDeploymentsSayIt(_ kind: DeploymentKind) throws {
        try withDeployment(kind) { deployment in
            try deployment.insert([["_id": 1]])
            let error = #expect(throws: AtelierError.self) {
                try deployment.run(["find": "c", "filter": ["a": ["$gtt": 1]]])
            }
            #expect(error?.location == "filter.a.$gtt")
            #expect(error?.advice == "Did you mean $gt?")
            #expect(error?.details == nil)
        }
    }

    @Test func clientsAreToldWhatMongoDBTellsThem() throws {
        let error = try error(of: aggregate(#"[{"$group":{"_id":null,"total":{"$sume":"$a"}}}]"#))
        let reply = error.reply
        #expect(reply["errmsg"] == "unknown group operator '$sume'")
        #expect(reply["code"] == 15952 && reply["codeName"] == "Location15952")
        #expect(reply["errInfo"] == ["location": "pipeline[0].$group.total.$sume", "advice": "Did you mean $sum?"])
        // A place on this machine's disk is nobody's business who comes over the wire.
        #expect(AtelierError(.fileOpenFailed, "cannot open", at: "/home/a.store").reply["errInfo"] == nil)
    }

    @Test func writesSayItInTheirErrors() throws {
        try withDeployment(.engine) { deployment in
            try deployment.insert([["_id": 1]])
            let update: Document = ["q": ["_id": 1], "u": ["$sett": ["a": 1]]]
            let reply = try deployment.run(["update": "c", "updates": [.document(update)]])
            let error = try #require(reply["writeErrors"]?.arrayValue?.first?.documentValue)
            #expect(error["code"] == 9)
            #expect(error["errInfo"] == ["location": "update.$sett", "advice": "Did you mean $set?"])
            let filter: Document = ["q": ["a": ["$gtt": 1]], "u": ["$set": ["a": 1]]]
            let second = try deployment.run(["update": "c", "updates": [.document(filter)]])
            #expect(
                second["writeErrors"]?.arrayValue?.first?.documentValue?["errInfo"]
                    == ["location": "filter.a.$gtt", "advice": "Did you mean $gt?"])
        }
    }
}
