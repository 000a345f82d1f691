"""`atelier compare`: what it prints and writes, as a parser and as a browser see it."""

import json
import math
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ATELIER", str(ROOT / ".build/debug/atelier"))


def run(folder, *arguments):
    return subprocess.run(
        [PROGRAM, "compare", *arguments, "--store", folder / "test.store"], capture_output=True, text=True,
        env=os.environ | {"TMPDIR": str(folder / "temporary")})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison")
    (folder / "temporary").mkdir()
    subprocess.run(
        [PROGRAM, "generate", "--orders", "200", "--seed", "3", "--quiet", "--store", folder / "test.store"], check=True)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    outcome = run(
        folder, "top-products", "low-stock", "tailor-demand", "--runs", "2", "--report", folder / "page.html", "--format", "json")
    assert outcome.returncode == 0, outcome.stderr
    assert "Wrote" in outcome.stderr
    answers = json.loads(outcome.stdout)
    assert {answer["question"] for answer in answers} == {"top-products", "low-stock", "tailor-demand"}
    assert all(answer["equal"] for answer in answers)
    return folder / "page.html"


def text_of(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def test_the_users_store_and_the_folder_for_temporary_files_are_as_before(folder, page):
    assert list((folder / "temporary").iterdir()) == []
    assert sorted(path.name for path in folder.iterdir()) == ["page.html", "temporary", "test.store", "test.store-lock"]


def test_losses_come_first_and_every_question_is_there(tree):
    headings = [text_of(heading) for heading in tree.iter("h2")][1:]
    assert headings[0] == "What comes out" and headings[-1] == "Question by question"
    parts = [text_of(heading) for heading in tree.iter("h3")]
    assert parts.index("Where documents lose the most") < parts.index("Where documents gain the most")
    ids = [article.get("id") for article in tree.iter("article") if article.get("id")]
    assert set(ids) == {"top-products", "low-stock", "tailor-demand"}


def test_both_ways_to_ask_and_both_plans_are_side_by_side(tree):
    article = next(article for article in tree.iter("article") if article.get("id") == "top-products")
    codes = [text_of(code) for code in article.iter("code")]
    assert any('"$unwind": "$items"' in code for code in codes) and any("WITH sold AS" in code for code in codes)
    plans = [[text_of(step) for step in plan.iter("li")] for plan in article.iter("ol") if plan.get("class") == "plan"]
    assert len(plans) == 3, "documents, tables, JSON"
    assert plans[0][0].startswith("Reads all documents of orders once")
    assert any("looks up orders by order_id" in step or "Reads all rows of orders" in step for step in plans[1])


def test_every_reference_leads_somewhere_and_tables_have_captions(tree):
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        for name in ["aria-labelledby", "aria-describedby"]:
            assert element.get(name) is None or element.get(name) in ids
    links = [element.get("href") for element in tree.findall(".//a")]
    assert links and all(link.startswith("#") and link[1:] in ids for link in links)
    for table in tree.iter("table"):
        assert text_of(table.find("caption"))
        assert len({sum(1 for _ in row) for row in table.iter("tr")}) == 1
    headings = [int(element.tag[1]) for element in tree.iter() if re.fullmatch(r"h[1-6]", str(element.tag))]
    assert headings.count(1) == 1 and headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(headings, headings[1:])), headings


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 1280), ("light", 380)])
def test_it_opens_offline_without_a_complaint_and_draws_every_chart(chromium, page, scheme, width):
    chromium.open(page, scheme, width)
    assert chromium.complaints() == []
    assert chromium.requests() == [f"file://{page}"]
    assert chromium.value("document.documentElement.scrollWidth") <= width
    blank = chromium.value("""
        [...document.querySelectorAll("canvas")].filter((canvas) => {
          const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          return !Chart.getChart(canvas) || canvas.width < 100 || new Set(new Uint32Array(pixels.buffer)).size < 10;
        }).length""")
    assert blank == 0 and chromium.value("document.querySelectorAll('canvas').length") >= 2


def test_it_prints_and_leaves_raw_plans_to_the_screen(chromium, page):
    chromium.open(page)
    assert chromium.pdf().startswith(b"%PDF")


def test_a_page_that_cannot_be_written_is_said_before_the_work(folder):
    outcome = run(folder, "--report", folder / "missing" / "page.html")
    assert outcome.returncode == 1 and "cannot write there" in outcome.stderr and outcome.stdout == ""


