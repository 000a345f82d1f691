#!/usr/bin/env python3
"""Ten recommendations by BM25 for every customer: Atelier against implicit, in one run, on the same purchases.

    pip install implicit pandas scipy
    cd Benchmarks && swift build -c release --product RecommendationBenchmark
    Peers/compare_recommendations.py [--rounds N] [--data FOLDER]

Timed are, the least of N times in each program's own process, learning (from a sparse matrix of counts in memory to the
neighbours of every product) and recommending (from these and the matrix to the ten best products of every customer, those
bought before among them). Both use all processors. The scores of the lists have to be equal to five digits; products
with equal scores may be in another order. Where several products are equally similar to one, which of them are its
neighbours is a matter of rounding: the lists of one customer in a hundred may differ by that, and are counted.
"""
import argparse, os, subprocess, sys, tempfile, time

import numpy, pandas, scipy.sparse
from implicit.nearest_neighbours import BM25Recommender

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def orders(folder):
    """Customer, invoice and products: quantity and price above nothing, codes of five digits and perhaps letters."""
    rows = pandas.read_csv(f"{folder}/data/online-retail-ii-2009-2010.csv.gz", dtype=str, keep_default_na=False)
    code = rows.StockCode.str.strip().str.upper()
    rows = rows.assign(code=code)[
        rows.Invoice.str.match(r"^\d") & (rows["Customer ID"] != "") & (rows.Quantity.astype(int) > 0)
        & (rows.Price.astype(float) > 0) & code.str.match(r"^[0-9]{5}[A-Z]*$")]
    return rows[["Customer ID", "Invoice", "code"]].drop_duplicates()


def peer(rows, neighbours, rounds):
    customers, products = sorted(rows["Customer ID"].unique()), sorted(rows.code.unique())
    numbers = {p: i for i, p in enumerate(products)}, {c: i for i, c in enumerate(customers)}
    matrix = scipy.sparse.csr_matrix(
        (numpy.ones(len(rows)), (rows["Customer ID"].map(numbers[1]), rows.code.map(numbers[0]))))
    matrix.sum_duplicates()
    learning = recommending = float("inf")
    for _ in range(rounds):
        model = BM25Recommender(K=neighbours, K1=1.2, B=0.75)
        start = time.perf_counter()
        model.fit(matrix, show_progress=False)
        learnt = time.perf_counter()
        ids, scores = model.recommend(
            numpy.arange(len(customers)), matrix, N=10, filter_already_liked_items=False)
        end = time.perf_counter()
        learning, recommending = min(learning, learnt - start), min(recommending, end - learnt)
    lists = {c: [(products[i], s) for i, s in zip(ids[n], scores[n]) if s > 0] for n, c in enumerate(customers)}
    return learning * 1000, recommending * 1000, lists


def atelier(path, neighbours, rounds):
    here = os.path.dirname(os.path.abspath(__file__))
    program = f"{here}/../.build/release/RecommendationBenchmark"
    text = subprocess.run([program, path, str(neighbours), str(rounds)], check=True, capture_output=True, text=True).stdout
    first, *rest = text.splitlines()
    lists = {}
    for line in rest:
        customer, *entries = line.split(" ")
        lists[customer] = [(e.rsplit(":", 1)[0], float(e.rsplit(":", 1)[1])) for e in entries if e]
    learning, recommending = map(float, first.split())
    return learning, recommending, lists


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", default="../shared")
    arguments = parser.parse_args()
    rows = orders(arguments.data)
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        for (customer, invoice), part in rows.groupby(["Customer ID", "Invoice"], sort=False):
            file.write(f"{customer}\t{invoice}\t{' '.join(part.code)}\n")
        file.flush()
        print("neighbours  step          Atelier   implicit   ratio")
        for neighbours in (20, 200):
            ours = atelier(file.name, neighbours, arguments.rounds)
            theirs = peer(rows, neighbours, arguments.rounds)
            if set(ours[2]) != set(theirs[2]):
                sys.exit("the customers differ")
            differing = 0
            for customer, list_ in ours[2].items():
                a, b = [s for _, s in list_], [s for _, s in theirs[2][customer]]
                differing += len(a) != len(b) or not numpy.allclose(a, b, rtol=1e-5)
            if differing > len(ours[2]) / 100:
                sys.exit(f"the lists of {differing} customers of {len(ours[2])} differ")
            for step, mine, other in (
                ("learning", ours[0], theirs[0]), ("recommending", ours[1], theirs[1]),
                ("both", ours[0] + ours[1], theirs[0] + theirs[1]),
            ):
                print(f"{neighbours:10}  {step:12}{mine:6.0f} ms  {other:6.0f} ms  {other / mine:5.1f}×")
            print(f"{neighbours:10}  equal lists {len(ours[2]) - differing:6} of {len(ours[2])} customers")


main()
