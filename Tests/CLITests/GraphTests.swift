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
}