def test_an_empty_store_has_nothing_to_compare(tmp_path):
    (tmp_path / "temporary").mkdir()
    subprocess.run([PROGRAM, "init", "--quiet", "--store", tmp_path / "test.store"], check=True)
    outcome = run(tmp_path, "--report", tmp_path / "page.html")
    assert outcome.returncode == 1 and "holds no documents" in outcome.stderr and "atelier generate" in outcome.stderr
    assert not (tmp_path / "page.html").exists() and list((tmp_path / "temporary").iterdir()) == []


# Workloads


@pytest.fixture(scope="module")
def workloads(folder):
    before = (folder / "test.store").read_bytes()
    outcome = run(folder, "--of", "workloads", "--format", "json", "--report", folder / "workloads.html")
    assert outcome.returncode == 0, outcome.stderr
    assert (folder / "test.store").read_bytes() == before and list((folder / "temporary").iterdir()) == []
    return json.loads(outcome.stdout)


def test_workloads_are_equal_on_both_sides_and_have_their_times(workloads):
    names = {workload["workload"] for workload in workloads}
    assert {"load", "read-customer", "read-product", "read-whole-order", "insert-order", "insert-orders-in-batches",
            "add-attribute", "add-collection"} <= names
    assert len(workloads) == 2 * len(names)
    for workload in workloads:
        assert workload["equal"] is (None if workload["workload"] == "load" else True)
        assert 0 < workload["medianMs"] <= workload["p90Ms"] and workload["perSecond"] > 0
        assert workload["model"] == {"atelier": "documents", "sqlite": "tables"}[workload["database"]]
        assert "on disk" in workload["durability"]
    assert any("synchronous = FULL" in workload["durability"] for workload in workloads)


def test_workloads_are_on_the_page(workloads, folder, chromium):
    page = folder / "workloads.html"
    chromium.open(page)
    assert chromium.complaints() == []
    assert chromium.value("document.querySelectorAll('#workloads-table tbody tr').length") == len(workloads)
    assert chromium.value("document.getElementById('questions')") is None


def test_what_is_compared_is_checked(folder):
    assert "Give questions, workloads or all" in run(folder, "--of", "everything").stderr
    assert "asks none" in run(folder, "low-stock", "--of", "workloads").stderr
    outcome = run(folder, "low-stock", "--of", "all", "--format", "csv")
    assert outcome.returncode == 2 and "two tables" in outcome.stderr


def test_ctrl_c_leaves_no_temporary_file(folder):
    temporary = folder / "temporary"
    process = subprocess.Popen(
        [PROGRAM, "compare", "--of", "workloads", "--quiet", "--store", folder / "test.store"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"TMPDIR": str(temporary)})
    for _ in range(1000):
        if any(path.suffix == ".sqlite" for path in temporary.glob("*/*")):
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == -signal.SIGINT
    assert list(temporary.iterdir()) == []


# Growth


def compare_generated(folder, *arguments):
    return subprocess.run(
        [PROGRAM, "compare", "top-products", "--runs", "2", "--models", "tables", *arguments], capture_output=True, text=True,
        env=os.environ | {"TMPDIR": str(folder / "temporary")})


def test_sizes_are_compared_one_by_one_and_growth_is_said(folder, chromium):
    page = folder / "growth.html"
    outcome = compare_generated(
        folder, "--orders", "300", "--orders", "100", "--seed", "5", "--report", page, "--format", "json")
    assert outcome.returncode == 0, outcome.stderr
    rows = json.loads(outcome.stdout)
    assert [row.get("orders") for row in rows] == [100, 100, 300, 300, None, None]
    for growth in rows[4:]:
        own = [row["warmMs"]["median"] for row in rows[:4] if row["database"] == growth["database"]]
        assert [point["orders"] for point in growth["growth"]] == [100, 300]
        assert [point["medianMs"] for point in growth["growth"]] == pytest.approx(own, rel=0.01)
        slope = math.log(own[1] / own[0]) / math.log(3)
        assert growth["exponent"] == pytest.approx(slope, abs=0.02)
        assert growth["factorPerTenfold"] == pytest.approx(10 ** slope, rel=0.05)
    assert list((folder / "temporary").iterdir()) == []
    chromium.open(page)
    assert chromium.complaints() == []
    assert chromium.value("document.querySelector('#growth-questions thead').innerText").split("\t")[2:4] == ["100", "300"]
    assert "generated from seed 5" in page.read_text()


def test_sizes_are_checked(folder):
    assert "from 1 to 10000000" in compare_generated(folder, "--orders", "0").stderr
    assert "given twice" in compare_generated(folder, "--orders", "10", "--orders", "10").stderr
    assert "a shop of its own" in compare_generated(folder, "--orders", "10", "--store", folder / "test.store").stderr
    assert "names a place" in compare_generated(folder, "--orders", "10", "--sql", "sqlite=x").stderr
    assert list((folder / "temporary").iterdir()) == []
