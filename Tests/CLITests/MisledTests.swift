import BSON
import Testing

/// What newcomers were misled by: errors that did not say where or why, and answers of half a load.
@Suite struct MisledTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func aQuerysErrorNamesThePlaceAndWhatWasMeant() throws {
        #expect(try Atelier.run(["init", "--quiet"], in: folder).status == 0)
        let pipeline = #"[{"$match":{}},{"$group":{"_id":null,"total":{"$sume":"$total"}}}]"#
        let aggregate = try Atelier.run(["aggregate", "orders", pipeline], in: folder)
        #expect(
            aggregate.errors
                == "atelier aggregate: pipeline[1].$group.total.$sume: unknown group operator '$sume'\n  Did you mean $sum?\n"
        )
        let find = try Atelier.run(["find", "orders", "--filter", #"{"total":{"$gtt":1}}"#], in: folder)
        #expect(find.errors == "atelier find: filter.total.$gtt: unknown operator: $gtt\n  Did you mean $gt?\n")
    }

    @Test func aRejectedDocumentSaysWhatIsMissingOrWrong() throws {
        try folder.write(
            "orders.ndjson",
            """
            {"_id": "o1", "kind": "sale", "status": "shipped", "items": [{"line": 1, "productId": "coat"}], "total": 3}
            {"_id": "o2", "kind": "gift", "status": "shipped", "orderedAt": "2026-01-01", "channel": "web", "items": [], "total": {"$numberDecimal": "1"}}
            """)
        _ = try Atelier.run(["import", "ndjson", "orders.ndjson", "--collection", "orders"], in: folder)
        let rejects = try Atelier.run(
            [
                "find", "rejects", "--sort", #"{"line":1}"#, "--projection", #"{"message":1,"_id":0}"#, "--format",
                "csv",
            ],
            in: folder)
        #expect(rejects.output.contains("missing orderedAt"), "\(rejects.output)")
        #expect(rejects.output.contains("items[0]"), "\(rejects.output)")
        #expect(rejects.output.contains("kind is none of sale, return, adjustment"), "\(rejects.output)")
        #expect(rejects.output.contains("orderedAt is string, not date"), "\(rejects.output)")
    }

    @Test func aLoadThatWasBrokenOffIsMentionedByThoseWhoRead() throws {
        try folder.write(
            "loads.ndjson",
            #"{"_id":"0123456789abcdef","kind":"online-retail","status":"running","files":[{"name":"lines.csv","sha256":"\#(String(repeating: "0", count: 64))","bytes":1,"rows":1}],"startedAt":{"$date":"2026-01-02T03:04:05Z"}}"#
        )
        #expect(
            try Atelier.run(["import", "ndjson", "loads.ndjson", "--collection", "loads", "--quiet"], in: folder).status
                == 0)
        for arguments in [["run", "orders-by-status"], ["quality"], ["find", "orders"], ["stats"]] {
            let outcome = try Atelier.run(arguments, in: folder)
            #expect(
                outcome.errors.contains(
                    "atelier \(arguments[0]): note: the load of lines.csv begun at 2026-01-02T03:04:05Z was broken off, or is still running: answers may lack a part of it. Importing the same again completes it.\n"
                ), "\(arguments) \(outcome.errors)")
            #expect(!outcome.output.contains("lines.csv"))
            #expect(try Atelier.run(arguments + ["--quiet"], in: folder).errors == "")
        }
        let status = try Atelier.run(
            ["worker"], in: folder, input: #"{"jsonrpc":"2.0","id":1,"method":"server.status"}"# + "\n")
        #expect(
            status.output.contains(
                #""unfinishedLoads":[{"id":"0123456789abcdef","kind":"online-retail","files":["lines.csv"]"#),
            "\(status.output)")
        // A load that is done is nobody's business.
        try folder.write(
            "done.ndjson",
            #"{"_id":"0123456789abcdef","kind":"online-retail","status":"done","files":[],"startedAt":{"$date":"2026-01-02T03:04:05Z"}}"#
        )
        _ = try Atelier.run(["import", "ndjson", "done.ndjson", "--collection", "loads", "--quiet"], in: folder)
        #expect(try Atelier.run(["run", "orders-by-status"], in: folder).errors == "")
    }

    @Test func theLogOfAFailedNotificationHasItsMethodOnOneLine() throws {
        #expect(try Atelier.run(["init", "--quiet"], in: folder).status == 0)
        let outcome = try Atelier.run(
            ["worker"], in: folder,
            input: """
                {"jsonrpc":"2.0","method":"documents.fnd","params":{}}
                {"jsonrpc":"2.0","method":"evil\\nline","params":{}}

                """)
        #expect(outcome.output == "")
        #expect(
            Set(outcome.errors.split(separator: "\n")) == [
                "atelier worker: the notification documents.fnd failed with -32601",
                "atelier worker: the notification evilline failed with -32601",
            ])
    }

    @Test func aWrongDateIsShownARightOne() throws {
        for filter in [#"{"orderedAt":{"$gt":{"$date":"2010-12"}}}"#, #"{"orderedAt":{"$date":"yesterday"}}"#] {
            let outcome = try Atelier.run(["find", "orders", "--filter", filter], in: folder)
            #expect(outcome.errors.contains(#"For example {"$date": "2010-12-01T00:00:00Z"}"#), "\(outcome.errors)")
            #expect(!outcome.errors.contains("double quotes"))
            #expect(outcome.status == 2)
        }
    }

    @Test func aPeriodThatEndsBeforeItBeginsIsRefused() throws {
        let run = try Atelier.run(
            ["run", "top-products", "--param", "from=2012", "--param", "to=2010-05"], in: folder)
        #expect(
            run.errors
                == "atelier run: parameter to: to is before from\n  from belongs to the period, to does not: give a to after 2012-01-01, or exchange the two.\n"
        )
        #expect(run.status == 2)
        let forecast = try Atelier.run(["forecast", "--from", "2012-01", "--to", "2012"], in: folder)
        #expect(forecast.errors.contains("--to: expected a day after that of --from"), "\(forecast.errors)")
        #expect(forecast.status == 2)
    }

    @Test func anEmptyAnswerSaysWhatMayBeWrongWithTheFilter() throws {
        #expect(try Atelier.run(["init", "--quiet"], in: folder).status == 0)
        func notes(_ arguments: String...) throws -> String { try Atelier.run(arguments, in: folder).errors }
        #expect(
            try notes("find", "orders", "--filter", #"{"contry":"France"}"#)
                == "atelier find: note: by its definition orders has no field contry; did you mean country?\n")
        #expect(
            try notes("find", "orders", "--filter", #"{"$or":[{"items.0.productID":"x"}]}"#)
                == "atelier find: note: by its definition items has no field productID; did you mean productId?\n")
        let date = #"{"orderedAt":{"$gte":"2010-12-01"}}"#
        let said =
            #"orderedAt is compared with the text "2010-12-01"; a date is written {"$date": "2010-12-01T00:00:00Z"}"#
        #expect(try notes("find", "orders", "--filter", date) == "atelier find: note: \(said)\n")
        #expect(try notes("aggregate", "orders", #"[{"$match":\#(date)}]"#) == "atelier aggregate: note: \(said)\n")
        // Nothing is said where nothing is suspicious, or to those who asked for quiet.
        #expect(try notes("find", "orders", "--filter", #"{"country":"France","items.productId":"2010"}"#) == "")
        #expect(try notes("find", "orders", "--filter", date, "--quiet") == "")
    }

    @Test func aLookupInACollectionThatIsNotThereIsMentioned() throws {
        #expect(try Atelier.run(["init", "--quiet"], in: folder).status == 0)
        let lookup = #"{"$lookup":{"from":"custmers","localField":"a","foreignField":"b","as":"c"}}"#
        for pipeline in ["[\(lookup)]", "[{\"$facet\":{\"x\":[\(lookup)]}}]", "[{\"$unionWith\":\"custmers\"}]"] {
            let outcome = try Atelier.run(["aggregate", "orders", pipeline], in: folder)
            #expect(
                outcome.errors
                    == "atelier aggregate: note: the pipeline reads custmers, and there is no such collection; did you mean customers?\n"
            )
            #expect(outcome.status == 0)
        }
        #expect(
            try Atelier.run(
                ["aggregate", "orders", #"[{"$unionWith":{"coll":"products","pipeline":[]}}]"#], in: folder
            )
            .errors == "")
    }

    @Test func aForecastTakesYearsAndMonthsAsDates() throws {
        // The store is opened after the arguments were read: status 3 says they were right.
        for date in ["2015", "2015-03", "2015-03-01"] {
            #expect(try Atelier.run(["forecast", "--from", date], in: folder).status == 3)
        }
        let outcome = try Atelier.run(["forecast", "--from", "03/2015"], in: folder)
        #expect(outcome.errors.contains("expected a date such as 2010-09-30, 2010-09 or 2010, found \"03/2015\""))
        #expect(outcome.status == 2)
    }
}
