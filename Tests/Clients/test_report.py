"""`atelier report`: the page as a parser and as a browser see it."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ATELIER", str(ROOT / ".build/debug/atelier"))
MOMENT = "2026-01-02T03:04:05Z"

EVIL = "</script><script>window.evil = 1</script><img src='https://example.org/x.png' onerror='window.evil = 2'>"


def definition(name, pipeline, columns, chart=None, **more):
    document = {
        "name": name, "title": name.replace("-", " ").capitalize(), "question": f"What is {name}?", "topic": "drawings",
        "collection": "orders", "pipeline": pipeline, "columns": columns, "notes": ["<b>bold</b> & not"], **more,
    }
    return document | ({"chart": chart} if chart else {})


def column(name, kind, **more):
    return {"name": name, "type": kind, "title": name.capitalize(), **more}


def month_and_channel(chart):
    return (
        [{"$group": {"_id": {"m": {"$month": "$orderedAt"}, "c": "$channel"}, "orders": {"$sum": 1}}},
         {"$sort": {"_id": 1}}, {"$project": {"_id": 0, "month": "$_id.m", "channel": "$_id.c", "orders": 1}}],
        [column("month", "integer"), column("channel", "string"), column("orders", "integer")],
        {"type": chart, "x": "month", "series": "channel", "y": ["orders"]})


# One of each way to draw, texts that want to be markup, and what cannot be answered.
DEFINITIONS = [
    definition("lines", *month_and_channel("line")),
    definition("bars", *month_and_channel("bar")),
    definition("heat", *month_and_channel("heatmap")),
    definition(
        "slices",
        [{"$group": {"_id": "$status", "orders": {"$sum": 1}}}, {"$sort": {"orders": -1}},
         {"$project": {"_id": 0, "status": {"$concat": ["$_id", {"$literal": EVIL}]}, "orders": 1}}],
        [column("status", "string"), column("orders", "integer")], {"type": "pie", "x": "status", "y": ["orders"]}),
    definition(
        "points",
        [{"$sort": {"_id": 1}}, {"$limit": 300}, {"$project": {"units": {"$sum": "$items.quantity"}, "total": 1}}],
        [column("_id", "string"), column("units", "integer"), column("total", "decimal", unit="currency")],
        {"type": "scatter", "x": "units", "y": ["total"]}),
    definition(
        "one-number", [{"$count": "orders"}], [column("orders", "integer")], {"type": "number", "y": ["orders"]}),
    definition("nothing", [{"$match": {"_id": "nobody"}}], [column("_id", "string")]),
    definition("broken", [{"$project": {"x": {"$toInt": "$_id"}}}], [column("x", "integer")]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "more").mkdir()
    for document in DEFINITIONS:
        (folder / "more" / f"{document['name']}.json").write_text(json.dumps(document))
    subprocess.run(
        [PROGRAM, "generate", "--orders", "400", "--seed", "3", "--quiet", "--store", folder / "test.store"],
        check=True)
    return folder


def write(folder, name, *arguments):
    return subprocess.run(
        [PROGRAM, "report", "--out", folder / name, "--store", folder / "test.store", "--aggregations", folder / "more",
         "--at", MOMENT, *arguments], capture_output=True, text=True)


@pytest.fixture(scope="module")
def page(folder):
    outcome = write(folder, "report.html")
    assert outcome.returncode == 0, outcome.stderr
    assert re.search(r"questions with answers, \d+ without", outcome.stderr)
    return folder / "report.html"


# The file


def test_the_same_store_and_moment_give_the_same_bytes(folder, page):
    assert write(folder, "again.html", "--quiet").stderr == ""
    assert (folder / "again.html").read_bytes() == page.read_bytes()
    assert page.stat().st_size < 1_000_000


def test_a_report_that_cannot_be_written_leaves_nothing(folder, page):
    before = page.read_bytes()
    outcome = write(folder, "report.html", "--param", "nobody=3")
    assert outcome.returncode == 2 and "no aggregation of the report has a parameter nobody" in outcome.stderr
    assert page.read_bytes() == before
    outcome = write(folder, "missing/report.html")
    assert outcome.returncode == 1 and "cannot write there" in outcome.stderr
    assert sorted(path.name for path in folder.iterdir() if "report" in path.name) == ["report.html"]


def test_a_topic_and_parameters_limit_it(folder):
    assert write(folder, "sales.html", "--topic", "sales", "--param", "from=2025-01-01", "--title", "Ours & yours").returncode == 0
    text = (folder / "sales.html").read_text()
    assert "<h1>Ours &amp; yours</h1>" in text and 'id="topic-sales"' in text and 'id="topic-drawings"' not in text
    assert "<code>from</code> Only orders at or after this moment</dt><dd>2025-01-01T00:00:00Z</dd>" in text
    assert "atelier run revenue-by-month --param from=2025-01-01T00:00:00Z" in text
    assert write(folder, "x.html", "--topic", "seles").stderr.endswith("Did you mean sales?\n")
    assert write(folder, "x.html", "--at", "yesterday").returncode == 2


# The structure


def text_of(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def test_landmarks_and_headings_are_in_order(tree):
    assert tree.get("lang") == "en"
    for landmark in ["header", "nav", "main", "footer"]:
        assert len(tree.findall(f".//{landmark}")) == 1, landmark
    headings = [int(element.tag[1]) for element in tree.iter() if re.fullmatch(r"h[1-6]", str(element.tag))]
    assert headings.count(1) == 1 and headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(headings, headings[1:])), headings


def test_every_reference_leads_somewhere_and_no_id_is_there_twice(tree):
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        for name in ["aria-labelledby", "aria-describedby"]:
            assert element.get(name) is None or element.get(name) in ids
    links = [element.get("href") for element in tree.findall(".//a")]
    assert links and all(link.startswith("#") and link[1:] in ids for link in links)


def test_tables_have_captions_and_scopes(tree):
    tables = tree.findall(".//table")
    assert len(tables) > 10
    for table in tables:
        assert text_of(table.find("caption"))
        widths = {sum(1 for _ in row) for row in table.iter("tr")}
        assert len(widths) == 1
        assert all(cell.get("scope") in ("col", "row") for cell in table.iter("th"))


def test_every_chart_says_what_it_shows_and_where_its_numbers_are(tree):
    canvases = tree.findall(".//canvas")
    assert len(canvases) >= 8
    for canvas in canvases:
        assert canvas.get("role") == "img" and "The table holds the numbers." in canvas.get("aria-label")
        assert canvas.get("aria-describedby")
    shapes = {figure.get("data-shape") for figure in tree.findall(".//figure")}
    assert shapes >= {"line", "columns", "bars", "pie", "scatter"}


def test_the_tiles_and_the_times_are_there(tree):
    tiles = [element for element in tree.iter("li") if element.get("class") == "tile"]
    assert [text_of(tile.find("h3")) for tile in tiles] == ["Revenue", "Orders", "Average order value", "Repeat rate"]
    for tile in tiles:
        assert tile.find(".//*[@role='img']").get("aria-label")
    assert MOMENT in [time.get("datetime") for time in tree.iter("time")]
    assert "Amounts in EUR" in re.sub(r"\s+", " ", " ".join(tree.find(".//header").itertext()))


def test_what_has_no_answer_is_listed(tree):
    table = next(table for table in tree.iter("table") if table.get("class") == "omissions")
    reasons = {text_of(row.find("th")): text_of(row.find("td")) for row in table.find("tbody")}
    assert reasons["Nothing nothing"].startswith("It has no rows")
    assert reasons["Broken broken"].startswith("It failed: ")


def article(tree, name):
    return next(element for element in tree.iter("article") if element.get("id") == name)


def test_the_graph_is_counted_drawn_and_listed(tree):
    rows = {text_of(row.find("th")): [text_of(cell) for cell in row.findall("td")]
            for row in article(tree, "graph-size").iter("tr") if row.find("td") is not None}
    assert set(rows) == {"customers", "products", "designers", "bought", "viewed", "reviewed", "met", "designed", "boughtTogether"}
    assert int(rows["bought"][2].replace(",", "")) > 100
    assert sum(1 for _ in article(tree, "graph-degrees").iter("canvas")) == 1
    around = article(tree, "graph-neighborhood")
    drawings = [element for element in around.iter("figure") if element.get("class") == "drawing"]
    if shutil.which("dot"):
        shapes = {str(element.tag).split("}")[-1] for element in drawings[0].iter()}
        image = drawings[0].find("div")
        assert image.get("role") == "img" and "The table holds the edges." in image.get("aria-label")
        assert shapes == {"figure", "div", "svg", "g", "text", "ellipse", "polygon", "path"}
    else:
        assert not drawings and "There is no drawing" in text_of(around)
    assert len(list(around.iter("tr"))) > 2


def test_examples_are_recommended_with_reasons(tree):
    for name in ["busiest", "typical", "newcomer", "designers", "similar"]:
        lines = [text_of(line) for line in article(tree, f"recommended-{name}").find("ol")]
        assert 0 < len(lines) <= 5 and all(": " in line and line.endswith(".") for line in lines), name
    assert "Fallback: " in text_of(article(tree, "recommended-newcomer"))
    assert "Fallback: " not in text_of(article(tree, "recommended-busiest"))


def test_the_parts_that_no_aggregation_made_are_topics_too(folder):
    assert write(folder, "graph.html", "--topic", "graph").returncode == 0
    text = (folder / "graph.html").read_text()
    assert 'id="links-graph"' in text and 'id="links-recommendations"' not in text and 'class="omissions"' not in text
    assert write(folder, "x.html", "--topic", "recomendations").stderr.endswith("Did you mean recommendations?\n")


def test_an_empty_store_has_sentences_instead(folder, tmp_path):
    subprocess.run([PROGRAM, "init", "--quiet", "--store", tmp_path / "empty.store"], check=True)
    outcome = subprocess.run(
        [PROGRAM, "report", "--out", tmp_path / "r.html", "--store", tmp_path / "empty.store", "--at", MOMENT],
        capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    text = (tmp_path / "r.html").read_text()
    assert "The store holds no customers, products or designers to link." in text
    assert "there is nothing to learn recommendations from" in text


# The browser


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 1280), ("light", 380)])
def test_it_opens_offline_without_a_complaint_and_draws_every_chart(chromium, page, scheme, width):
    chromium.open(page, scheme, width)
    assert chromium.complaints() == []
    assert chromium.requests() == [f"file://{page}"]
    assert chromium.value("window.evil") is None
    assert chromium.value("document.documentElement.dataset.theme") == scheme
    assert chromium.value("document.documentElement.scrollWidth") <= width
    blank = chromium.value("""
        [...document.querySelectorAll("canvas")].filter((canvas) => {
          const chart = Chart.getChart(canvas);
          const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          return !chart || canvas.width < 100 || canvas.height < 40 || new Set(new Uint32Array(pixels.buffer)).size < 10;
        }).map((canvas) => canvas.closest("article").id)""")
    assert blank == []
    assert len(chromium.screenshot()) > 10_000


def test_the_button_changes_the_colours_of_page_and_charts(chromium, page):
    chromium.open(page)
    colours = """[getComputedStyle(document.body).backgroundColor,
        ...[...document.querySelectorAll("canvas")].map((canvas) => {
          const chart = Chart.getChart(canvas);
          return chart.getDatasetMeta(0).data[0].options.backgroundColor;
        })]"""
    light = chromium.value(colours)
    chromium.value("document.getElementById('theme').click()")
    dark = chromium.value(colours)
    assert all(before != after for before, after in zip(light, dark)), list(zip(light, dark))
    assert chromium.value("document.getElementById('theme').textContent") == "Light colours"
    chromium.value("document.getElementById('theme').click()")
    assert chromium.value(colours) == light
    chromium.value("localStorage.clear()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(chromium, page, scheme):
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3 at level AA), for every text on its own background."""
    chromium.open(page, scheme)
    faint = chromium.value("""(() => {
        document.querySelectorAll("details").forEach((details) => { details.open = true; });
        const parse = (text) => {
          const numbers = text.match(/[0-9.]+/g).map(Number);
          return numbers.length === 3 ? [...numbers, 1] : numbers;
        };
        const over = (top, bottom) => top.slice(0, 3).map((c, i) => c * top[3] + bottom[i] * (1 - top[3])).concat(1);
        const ground = (element) => {
          if (!element) return [255, 255, 255, 1];
          const own = parse(getComputedStyle(element).backgroundColor);
          return own[3] === 1 ? own : over(own, ground(element.parentElement));
        };
        const light = (colour) => colour.slice(0, 3).map((c) => c / 255)
          .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
          .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const faint = new Set();
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const element = walker.currentNode.parentElement;
          if (!walker.currentNode.data.trim() || element.closest("script, noscript")) continue;
          const back = ground(element);
          const [a, b] = [light(over(parse(getComputedStyle(element).color), back)), light(back)];
          const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          if (contrast < 4.5) faint.add(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
        }
        return [...faint];
      })()""")
    assert faint == []


