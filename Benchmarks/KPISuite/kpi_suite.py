"""The KPI suite in Atelier, DuckDB (one thread), SQLite and pandas: results compared, then times, in one run.

    python kpi_suite.py [--atelier PROGRAM] [--store PATH | --orders N ...] [--rounds N]

Without --store, shops of 10,000 orders are generated, or as many as --orders says. Atelier is asked as a program that other
programs use: over `atelier worker`, so its times hold the request, the answer as JSON and reading it. Every round asks every
peer the same question in turn; the least time of the rounds counts, as everything above it is other work on the machine. Their
median stands beside it: what one usually waits.
On a machine that is busy, --clock cpu is fairer: the processor time that a peer took, over all its threads. DuckDB has one
thread; Atelier has as many as it likes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

from peers import QUESTIONS, DuckDB, Pandas, SQLite

UP_TO = 5
ARGUMENTS = {"items-per-order": {"of": "units", "upTo": UP_TO}}
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Atelier:
    name = "atelier"

    def __init__(self, program, store, environment):
        self.process = subprocess.Popen(
            [program, "worker", "--store", store], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
        self.id = 0
        self.call("server.ping", {})

    def cpu(self):
        """Processor time of the worker, all threads, in seconds: its clock by its process id (clock_getcpuclockid(3))."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def call(self, method, params):
        self.id += 1
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params}) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        if "error" in reply:
            raise SystemExit(f"{method} {params}: {reply['error']}")
        return reply["result"]

    def ask(self, question, up_to):
        params = {"name": question, "parameters": ARGUMENTS.get(question, {}), "batchSize": 10_000}
        return self.call("aggregations.run", params)["documents"]

    def table(self, question, documents):
        if question == "revenue-by-weekday-and-hour":
            documents = [{**row, "slot": WEEKDAYS.index(row["weekday"]) * 24 + row["hour"]} for row in documents if row["orders"]]
        return [tuple(number(row.get(name)) for name, _ in QUESTIONS[question]) for row in documents]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def number(value):
    if isinstance(value, dict):
        return Decimal(value["$numberDecimal"]) if "$numberDecimal" in value else float(next(iter(value.values())))
    return value


def normal(question, table):
    """Rows as they are compared: money exact, ratios and means as floats; sorted where the order says nothing."""
    kinds = [kind for _, kind in QUESTIONS[question]]
    result = []
    for row in table:
        cells = []
        for kind, value in zip(kinds, row):
            if value is None:
                cells.append(None)
            elif kind == "i":
                cells.append(int(value))
            elif kind == "m":
                cells.append(Decimal(value).normalize() + 0)
            elif kind == "f":
                cells.append(float(value))
            else:
                cells.append(str(value))
        result.append(tuple(cells))
    if not question.startswith("top-") and question != "product-pairs":
        result.sort(key=lambda row: tuple((cell is not None, str(cell)) for cell in row[:1]))
    return result


