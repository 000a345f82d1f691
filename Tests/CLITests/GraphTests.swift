import Glibc
import Testing

/// `atelier graph` as a newcomer meets it.
@Suite struct GraphTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(
            "orders.ndjson",
            [("1", "ann", ["sofa", "lamp"]), ("2", "ann", ["lamp", "desk"]), ("3", "bob", ["lamp", "rug"])].map {
                id, customer, products in
                let items = products.enumerated().map {
                    #"{"line":\#($0 + 1),"productId":"\#($1)","quantity":1,"unitPrice":{"$numberDecimal":"9.50"}}"#
                }.joined(separator: ",")
                return
                    #"{"_id":"\#(id)","kind":"sale","status":"completed","channel":"web","customerId":"\#(customer)","orderedAt":{"$date":"2010-12-0\#(id)T08:00:00Z"},"items":[\#(items)],"total":{"$numberDecimal":"9.50"}}"#
            }.joined(separator: "\n"))
        let outcome = try Atelier.run(
            ["import", "ndjson", "orders.ndjson", "--collection", "orders", "--quiet"], in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    private func graph(_ arguments: String...) throws -> Atelier.Outcome {
        try Atelier.run(["graph"] + arguments, in: folder)
    }

    @Test func aSnapshotDoesNotReplaceTheStore() throws {
        let outcome = try Atelier.shell(
            """
            ln atelier.store hard; ln -s atelier.store soft; echo precious > precious
            before=$(cksum atelier.store precious)
            for place in atelier.store ./atelier.store hard soft atelier.store-lock precious /dev/null .; do
              atelier graph build --keep "$place" --quiet > /dev/null && echo "took $place"
            done
            test "$before" = "$(cksum atelier.store precious)" && test -c /dev/null && ls; rm hard
            """, in: folder)
        #expect(
            outcome.output.split(separator: "\n") == [
                "atelier.store", "atelier.store-lock", "hard", "orders.ndjson", "precious", "soft",
            ], "\(outcome.output)\(outcome.errors)")
        #expect(
            outcome.errors.hasPrefix(
                "atelier graph build: --keep: atelier.store is the store\n  Name another file for the snapshot.\n"),
            "\(outcome.errors)")
        for _ in 0..<2 {
            let outcome = try graph("build", "--keep", "shop.graph")
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        #expect(try graph("rank", "--snapshot", "shop.graph").status == 0)
        let both = try graph("build", "--keep", "shop.graph", "--out", "shop.graph")
        #expect(both.status == 2)
    }

    @Test func drawingsEndWithTheProgram() throws {
        // A dot that never ends; the program is told to end, killed, or its reader goes away.
        let outcome = try Atelier.shell(
            """
            mkdir bin; printf '#!/bin/sh\necho $$ > pid\nexec sleep 60\n' > bin/dot; chmod +x bin/dot
            PATH=$PWD/bin:$PATH
            running() { test -s pid && kill -0 $(cat pid) 2> /dev/null && ! grep -q '^State:.Z' /proc/$(cat pid)/status; }
            wait_until() { for i in $(seq 100); do eval "$1" && return; sleep 0.1; done; echo "not: $1"; }
            for signal in INT TERM KILL; do
              rm -f pid
              atelier graph neighbors customer:ann --format svg --out a.svg 2> /dev/null & program=$!
              wait_until running; kill -$signal $program; wait_until '! running'; echo $signal
            done
            rm -f pid
            atelier graph neighbors customer:ann --format svg | { wait_until running; exec < /dev/null; sleep 1; }
            wait_until '! running'; rm -r bin pid; ls
            """, in: folder)
        #expect(
            outcome.output.split(separator: "\n").filter { !$0.hasPrefix("a.svg.") } == [
                "INT", "TERM", "KILL", "atelier.store", "atelier.store-lock", "orders.ndjson",
            ], "\(outcome.output)\(outcome.errors)")
    }

    @Test func drawingsSayHowOldTheirDataAre() throws {
        for format in ["dot", "svg"] {
            let outcome = try graph("neighbors", "customer:ann", "--format", format)
            if outcome.errors.contains("Graphviz's program dot, and it cannot be found") { continue }
            let output = outcome.output.replacing("&#45;", with: "-")
            #expect(output.contains("the latest edge is of 2010-12-03T08:00:00Z"), "\(outcome)")
        }
    }

    @Test func jsonCarriesTheTimeOfTheDataWhereItIsAskedTo() throws {
        let rows = try graph("rank", "--from", "customer:ann", "--edges", "bought", "--format", "json")
        #expect(rows.output.hasPrefix("[\n{\"node\":\"product:lamp\",\"score\":"), "\(rows.output)")
        let whole = try graph("rank", "--edges", "bought", "--format", "json", "--with-data", "--quiet")
        #expect(whole.output.hasPrefix("{\"rows\":[{\"node\":"), "\(whole.output)")
        #expect(
            whole.output.contains(#""latest":{"$date":"2010-12-03T08:00:00Z"},"freshness":"read"}}"#),
            "\(whole.output)")
        #expect(try graph("rank", "--with-data").status == 2)
    }

    @Test func onlyTablesAreCutOffUnasked() throws {
        try folder.write(
            "more.ndjson",
            (0..<150).map {
                #"{"_id":"p\#($0)","customerId":"eve","productId":"product\#($0)","source":"web","at":{"$date":"2010-12-01T00:00:00Z"}}"#
            }.joined(separator: "\n"))
        _ = try Atelier.run(["import", "ndjson", "more.ndjson", "--collection", "productViews", "--quiet"], in: folder)
        let walk = #"{"start":"customer:eve","steps":[{"edges":"viewed"}]}"#
        for arguments in [
            ["neighbors", "customer:eve"], ["common", "customer:eve", "customer:eve"], ["traverse", walk],
        ] {
            func lines(_ more: String...) throws -> Int {
                let outcome = try Atelier.run(["graph"] + arguments + more + ["--quiet"], in: folder)
                return outcome.output.split(whereSeparator: \.isNewline).filter { $0.contains("product:") }.count
            }
            for format in ["csv", "ndjson", "json"] { #expect(try lines("--format", format) == 150, "\(arguments)") }
            #expect(try lines() == 100, "\(arguments)")
            if arguments[0] != "traverse" { #expect(try lines("--format", "csv", "--limit", "7") == 7) }
        }
    }

    @Test func edgesAreWeighedAndErrorsNameTheOption() throws {
        let weighed = try graph("rank", "--edges", #"{"bought":1,"viewed":0.1}"#, "--from", "customer:ann", "--quiet")
        #expect(weighed.status == 0, "\(weighed.errors)")
        func error(_ arguments: String...) throws -> String {
            let outcome = try Atelier.run(["graph"] + arguments, in: folder)
            #expect(outcome.status == 2)
            return String(outcome.errors.split(separator: "\n").first ?? "")
        }
        #expect(
            try error("neighbors", "customer:ann", "--edges", #"{"bought":2}"#)
                == "atelier graph neighbors: --edges: expected types of edges by name")
        #expect(
            try error("rank", "--edges", #"{"bought":-1}"#)
                == "atelier graph rank: --edges.bought: expected a factor above 0")
        #expect(
            try error("neighbors", "customer:ann", "--since", "soon")
                == "atelier graph neighbors: --since: expected a date such as 2010-09-30")
        #expect(
            try error("path", "customer:ann", "customer:bob", "--since", "2011-01-01", "--until", "2010-01-01")
                == "atelier graph path: --until: expected a time after that of the first edges")
        #expect(
            try error("traverse", #"{"start":"customer:ann","steps":[{"from":"soon"}]}"#)
                == "atelier graph traverse: TRAVERSAL.steps[0].from: expected a date such as 2010-09-30")
        let short = try graph("neighbors", "customer:ann", "--max-edges", "1")
        #expect(short.errors.contains("--per-node") && short.errors.contains("--max-edges"), "\(short.errors)")
    }

    @Test func allMembersOfAGroupCanBeListed() throws {
        let outcome = try graph(
            "components", "--edges", "bought", "--of", "product:rug", "--members", "--format", "csv", "--quiet")
        #expect(
            outcome.output.split(whereSeparator: \.isNewline).map(String.init) == [
                "component,node,edges,weight", "1,customer:ann,3,4", "1,product:lamp,2,3", "1,customer:bob,2,2",
                "1,product:desk,1,1", "1,product:rug,1,1", "1,product:sofa,1,1",
            ], "\(outcome.output)\(outcome.errors)")
        let communities = try graph("communities", "--edges", "bought", "--members", "--format", "csv", "--quiet")
        #expect(communities.output.split(whereSeparator: \.isNewline).count == 7, "\(communities.output)")
    }

    @Test func aSnapshotAnswersByTheEdgesItHas() throws {
        #expect(try graph("build", "--edges", "bought", "--keep", "bought.graph", "--quiet").status == 0)
        for arguments in [
            ["rank"], ["neighbors", "customer:ann"], ["components"], ["build"], ["similar", "customer:ann"],
            ["traverse", #"{"start":"customer:ann","steps":[{"direction":"out"}]}"#],
        ] {
            let outcome = try Atelier.run(["graph"] + arguments + ["--snapshot", "bought.graph"], in: folder)
            #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
            let isSaid = outcome.output.contains("Of the edges the snapshot has: bought.")
            #expect(isSaid == (arguments[0] != "similar"), "\(outcome.output)")
        }
        #expect(try graph("rank", "--edges", "viewed", "--snapshot", "bought.graph").status == 2)
    }

    @Test func waysBeyondWhatDoublesHoldAreExact() throws {
        // Ann's 3 products and back, and so on: the ways double and more with each pair of steps.
        let steps = (0..<60).map {
            $0 % 2 == 0 ? #"{"edges":"bought","direction":"out"}"# : #"{"edges":"bought","direction":"in"}"#
        }
        let walk = #"{"start":"customer:ann","steps":[\#(steps.joined(separator: ","))]}"#
        let outcome = try graph("traverse", walk, "--format", "ndjson", "--quiet")
        // Ann and Bob, who share one of Ann's three and Bob's two products: (3 1; 1 2) to the 30th power.
        var (ann, bob) = (UInt64(1), UInt64(0))
        for _ in 0..<30 { (ann, bob) = (3 * ann + bob, ann + 2 * bob) }
        #expect(ann > 1 << 53)
        #expect(outcome.output.contains("\"paths\":\(ann),"), "\(outcome.output)")
        #expect(outcome.output.contains("\"paths\":\(bob),"), "\(outcome.output)")
    }

    @Test func aReportOfTheGraphSaysWhatItHas() throws {
        let outcome = try Atelier.run(["report", "--topic", "graph", "--out", "g.html"], in: folder)
        if outcome.errors.contains("Chart.js") { return }
        #expect(outcome.status == 0, "\(outcome.errors)")
        let said = outcome.errors.firstMatch(of: /Wrote g\.html: graph: ([0-9]+) exhibits\n/)
        #expect((said.flatMap { Int($0.1) } ?? 0) > 2, "\(outcome.errors)")
    }
}
