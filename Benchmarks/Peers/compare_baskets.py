#!/usr/bin/env python3
"""Mining of market baskets: Atelier against Borgelt's C code (pyfim) and mlxtend, in one run, on the same baskets.

    pip install pyfim mlxtend pandas
    cd Benchmarks && swift build -c release --product BasketBenchmark
    Peers/compare_baskets.py [--rounds N] [--data FOLDER]

Timed is mining alone, in each program's own process, the least of N times: from baskets in memory whose items are small
whole numbers, to the sets with their counts (or the rules with theirs) in memory. Reading files, turning texts into numbers
and comparing results are not. pyfim has to read Python's lists into its own arrays and to make a Python object of each
result; what the first costs is shown (`lists`), and taken off in the last column. Of pyfim's algorithms the fastest
counts. mlxtend starts from its sparse data frame.

Results are compared by a digest of all sets (rules) with their counts; they have to be equal.
"""
import argparse, os, subprocess, sys, tempfile, time

import fim
import pandas

FNV, PRIME, MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


def digest(lines):
    """The sum of FNV-1a over lines of texts: the same in any order."""
    total = 0
    for texts in lines:
        value = FNV
        for byte in "".join(text + "\n" for text in texts).encode():
            value = (value ^ byte) * PRIME & MASK
        total = total + value & MASK
    return f"{total:x}"


def best(rounds, work):
    least, result = float("inf"), None
    for _ in range(rounds):
        start = time.perf_counter()
        result = work()
        least = min(least, time.perf_counter() - start)
    return least * 1000, result


def groceries(folder):
    with open(f"{folder}/data/groceries.csv", encoding="utf-8") as file:
        return [sorted({item.strip() for item in line.split(",")}) for line in file if line.strip()]


def online_retail(folder):
    """Invoices with their products: quantity and price above nothing, codes of five digits and perhaps letters."""
    rows = pandas.read_csv(f"{folder}/data/online-retail-ii-2009-2010.csv.gz", dtype=str, keep_default_na=False)
    code = rows.StockCode.str.strip()
    rows = rows.assign(code=code.str.upper())[
        rows.Invoice.str.match(r"^\d") & (rows.Quantity.astype(int) > 0) & (rows.Price.astype(float) > 0)
        & code.str.match(r"^[0-9]{5}[A-Za-z]*$")]
    return [sorted(set(codes)) for _, codes in rows.groupby("Invoice", sort=False).code]


def pyfim_sets(baskets, names, least, rounds):
    times = {}
    for name in ("eclat", "fpgrowth", "apriori", "relim"):
        times[name], sets = best(rounds, lambda: getattr(fim, name)(baskets, target="s", supp=-least, zmin=1))
    name = min(times, key=times.get)
    return times[name], name, len(sets), digest(sorted(names[i] for i in items) + [str(count)] for items, count in sets)


def pyfim_rules(baskets, names, least, confidence, rounds):
    # mode o: the support of a rule is that of both sides. The confidence is compared in percent and in doubles, so that
    # a little less is asked for and the boundary decided here, by counts.
    slack = confidence * 100 - 1e-7
    time_, rules = best(rounds, lambda: fim.arules(baskets, supp=-least, conf=slack, zmin=2, report="ax", mode="o"))
    kept = [r for r in rules if r[2] * 10**6 >= round(confidence * 10**6) * r[3]]
    return time_, "arules", len(kept), digest(
        sorted(names[i] for i in body) + ["=>", names[head], str(both)] for head, body, both, _ in kept)


def mlxtend_sets(baskets, names, least, rounds):
    from mlxtend.frequent_patterns import fpgrowth
    from mlxtend.preprocessing import TransactionEncoder
    encoder = TransactionEncoder()
    frame = pandas.DataFrame.sparse.from_spmatrix(
        encoder.fit(baskets).transform(baskets, sparse=True), columns=[str(c) for c in encoder.columns_])
    # Half a basket less, because it compares doubles.
    time_, sets = best(rounds, lambda: fpgrowth(frame, min_support=(least - 0.5) / len(baskets)))
    lines = (sorted(names[encoder.columns_[i]] for i in items) + [str(round(support * len(baskets)))]
             for support, items in zip(sets.support, sets.itemsets))
    return time_, "fpgrowth", len(sets), digest(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--data", default=os.environ.get("ATELIER_TEST_DATA", "../../shared"))
    parser.add_argument("--benchmark", default=os.path.join(os.path.dirname(__file__), "../.build/release/BasketBenchmark"))
    options = parser.parse_args()
    data = {"groceries": groceries(options.data), "online-retail": online_retail(options.data)}
    workloads = [
        ("groceries", "0.001", None), ("groceries", "0.0005", None), ("groceries", "0.001", "0.5"),
        ("online-retail", "0.005", None), ("online-retail", "0.0025", None), ("online-retail", "0.002", None),
        ("online-retail", "0.005", "0.5"),
    ]
    print(f"{'workload':30} {'program':22} {'results':>8} {'ms':>9} {'times Atelier':>14} {'without lists':>14}")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, support, confidence in workloads:
            texts = data[name]
            file = f"{folder}/{name}"
            with open(file, "w", encoding="utf-8") as output:
                output.writelines(",".join(basket) + "\n" for basket in texts)
            names = sorted({item for basket in texts for item in basket})
            numbers = {item: number for number, item in enumerate(names)}
            baskets = [[numbers[item] for item in basket] for basket in texts]
            digits = len(support.split(".")[1])
            least = -(-int(support.replace(".", "")) * len(baskets) // 10**digits)

            ours = []
            # Before and after the peers, so that neither has the quieter machine.
            def run():
                output = subprocess.run(
                    [options.benchmark, str(options.rounds), file, support, confidence or "-"], check=True,
                    capture_output=True, text=True).stdout
                for threads, count, value, time_ in (line.split() for line in output.splitlines()):
                    ours.append((int(threads), int(count), value, float(time_)))
            run()
            lists = best(options.rounds, lambda: fim.eclat(baskets, target="s", supp=-len(baskets) - 1, zmin=1))[0]
            if confidence:
                peers = [("pyfim",) + pyfim_rules(baskets, names, least, float(confidence), options.rounds)]
            else:
                peers = [("pyfim",) + pyfim_sets(baskets, names, least, options.rounds)]
                if name == "groceries" or support == "0.005":
                    peers.append(("mlxtend",) + mlxtend_sets(baskets, names, least, 1))
            run()
            label = f"{name} {support}" + (f"/{confidence} rules" if confidence else " sets")
            atelier = min(time_ for _, _, _, time_ in ours)
            for threads in sorted({threads for threads, *_ in ours}):
                mine = min(time_ for own, _, _, time_ in ours if own == threads)
                program = f"Atelier, {threads} thread" + ("s" if threads > 1 else "")
                print(f"{label:30} {program:22} {ours[0][1]:8} {mine:9.2f} {mine / atelier:14.2f}")
            for program, time_, algorithm, count, value in peers:
                bare = f"{(time_ - lists) / atelier:14.2f}" if program == "pyfim" else ""
                print(f"{label:30} {program + ' ' + algorithm:22} {count:8} {time_:9.2f} {time_ / atelier:14.2f} {bare}")
                if value != ours[0][2]:
                    failures += 1
                    print(f"{label:30} {program}: THE RESULTS DIFFER")
    sys.exit(1 if failures else 0)


main()