def differ(question, ours, theirs, scale):
    """What differs, in words; None where nothing does."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows and {len(theirs)}"
    for ordinal, (a, b) in enumerate(zip(ours, theirs)):
        for (name, kind), x, y in zip(QUESTIONS[question], a, b):
            if kind == "f" and x is not None and y is not None:
                # A mean of money is in whole ten-thousandths in peers that keep money so.
                if any(abs(x - z) <= 1e-9 * max(abs(x), abs(z)) for z in (y, y / scale)):
                    continue
                # Days by way of SQLite's Julian dates are good to a tenth of a millisecond.
                if question == "delivery-days" and abs(x - y) < 1e-8:
                    continue
            if x != y:
                return f"row {ordinal}, {name}: {x} and {y}"
    return None


def compare(title, program, store, environment, rounds, skipped, clock_name):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("orders", "products", "reviews"):
            subprocess.run(
                [program, "export", name, "--store", store, "--out", f"{folder}/{name}.ndjson", "--quiet"],
                check=True, env=environment)
        duck = DuckDB(folder)
    sqlite, pandas = SQLite(duck), Pandas(duck)
    atelier = Atelier(program, store, environment)
    peers = [duck, sqlite, pandas]
    questions = [question for question in QUESTIONS if question not in skipped]
    times, first = {}, {}
    for question in questions:
        # The first answer of a worker that has read nothing yet.
        fresh = Atelier(program, store, environment)
        started = time.perf_counter() if clock_name == "wall" else fresh.cpu()
        answer = fresh.ask(question, UP_TO)
        first[question] = (time.perf_counter() if clock_name == "wall" else fresh.cpu()) - started
        fresh.close()
        ours = normal(question, atelier.table(question, answer))
        for peer in peers:
            kinds = [kind for _, kind in QUESTIONS[question]]
            table = [tuple(None if c is None else peer.cell(k, c) for k, c in zip(kinds, row)) for row in peer.ask(question, UP_TO)]
            difference = differ(question, ours, normal(question, table), 10_000)
            if difference:
                raise SystemExit(f"{question}: atelier and {peer.name} differ: {difference}")
        for _ in range(rounds):
            for who in [atelier, *peers]:
                clock = time.perf_counter if clock_name == "wall" else getattr(who, "cpu", time.process_time)
                started = clock()
                who.ask(question, UP_TO)
                taken = clock() - started
                times.setdefault((question, who.name), []).append(taken)
        if atelier.ask(question, UP_TO) != answer:
            raise SystemExit(f"{question}: atelier's first answer and its last differ")
    atelier.close()
    count = duck.db.execute("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM items)").fetchone()
    print(
        f"\n{title}: {count[0]:,} orders, {count[1]:,} lines; least and median of {rounds} rounds, milliseconds ({clock_name}); "
        "first: the first answer of a new worker; ratio: Atelier's least by the peer's; results equal\n")
    names = [peer.name for peer in peers]
    print(f"{'question':<30}{'first':>9}{'atelier':>10}{'median':>9}" + "".join(f"{name:>10}{'median':>9}{'ratio':>8}" for name in names))
    total = {name: (0, 0) for name in ["atelier", *names]}
    first["total"] = sum(first.values())
    for question in [*questions, "total"]:
        if question == "total":
            shown = total
        else:
            shown = {name: (min(times[question, name]), statistics.median(times[question, name])) for name in total}
            total = {name: tuple(map(sum, zip(total[name], shown[name]))) for name in total}
        ours, usual = shown["atelier"]
        line = f"{question:<30}{first[question] * 1000:>9.1f}{ours * 1000:>10.1f}{usual * 1000:>9.1f}"
        for name in names:
            least, usual = shown[name]
            line += f"{least * 1000:>10.1f}{usual * 1000:>9.1f}{ours / least:>8.2f}"
        print(line)
    sys.stdout.flush()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    package = os.path.dirname(os.path.dirname(here))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--atelier", default=f"{package}/.build/release/atelier", help="the program; a release build")
    parser.add_argument("--store", action="append", default=[], help="a store that is there already; may be repeated")
    parser.add_argument("--orders", action="append", type=int, default=[], help="a shop to generate; may be repeated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--skip", action="append", default=[], help="a question to leave out; may be repeated")
    options = parser.parse_args()
    environment = {**os.environ, "ATELIER_HOME": package}
    for store in options.store:
        compare(os.path.basename(store), options.atelier, store, environment, options.rounds, options.skip, options.clock)
    for orders in options.orders or ([] if options.store else [10_000]):
        with tempfile.TemporaryDirectory() as folder:
            store = f"{folder}/shop.store"
            subprocess.run(
                [options.atelier, "generate", "--orders", str(orders), "--store", store, "--quiet"], check=True, env=environment)
            compare(f"generated, {orders:,} orders", options.atelier, store, environment, options.rounds, options.skip, options.clock)


if __name__ == "__main__":
    main()
