"""`--format parquet`: files that PyArrow and DuckDB read, with the values of the store."""

import datetime
import json
import math
import os
import pathlib
import random
import subprocess
import time

import pytest

duckdb = pytest.importorskip("duckdb")
parquet = pytest.importorskip("pyarrow.parquet")
from bson import json_util  # noqa: E402
from bson.decimal128 import Decimal128  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ATELIER", str(ROOT / ".build/debug/atelier"))


def store(folder, documents, collection="things"):
    (folder / "documents.ndjson").write_text("".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents))
    subprocess.run(
        [PROGRAM, "import", "ndjson", folder / "documents.ndjson", "--collection", collection, "--quiet", "--store",
         folder / "test.store"], check=True, stdout=subprocess.DEVNULL)


def export(folder, *arguments, collection="things", name="out.parquet"):
    outcome = subprocess.run(
        [PROGRAM, "export", collection, "--out", folder / name, "--store", folder / "test.store", "--sort", '{"_id": 1}',
         *arguments], capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    return folder / name, outcome.stderr


def rows(path):
    return parquet.read_table(path).to_pylist()


def expected(value, like):
    """A document's value as PyArrow gives it: with every field that its column has."""
    if isinstance(like, dict) and isinstance(value, dict):
        return {name: expected(value.get(name), like[name]) for name in like}
    if isinstance(like, list) and isinstance(value, list):
        return [expected(*pair) for pair in zip(value, like)] if len(value) == len(like) else value
    if isinstance(value, Decimal128):
        return value.to_decimal()
    return value


def in_duckdb(path):
    """The same rows as DuckDB reads them, its times in UTC."""
    connection = duckdb.connect()
    connection.sql("set timezone = 'UTC'")
    relation = connection.sql(f"select * from read_parquet('{path}')")
    return [dict(zip(relation.columns, row)) for row in relation.fetchall()]


def plain(value):
    """Without what the two readers do differently: zones of times."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    return value


DECIMALS = ["0", "-0.01", "12.50", "99999999999999999999.99", "-7", "1E+3", "0.000"]


def test_every_type_nulls_and_missing_fields(tmp_path):
    day = {"$date": "2011-12-09T12:50:00.123Z"}
    documents = [
        {"_id": 1, "text": "Ä 刺繍 🧵 \u0000", "flag": True, "small": -2147483648, "large": {"$numberLong": "9007199254740993"},
         "real": 1.5, "money": {"$numberDecimal": "12.34"}, "day": day, "id": {"$oid": "5f0000000000000000000001"},
         "bytes": {"$binary": {"base64": "AAEC/w==", "subType": "00"}}, "nested": {"a": 1, "b": {"c": "x"}},
         "list": [1, 2, 3], "structs": [{"a": 1}, {"b": "y"}], "lists": [[1], [], [2, 3]], "nothing": None, "empty": [],
         "hollow": {}},
        {"_id": 2, "text": "", "flag": None, "list": [], "structs": [], "lists": [], "nested": {"b": {}}},
        {"_id": 3, "list": None, "structs": [None, {"a": None}], "lists": None, "nested": None, "money": None, "day": None},
        {"_id": 4, "flag": False, "list": [None, 7], "lists": [None, [None]], "real": -0.0,
         "money": {"$numberDecimal": "-1000"}, "day": {"$date": {"$numberLong": "-1"}}},
    ]
    store(tmp_path, documents)
    path, messages = export(tmp_path)
    assert "texts" not in messages
    table = parquet.read_table(path)
    kinds = {field.name: str(field.type) for field in table.schema}
    assert kinds | {"nested": "", "structs": ""} == {
        "_id": "int32", "text": "string", "flag": "bool", "small": "int32", "large": "int64", "real": "double",
        "money": "decimal128(38, 2)", "day": "timestamp[ms, tz=UTC]", "id": "string", "bytes": "binary", "nested": "",
        "list": "list<element: int32>", "structs": "", "lists": "list<element: list<element: int32>>",
        "nothing": "string", "empty": "list<element: string>", "hollow": "string",
    }
    utc = datetime.timezone.utc
    first, second, third, fourth = table.to_pylist()
    money = Decimal128("12.34").to_decimal()
    assert first == {
        "_id": 1, "text": "Ä 刺繍 🧵 \u0000", "flag": True, "small": -2147483648, "large": 9007199254740993, "real": 1.5,
        "money": money, "day": datetime.datetime(2011, 12, 9, 12, 50, 0, 123000, utc), "id": "5f0000000000000000000001",
        "bytes": b"\x00\x01\x02\xff", "nested": {"a": 1, "b": {"c": "x"}}, "list": [1, 2, 3],
        "structs": [{"a": 1, "b": None}, {"a": None, "b": "y"}], "lists": [[1], [], [2, 3]], "nothing": None, "empty": [],
        "hollow": "{}",
    }
    assert (second["text"], second["flag"], second["list"], second["structs"], second["lists"]) == ("", None, [], [], [])
    assert second["nested"] == {"a": None, "b": {"c": None}}
    assert (third["list"], third["lists"], third["nested"]) == (None, None, None)
    assert third["structs"] == [None, {"a": None, "b": None}]
    assert (fourth["list"], fourth["lists"]) == ([None, 7], [None, [None]])
    assert math.copysign(1, fourth["real"]) == -1
    assert fourth["money"] == -1000 and fourth["day"] == datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, utc)
    assert plain(in_duckdb(path)) == plain(table.to_pylist())


def test_types_that_no_column_holds_together_are_texts_and_named(tmp_path):
    store(tmp_path, [
        {"_id": 1, "a": 1, "b": {"x": True}, "c": {"$numberDecimal": "NaN"}, "d": 1.5, "e": 1, "f": [1]},
        {"_id": 2, "a": "one", "b": {"x": [2]}, "c": {"$numberDecimal": "2.5"}, "d": {"$numberDecimal": "2.5"},
         "e": {"$numberDecimal": "0.25"}, "f": {"k": "v"}},
    ])
    path, messages = export(tmp_path)
    assert "Of several types, and therefore texts: a, b.x, d, f\n" in messages
    assert rows(path) == [
        {"_id": 1, "a": "1", "b": {"x": "true"}, "c": "NaN", "d": "1.5", "e": 1, "f": "[1]"},
        {"_id": 2, "a": "one", "b": {"x": "[2]"}, "c": "2.5", "d": "2.5", "e": Decimal128("0.25").to_decimal(), "f": '{"k":"v"}'},
    ]


def test_decimals_are_exact_or_texts(tmp_path):
    store(tmp_path, [{"_id": index, "d": {"$numberDecimal": text}} for index, text in enumerate(DECIMALS)])
    path, _ = export(tmp_path)
    assert [row["d"] for row in rows(path)] == [Decimal128(text).to_decimal() for text in DECIMALS]
    assert str(parquet.read_schema(path).field("d").type) == "decimal128(38, 2)"
    store(tmp_path, [{"_id": "wide", "d": {"$numberDecimal": "1E-30"}}, {"_id": "long", "d": {"$numberDecimal": "1E+20"}}], "wide")
    path, _ = export(tmp_path, collection="wide")
    assert {row["_id"]: row["d"] for row in rows(path)} == {"wide": "1E-30", "long": "1E+20"}


@pytest.mark.parametrize("seed", range(3))
def test_random_nested_documents_come_back(tmp_path, seed):
    source = random.Random(seed)

    def leaf(kind):
        if source.random() < 0.2:
            return None
        return {"i": source.randrange(-100, 100), "s": source.choice(["", "a", "žluťoučký", "x" * 300]) + str(source.randrange(50)),
                "d": {"$numberDecimal": f"{source.randrange(-9999, 9999)}.{source.randrange(100):02}"},
                "b": source.random() < 0.5}[kind]

    def value(shape):
        if isinstance(shape, str):
            return leaf(shape)
        if source.random() < 0.15:
            return None
        if isinstance(shape, list):
            return [value(shape[0]) for _ in range(source.choice([0, 1, 1, 2, 5, 20]))]
        return {name: value(part) for name, part in shape.items() if source.random() < 0.8}

    shape = {"a": "i", "s": "s", "o": {"d": "d", "l": ["s"], "p": {"q": "b"}}, "l": [{"x": "i", "y": ["d"], "z": [{"w": "b"}]}], "ll": [[["i"]]]}
    documents = [{"_id": index} | (value(shape) or {}) for index in range(3000)]
    store(tmp_path, documents)
    path, messages = export(tmp_path)
    assert "texts" not in messages
    found = rows(path)
    assert len(found) == len(documents)
    for document, row in zip(documents, found):
        assert row == expected(json_util.loads(json.dumps(document)), row)
    assert plain(in_duckdb(path)) == plain(found)
    again, _ = export(tmp_path, name="again.parquet")
    assert again.read_bytes() == path.read_bytes()


def test_a_saved_aggregation_has_its_columns(tmp_path):
    subprocess.run([PROGRAM, "generate", "--orders", "300", "--quiet", "--store", tmp_path / "test.store"], check=True)
    command = [PROGRAM, "run", "revenue-by-month", "--store", tmp_path / "test.store"]
    subprocess.run([*command, "--out", tmp_path / "r.parquet"], check=True)
    lines = subprocess.run([*command, "--format", "ndjson"], check=True, capture_output=True, text=True).stdout.splitlines()
    found = rows(tmp_path / "r.parquet")
    assert found == [expected(json_util.loads(line), row) for line, row in zip(lines, found)] and len(found) == len(lines)
    kinds = {field.name: str(field.type) for field in parquet.read_schema(tmp_path / "r.parquet")}
    assert kinds == {"month": "string", "orders": "int64", "units": "int64", "revenue": "decimal128(38, 2)",
                     "growth": "double", "complete": "bool"}
    none = [*command, "--param", "from=2099-01-01", "--out", tmp_path / "none.parquet"]
    subprocess.run(none, check=True)
    assert rows(tmp_path / "none.parquet") == []


def test_many_rows_take_little_memory(tmp_path):
    """As many as need several row groups, in less memory than all of them take."""
    count = 30_000
    store(tmp_path, ({"_id": index, "text": f"{index:08} " + "lorem ipsum " * 200, "n": [index % 7, index % 5]} for index in range(count)))
    process = subprocess.Popen(
        [PROGRAM, "export", "things", "--out", tmp_path / "many.parquet", "--store", tmp_path / "test.store", "--quiet"])
    peak = 0
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            peak = max([peak] + [int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")])
        except (FileNotFoundError, ProcessLookupError):
            pass
        time.sleep(0.02)
    assert process.returncode == 0
    file = parquet.ParquetFile(tmp_path / "many.parquet")
    assert file.num_row_groups >= 2 and file.metadata.num_rows == count
    assert 0 < peak < 180_000, f"{peak} KiB"
    total = duckdb.sql(f"select count(*), sum(list_sum(n)), count(distinct text) from read_parquet('{tmp_path / 'many.parquet'}')").fetchall()[0]
    assert total == (count, sum(index % 7 + index % 5 for index in range(count)), count)
    ids = [row for batch in file.iter_batches(columns=["_id"]) for row in batch.column(0).to_pylist()]
    assert ids == list(range(count))


def test_a_csv_has_nested_values_as_json(tmp_path):
    store(tmp_path, [{"_id": 1, "list": [1, {"a": 'x "y"'}], "sub": {"d": {"$numberDecimal": "1.50"}}}, {"_id": 2, "list": []}])
    path, _ = export(tmp_path, name="out.csv")
    import csv
    with open(path, newline="") as file:
        first, second = csv.DictReader(file)
    assert json.loads(first["list"]) == [1, {"a": 'x "y"'}]
    assert json.loads(first["sub"]) == {"d": {"$numberDecimal": "1.50"}}
    assert second == {"_id": "2", "list": "[]", "sub": ""}