def test_the_drawing_follows_the_colours_of_the_reader(chromium, page):
    if not shutil.which("dot"):
        pytest.skip("there is no Graphviz")
    fills = {}
    for scheme in ["light", "dark"]:
        chromium.open(page, scheme)
        fills[scheme] = chromium.value("""(() => {
            const fill = (selector) => getComputedStyle(document.querySelector(`.drawing ${selector}`)).fill;
            return [fill(".node.product > polygon"), fill(".node.customer > ellipse"), fill("text")];
          })()""")
    assert all(light != dark for light, dark in zip(fills["light"], fills["dark"]))
    assert fills["dark"][2] == "rgb(231, 235, 240)"


def test_everything_can_be_reached_and_seen_with_the_keyboard(chromium, page):
    chromium.open(page)
    chromium.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert chromium.value("document.activeElement.className") == "skip"
    assert chromium.value("document.activeElement.getBoundingClientRect().top") >= 0
    assert chromium.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    unreachable = chromium.value("""[...document.querySelectorAll(".table")].filter(
        (region) => region.tabIndex !== 0 || !document.getElementById(region.getAttribute("aria-labelledby"))).length""")
    assert unreachable == 0


def test_it_prints_with_everything_open_and_is_as_it_was_afterwards(chromium, page):
    chromium.open(page, "dark")
    state = "[...document.querySelectorAll('details')].map((details) => details.open)"
    before = chromium.value(state)
    chromium.value("""window.addEventListener("beforeprint", () => {
        window.printed = [document.documentElement.dataset.theme, document.querySelectorAll("details:not([open])").length];
      })""")
    assert chromium.pdf().startswith(b"%PDF")
    assert chromium.value("window.printed") == ["light", 0]
    assert chromium.value(state) == before and False in before
    assert chromium.value("document.documentElement.dataset.theme") == "dark"
    assert chromium.complaints() == []
