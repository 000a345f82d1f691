"""Asks `atelier graph` about a random shop and networkx about the same edges.

The program is the one the environment variable ATELIER names; without it, the debug build's.
"""

import json
import os
import pathlib
import random
import subprocess
import xml.etree.ElementTree

import networkx
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ATELIER", str(ROOT / ".build/debug/atelier"))


@pytest.fixture(scope="module", params=[1, 2, 3])
def shop(request, tmp_path_factory):
    """A store with random sales, and who bought what how often."""
    chance = random.Random(request.param)
    store = tmp_path_factory.mktemp("shop") / "test.store"
    network = networkx.Graph()
    orders = []
    for number in range(80):
        customer = f"customer:c{number if number < 30 else chance.randrange(30)}"
        products = {f"p{min(chance.randrange(60), chance.randrange(60))}" for _ in range(chance.randint(1, 5))}
        orders.append({
            "_id": f"o{number}", "kind": "sale", "status": "completed", "customerId": customer.split(":")[1],
            "orderedAt": {"$date": f"2024-01-{number % 28 + 1:02}T00:00:00Z"}, "channel": "online",
            "total": {"$numberDecimal": f"{5 * len(products)}.00"},
            "items": [
                {"line": i + 1, "productId": product, "quantity": 1, "unitPrice": {"$numberDecimal": "5.00"}}
                for i, product in enumerate(sorted(products))
            ],
        })
        for product in products:
            edge = (customer, f"product:{product}")
            weight = network.edges[edge]["weight"] + 1 if network.has_edge(*edge) else 1
            network.add_edge(*edge, weight=weight)
    subprocess.run([PROGRAM, "init", "--store", str(store)], check=True, capture_output=True)
    worker = subprocess.run(
        [PROGRAM, "worker", "--store", str(store)], text=True, capture_output=True, check=True,
        input=json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": "documents.insert",
            "params": {"collection": "orders", "documents": orders}}) + "\n")
    assert json.loads(worker.stdout)["result"]["insertedCount"] == len(orders)
    for _, _, data in network.edges(data=True):
        data["cost"] = 1 / data["weight"]
    return str(store), network


def ask(shop, *arguments):
    answer = subprocess.run(
        [PROGRAM, "graph", *arguments, "--store", shop[0], "--edges", "bought", "--format", "json", "--quiet"],
        text=True, capture_output=True)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.parametrize("damping", [0.5, 0.85, 0.95])
def test_personalised_pagerank(shop, damping):
    network = shop[1]
    for start in ["customer:c1", "product:p3"]:
        expected = networkx.pagerank(
            network, alpha=damping, personalization={start: 1}, tol=1e-15, max_iter=10_000, weight="weight")
        rows = ask(shop, "rank", "--from", start, "--damping", str(damping), "--kind", "all", "--top", "1000")
        found = {row["node"]: row["score"] for row in rows}
        for node, score in expected.items():
            assert found.get(node, 0) == pytest.approx(score, abs=1e-11), node
        products = ask(shop, "rank", "--from", "customer:c1", "--damping", str(damping), "--top", "1000")
        assert all(row["node"].startswith("product:") for row in products)


def test_pagerank(shop):
    expected = networkx.pagerank(shop[1], tol=1e-15, max_iter=10_000, weight="weight")
    found = {row["node"]: row["score"] for row in ask(shop, "centrality", "--measure", "pagerank", "--top", "1000")}
    assert found.keys() == expected.keys()
    assert all(found[node] == pytest.approx(expected[node], abs=1e-11) for node in expected)


def test_ways(shop):
    network = shop[1]
    nodes = sorted(network)
    chance = random.Random(7)
    for _ in range(8):
        a, b = chance.sample(nodes, 2)
        rows = ask(shop, "path", a, b)
        if not networkx.has_path(network, a, b):
            assert rows == []
            continue
        assert rows[0]["length"] == networkx.shortest_path_length(network, a, b)
        cheapest = ask(shop, "path", a, b, "--cost", "inverse")[0]
        assert cheapest["cost"] == pytest.approx(networkx.dijkstra_path_length(network, a, b, weight="cost"))
        assert networkx.is_path(network, cheapest["nodes"])
        ways = {tuple(row["nodes"]) for row in ask(shop, "path", a, b, "--all", "4", "--limit", "100000")}
        assert ways == {tuple(way) for way in networkx.all_simple_paths(network, a, b, cutoff=4)}


def test_neighbors(shop):
    network = shop[1]
    expected = networkx.single_source_shortest_path_length(network, "customer:c1", cutoff=3)
    for order in ["breadth", "depth"]:
        rows = ask(shop, "neighbors", "customer:c1", "--depth", "3", "--order", order)
        assert {row["node"]: row["depth"] for row in rows} == {n: d for n, d in expected.items() if d > 0}
    common = {row["node"] for row in ask(shop, "common", "customer:c1", "customer:c2")}
    assert common == set(networkx.common_neighbors(network, "customer:c1", "customer:c2"))


def test_groups(shop):
    network = shop[1]
    sizes = [row["size"] for row in ask(shop, "components", "--top", "1000")]
    assert sizes == sorted((len(group) for group in networkx.connected_components(network)), reverse=True)
    # Which community a node is in, one question a node; then the modularity of that partition.
    groups = {}
    for node in network:
        groups.setdefault(ask(shop, "communities", "--of", node)[0]["community"], set()).add(node)
    found = networkx.community.modularity(network, groups.values())
    best = max(
        networkx.community.modularity(network, networkx.community.louvain_communities(network, seed=seed))
        for seed in range(5))
    assert found >= best - 0.03


def test_likeness(shop):
    network = shop[1]
    for measure in ["jaccard", "cosine", "overlap"]:
        for row in ask(shop, "similar", "customer:c1", "--measure", measure, "--top", "100"):
            a, b = network["customer:c1"], network[row["node"]]
            common = a.keys() & b.keys()
            expected = {
                "jaccard": lambda: len(common) / len(a.keys() | b.keys()),
                "overlap": lambda: len(common) / min(len(a), len(b)),
                "cosine": lambda: sum(a[n]["weight"] * b[n]["weight"] for n in common) / (
                    sum(d["weight"] ** 2 for d in a.values()) * sum(d["weight"] ** 2 for d in b.values())) ** 0.5,
            }[measure]()
            assert row["similarity"] == pytest.approx(expected)
            assert row["common"] == len(common)


def test_drawing(shop, tmp_path):
    picture = tmp_path / "around.svg"
    subprocess.run(
        [PROGRAM, "graph", "neighbors", "customer:c1", "--store", shop[0], "--edges", "bought", "--out", str(picture)],
        check=True, capture_output=True)
    drawn = xml.etree.ElementTree.parse(picture)
    groups = [g.get("class").split()[0] for g in drawn.iter("{http://www.w3.org/2000/svg}g")]
    assert groups.count("node") == 1 + len(shop[1]["customer:c1"])
    assert groups.count("edge") == len(shop[1]["customer:c1"])


def test_snapshot(shop, tmp_path):
    kept = tmp_path / "shop.graph"
    ask(shop, "build", "--keep", str(kept))
    arguments = [PROGRAM, "graph", "rank", "--from", "customer:c1", "--edges", "bought", "--snapshot", str(kept),
                 "--format", "json", "--quiet"]
    answer = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert json.loads(answer.stdout) == ask(shop, "rank", "--from", "customer:c1")
    kept.write_bytes(kept.read_bytes()[:-8])
    answer = subprocess.run(arguments, capture_output=True, text=True)
    assert answer.returncode == 1 and "damaged" in answer.stderr
