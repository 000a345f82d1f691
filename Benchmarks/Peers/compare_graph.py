"""Measures Atelier's graph against igraph on the same edges, in one run, with the results compared.

    pip install igraph
    swift build -c release --package-path Benchmarks --product GraphBenchmark
    python3 Benchmarks/Peers/compare_graph.py STORE CUSTOMER...

Prints a line for each customer and fails where scores differ by 1e-9 or a top ten differs. Times are of the processor, in
milliseconds, the least of several rounds. igraph's time is that of `personalized_pagerank` (PRPACK) alone: its graph stands
ready, and so does Atelier's. Of igraph, a top ten is all scores and the best of them.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import igraph

ROUNDS = 5
PROGRAM = pathlib.Path(__file__).resolve().parents[1] / ".build/release/GraphBenchmark"


def least(work):
    best, result = float("inf"), None
    for _ in range(ROUNDS):
        start = time.process_time()
        result = work()
        best = min(best, (time.process_time() - start) * 1e3)
    return best, result


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with tempfile.NamedTemporaryFile("r", suffix=".tsv") as edges:
        lines = subprocess.run(
            [PROGRAM, "store", sys.argv[1], str(ROUNDS), edges.name, *sys.argv[2:]],
            check=True, capture_output=True, text=True).stdout.splitlines()
        rows = [tuple(map(int, line.split("\t"))) for line in edges]
    build, *ranks = map(json.loads, lines)
    print(f"{build['orders']} orders, {build['edges']} edges: one plain scan {build['scanMS']:.0f} ms "
          f"(inside the engine {build['innerScanMS']:.0f} ms), the graph {build['buildMS']:.0f} ms, "
          f"{build['ratio']:.2f} of a scan; {build['bytesPerEdge']:.1f} bytes an edge")
    network = igraph.Graph(n=ranks[0]["nodes"], edges=[(a, b) for a, b, _ in rows])
    weights = [w for _, _, w in rows]
    failures = 0
    for rank in ranks:
        products = range(*rank["products"])

        def scores():
            return network.personalized_pagerank(
                reset_vertices=[rank["start"]], weights=weights, damping=0.85, directed=False)

        milliseconds, theirs = least(scores)
        error = max(abs(a - b) for a, b in zip(theirs, rank["scores"]))
        best = sorted(products, key=lambda node: (-theirs[node], node))[:10]
        # Nodes whose scores igraph itself cannot tell apart may change places.
        same = all(abs(theirs[a] - theirs[b]) < 1e-12 for a, b in zip(best, rank["top"]))
        failures += error > 1e-9 or not same
        print(f"rank: igraph {milliseconds:.2f} ms, Atelier {rank['rankMS']:.2f} ms, {milliseconds / rank['rankMS']:.1f} "
              f"times; top ten {rank['topMS']:.2f} ms, {milliseconds / rank['topMS']:.1f} times; "
              f"largest difference {error:.1e}, top ten {'equal' if same else 'DIFFERS'}")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
