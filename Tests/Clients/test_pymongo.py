"""MongoDB's own Python driver against `atelier serve`: what any client may rely on."""

import datetime
import re
import signal
import threading
import time
import uuid

import bson
import pymongo
import pytest
from bson import (
    Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp,
)
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from pymongo import (
    ASCENDING, DESCENDING, DeleteMany, DeleteOne, IndexModel, InsertOne, ReplaceOne, ReturnDocument, UpdateMany, UpdateOne,
)
from pymongo.errors import (
    BulkWriteError, CollectionInvalid, CursorNotFound, DuplicateKeyError, ExecutionTimeout, OperationFailure,
    ServerSelectionTimeoutError, WriteError,
)

from conftest import Server

UTC = datetime.timezone.utc


@pytest.fixture
def numbers(db):
    """A thousand documents with a few fields each."""
    db.numbers.insert_many(
        {"_id": i, "mod": i % 7, "half": i / 2, "name": f"n{i:04}", "tags": ["even" if i % 2 == 0 else "odd", i % 3]}
        for i in range(1000)
    )
    return db.numbers


class TestServer:
    def test_handshake(self, client):
        hello = client.admin.command("hello")
        assert hello["isWritablePrimary"] is True
        assert hello["maxBsonObjectSize"] == 16 * 1024 * 1024
        assert hello["maxWireVersion"] >= 21
        assert client.admin.command("ping") == {"ok": 1.0}
        assert int(client.server_info()["versionArray"][0]) >= 7

    def test_unknown_command(self, client):
        with pytest.raises(OperationFailure) as error:
            client.admin.command("notACommand")
        assert error.value.code == 59
        assert error.value.details["codeName"] == "CommandNotFound"

    def test_unknown_option_is_refused(self, db):
        with pytest.raises(OperationFailure) as error:
            db.command("find", "c", notAnOption=1)
        assert error.value.code == 40415

    def test_database_and_collection_names(self, client, db):
        db.orders.insert_one({})
        db.create_collection("empty")
        assert db.name in client.list_database_names()
        assert sorted(db.list_collection_names()) == ["empty", "orders"]
        with pytest.raises(CollectionInvalid):
            db.create_collection("empty")
        db.drop_collection("empty")
        assert db.list_collection_names() == ["orders"]
        db.drop_collection("empty")

    def test_compressed(self, server, db):
        with server.client(compressors="zlib") as client:
            collection = client[db.name].wide
            documents = [{"_id": i, "text": "linen " * 1000} for i in range(100)]
            collection.insert_many(documents)
            assert list(collection.find().sort("_id")) == documents

    def test_many_connections(self, server, db):
        clients = [server.client(maxPoolSize=1) for _ in range(50)]
        try:
            for number, client in enumerate(clients):
                client[db.name].c.insert_one({"_id": number})
            assert db.c.count_documents({}) == 50
        finally:
            for client in clients:
                client.close()


class TestWrites:
    def test_insert(self, db):
        result = db.c.insert_one({"name": "Ada"})
        assert isinstance(result.inserted_id, ObjectId)
        assert db.c.find_one() == {"_id": result.inserted_id, "name": "Ada"}
        assert db.c.insert_many([{"_id": i} for i in range(5)]).inserted_ids == list(range(5))
        assert db.c.count_documents({}) == 6

    def test_duplicate_key(self, db):
        db.c.insert_one({"_id": 1})
        with pytest.raises(DuplicateKeyError) as error:
            db.c.insert_one({"_id": 1})
        assert error.value.code == 11000
        assert error.value.details["keyPattern"] == {"_id": 1}
        assert error.value.details["keyValue"] == {"_id": 1}
        assert "E11000" in str(error.value)

    def test_update(self, db):
        db.c.insert_many([{"_id": i, "n": i} for i in range(10)])
        one = db.c.update_one({"n": {"$gte": 5}}, {"$inc": {"n": 100}})
        assert (one.matched_count, one.modified_count, one.upserted_id) == (1, 1, None)
        many = db.c.update_many({"n": {"$lt": 5}}, {"$set": {"small": True}})
        assert (many.matched_count, many.modified_count) == (5, 5)
        again = db.c.update_many({"n": {"$lt": 5}}, {"$set": {"small": True}})
        assert (again.matched_count, again.modified_count) == (5, 0)
        piped = db.c.update_one({"_id": 9}, [{"$set": {"double": {"$multiply": ["$n", 2]}}}])
        assert piped.modified_count == 1
        assert db.c.find_one({"_id": 9})["double"] == 18

    def test_update_operators(self, db):
        db.c.insert_one({"_id": 1, "a": [3, 1, 2], "b": {"c": 1}, "gone": 1})
        db.c.update_one({"_id": 1}, {
            "$push": {"a": {"$each": [5, 4], "$sort": 1, "$slice": 4}}, "$unset": {"gone": ""}, "$rename": {"b.c": "b.d"},
            "$mul": {"missing": 3}, "$max": {"top": 7}, "$currentDate": {"at": True},
        })
        document = db.c.find_one()
        assert isinstance(document.pop("at"), datetime.datetime)
        assert document == {"_id": 1, "a": [1, 2, 3, 4], "b": {"d": 1}, "missing": 0, "top": 7}
        db.c.update_one({"_id": 1, "a": 2}, {"$set": {"a.$": 20}})
        db.c.update_one({"_id": 1}, {"$inc": {"a.$[x]": 1}}, array_filters=[{"x": {"$gte": 3, "$lt": 10}}])
        assert db.c.find_one()["a"] == [1, 20, 4, 5]

    def test_upsert_and_replace(self, db):
        upserted = db.c.update_one({"_id": 7}, {"$set": {"a": 1}, "$setOnInsert": {"b": 2}}, upsert=True)
        assert upserted.upserted_id == 7 and upserted.matched_count == 0
        assert db.c.find_one() == {"_id": 7, "a": 1, "b": 2}
        assert db.c.replace_one({"_id": 7}, {"z": 1}).modified_count == 1
        assert db.c.find_one() == {"_id": 7, "z": 1}
        assert isinstance(db.c.replace_one({"none": 1}, {"n": 1}, upsert=True).upserted_id, ObjectId)

    def test_delete(self, db):
        db.c.insert_many([{"_id": i, "odd": i % 2} for i in range(10)])
        assert db.c.delete_one({"odd": 1}).deleted_count == 1
        assert db.c.delete_many({"odd": 1}).deleted_count == 4
        assert db.c.delete_many({"odd": 1}).deleted_count == 0
        assert db.c.delete_many({}).deleted_count == 5

    def test_find_one_and(self, db):
        db.c.insert_many([{"_id": i, "n": i} for i in range(5)])
        assert db.c.find_one_and_update({"n": {"$gt": 1}}, {"$inc": {"n": 10}}, sort=[("n", -1)]) == {"_id": 4, "n": 4}
        after = db.c.find_one_and_update(
            {"_id": 4}, {"$inc": {"n": 10}}, projection={"_id": 0}, return_document=ReturnDocument.AFTER)
        assert after == {"n": 24}
        assert db.c.find_one_and_replace({"_id": 0}, {"new": 1}) == {"_id": 0, "n": 0}
        assert db.c.find_one_and_delete({"_id": 1}) == {"_id": 1, "n": 1}
        assert db.c.find_one_and_delete({"_id": 1}) is None
        made = db.c.find_one_and_update({"_id": 99}, {"$set": {"a": 1}}, upsert=True, return_document=ReturnDocument.AFTER)
        assert made == {"_id": 99, "a": 1}

    @pytest.mark.parametrize("update, code", [
        ({"$inc": {"name": 1}}, 14), ({"$set": {"_id": 5}}, 66), ({"$nope": {"a": 1}}, 9),
        ({"$set": {"a": 1}, "$inc": {"a": 1}}, 40), ({"$push": {"name": 1}}, 2), ({"$set": {"name.first": 1}}, 28),
    ])
    def test_errors_of_updates(self, db, update, code):
        db.c.insert_one({"_id": 1, "name": "Ada"})
        with pytest.raises(WriteError) as error:
            db.c.update_one({"_id": 1}, update)
        assert error.value.code == code
        assert db.c.find_one() == {"_id": 1, "name": "Ada"}

    def test_document_too_large(self, db):
        with pytest.raises(WriteError) as error:
            db.c.insert_one({"blob": b"x" * (16 * 1024 * 1024)})
        assert error.value.code == 10334
        db.c.insert_one({"_id": 1, "blob": b"x" * (16 * 1024 * 1024 - 100)})
        with pytest.raises(WriteError) as error:
            db.c.update_one({"_id": 1}, {"$set": {"more": "x" * 1000}})
        assert error.value.code in (10334, 17419)
        assert len(db.c.find_one()["blob"]) == 16 * 1024 * 1024 - 100

    def test_validator(self, db):
        db.create_collection("v", validator={"$jsonSchema": {"required": ["name"], "properties": {"name": {"bsonType": "string"}}}})
        db.v.insert_one({"name": "ok"})
        with pytest.raises(WriteError) as error:
            db.v.insert_one({"name": 5})
        assert error.value.code == 121
        assert "errInfo" in error.value.details


class TestBulk:
    def operations(self):
        return [
            InsertOne({"_id": 1}), InsertOne({"_id": 1, "again": True}), UpdateOne({"_id": 1}, {"$set": {"a": 1}}),
            InsertOne({"_id": 2}), InsertOne({"_id": 2}), DeleteOne({"_id": 404}),
            ReplaceOne({"_id": 3}, {"r": 1}, upsert=True), UpdateMany({}, {"$inc": {"n": 1}}), DeleteMany({"_id": 2}),
        ]

    def test_ordered_stops_at_the_first_error(self, db):
        with pytest.raises(BulkWriteError) as error:
            db.c.bulk_write(self.operations())
        details = error.value.details
        assert [e["index"] for e in details["writeErrors"]] == [1]
        assert details["writeErrors"][0]["code"] == 11000
        assert details["nInserted"] == 1
        assert list(db.c.find()) == [{"_id": 1}]

    def test_unordered_goes_on(self, db):
        with pytest.raises(BulkWriteError) as error:
            db.c.bulk_write(self.operations(), ordered=False)
        details = error.value.details
        assert sorted(e["index"] for e in details["writeErrors"]) == [1, 4]
        assert details["nInserted"] == 2 and details["nUpserted"] == 1
        assert [u["index"] for u in details["upserted"]] == [6]

    def test_ordered_insert_many(self, db):
        with pytest.raises(BulkWriteError) as error:
            db.c.insert_many([{"_id": i} for i in [0, 1, 2, 1, 3, 2, 4]])
        assert [e["index"] for e in error.value.details["writeErrors"]] == [3]
        assert [d["_id"] for d in db.c.find().sort("_id")] == [0, 1, 2]

    def test_unordered_insert_many(self, db):
        with pytest.raises(BulkWriteError) as error:
            db.c.insert_many([{"_id": i} for i in [0, 1, 2, 1, 3, 2, 4]], ordered=False)
        assert [e["index"] for e in error.value.details["writeErrors"]] == [3, 5]
        assert [d["_id"] for d in db.c.find().sort("_id")] == [0, 1, 2, 3, 4]

    def test_results(self, db):
        result = db.c.bulk_write([
            InsertOne({"_id": 1}), InsertOne({"_id": 2}), UpdateMany({}, {"$set": {"a": 1}}),
            UpdateOne({"_id": 9}, {"$set": {"a": 1}}, upsert=True), DeleteOne({"_id": 1}),
        ])
        assert (result.inserted_count, result.matched_count, result.modified_count, result.deleted_count) == (2, 2, 2, 1)
        assert result.upserted_ids == {3: 9}

    def test_large_batches(self, db):
        db.c.insert_many([{"_id": i, "text": "x" * 500} for i in range(40_000)])
        assert db.c.count_documents({}) == 40_000


class TestCursors:
    def test_batches(self, numbers):
        assert [d["_id"] for d in numbers.find().sort("_id").batch_size(7)] == list(range(1000))
        assert len(list(numbers.find(batch_size=1, limit=25))) == 25
        assert len(list(numbers.find(batch_size=0))) == 1000

    def test_more_than_a_first_batch_holds(self, db):
        db.big.insert_many([{"_id": i, "text": "x" * 100_000} for i in range(400)])
        assert sum(len(d["text"]) for d in db.big.find()) == 40_000_000

    def test_skip_limit_sort_projection(self, numbers):
        found = numbers.find({"mod": 3}, {"_id": 0, "name": 1}).sort([("half", DESCENDING)]).skip(2).limit(3)
        assert [d for d in found] == [{"name": "n0983"}, {"name": "n0976"}, {"name": "n0969"}]
        assert len(list(numbers.find().limit(-5))) == 5

    def test_closing_kills(self, db, numbers):
        cursor = numbers.find(batch_size=10)
        next(cursor)
        number = cursor.cursor_id
        assert number
        cursor.close()
        with pytest.raises(OperationFailure) as error:
            db.command({"getMore": Int64(number), "collection": "numbers"})
        assert error.value.code == 43

    def test_kill_cursors(self, db, numbers):
        cursor = numbers.find(batch_size=10)
        next(cursor)
        reply = db.command("killCursors", "numbers", cursors=[Int64(cursor.cursor_id), Int64(12345)])
        assert reply["cursorsKilled"] == [cursor.cursor_id]
        assert reply["cursorsNotFound"] == [12345]
        with pytest.raises(CursorNotFound):
            list(cursor)

    def test_a_cursor_reads_what_was_there_when_it_was_opened(self, numbers):
        cursor = numbers.find(batch_size=10)
        next(cursor)
        numbers.delete_many({"_id": {"$gte": 500}})
        numbers.update_many({}, {"$set": {"name": "changed"}})
        rest = list(cursor)
        assert len(rest) == 999
        assert rest[-1]["name"] == "n0999"

    def test_several_cursors_at_once(self, numbers):
        cursors = [numbers.find().sort("_id").batch_size(3) for _ in range(20)]
        for i in range(1000):
            assert {next(c)["_id"] for c in cursors} == {i}

    def test_cursors_in_a_session(self, client, numbers):
        with client.start_session() as session:
            assert len(list(numbers.find(batch_size=10, session=session))) == 1000

    def test_aggregation_cursor(self, numbers):
        cursor = numbers.aggregate([{"$match": {"mod": 1}}, {"$project": {"name": 1}}], batchSize=10)
        assert len(list(cursor)) == 143


class TestQueries:
    def test_filters(self, numbers):
        documents = list(numbers.find())

        def check(query, predicate):
            expected = sum(1 for d in documents if predicate(d))
            assert numbers.count_documents(query) == expected, query
            assert 0 < expected < 1000, "the case shows nothing"

        check({"_id": {"$in": [1, 2, 5000]}}, lambda d: d["_id"] in (1, 2, 5000))
        check({"name": re.compile("^n00")}, lambda d: d["name"].startswith("n00"))
        check({"$or": [{"mod": 0}, {"half": {"$gt": 490}}], "tags": "even"},
              lambda d: (d["mod"] == 0 or d["half"] > 490) and "even" in d["tags"])
        check({"tags": {"$all": ["odd", 2]}}, lambda d: {"odd", 2} <= set(d["tags"]))
        check({"tags": {"$size": 2}, "mod": {"$nin": [0, 1, 2]}}, lambda d: d["mod"] > 2)
        check({"$expr": {"$gt": [{"$add": ["$half", 100]}, "$_id"]}}, lambda d: d["half"] + 100 > d["_id"])
        check({"_id": {"$not": {"$gte": 10}}}, lambda d: d["_id"] < 10)
        check({"tags": {"$elemMatch": {"$gte": 1, "$lt": 2}}}, lambda d: d["tags"][1] == 1)
        assert numbers.count_documents({"missing": None}) == 1000
        assert numbers.count_documents({"missing": {"$exists": True}}) == 0
        assert numbers.count_documents({}, skip=990) == 10 and numbers.count_documents({}, limit=5) == 5
        assert numbers.estimated_document_count() == 1000

    def test_distinct(self, numbers):
        assert sorted(numbers.distinct("mod")) == list(range(7))
        assert sorted(numbers.distinct("tags", {"_id": {"$lt": 3}}), key=str) == [0, 1, 2, "even", "odd"]

    @pytest.mark.parametrize("query, code", [
        ({"$nope": 1}, 2), ({"a": {"$nope": 1}}, 2), ({"a": {"$in": 5}}, 2), ({"$and": []}, 2), ({"a": {"$regex": "("}}, 51091),
    ])
    def test_errors(self, db, query, code):
        db.c.insert_one({"a": 1})
        with pytest.raises(OperationFailure) as error:
            list(db.c.find(query))
        assert error.value.code == code

    def test_time_limit(self, numbers):
        slow = [{"$lookup": {"from": "numbers", "pipeline": [{"$match": {"$expr": {"$ne": ["$name", "$$CURRENT.half"]}}}], "as": "all"}},
                {"$unwind": "$all"}, {"$group": {"_id": {"$mod": ["$all._id", 3]}, "n": {"$sum": "$all.half"}}}]
        with pytest.raises(ExecutionTimeout) as error:
            list(numbers.aggregate(slow * 2, maxTimeMS=50))
        assert error.value.code == 50

    def test_collation_or_hint_are_not_ignored(self, numbers):
        assert numbers.find({"_id": {"$lt": 3}}, hint="_id_").sort("_id", 1).to_list() == numbers.find({"_id": {"$lt": 3}}).sort("_id", 1).to_list()
        with pytest.raises(OperationFailure):
            list(numbers.find({}, hint="no_such_index"))

    def test_explain(self, numbers):
        plan = numbers.find({"_id": 5}).explain()
        assert plan["queryPlanner"]["winningPlan"]


class TestAggregation:
    def test_group_and_sort(self, numbers):
        result = list(numbers.aggregate([
            {"$match": {"_id": {"$lt": 100}}}, {"$unwind": "$tags"}, {"$match": {"tags": {"$type": "string"}}},
            {"$group": {"_id": "$tags", "n": {"$sum": 1}, "average": {"$avg": "$half"}, "names": {"$first": "$name"}}},
            {"$sort": {"_id": 1}},
        ]))
        assert result == [
            {"_id": "even", "n": 50, "average": 24.5, "names": "n0000"}, {"_id": "odd", "n": 50, "average": 25.0, "names": "n0001"},
        ]

    def test_lookup_and_facet(self, db):
        db.orders.insert_many([{"_id": 1, "customer": "a", "total": 5}, {"_id": 2, "customer": "b", "total": 7}])
        db.customers.insert_many([{"_id": "a", "name": "Ada"}, {"_id": "b", "name": "Bo"}])
        joined = list(db.orders.aggregate([
            {"$lookup": {"from": "customers", "localField": "customer", "foreignField": "_id", "as": "c"}},
            {"$project": {"name": {"$first": "$c.name"}, "total": 1}}, {"$sort": {"_id": 1}},
        ]))
        assert joined == [{"_id": 1, "total": 5, "name": "Ada"}, {"_id": 2, "total": 7, "name": "Bo"}]
        facets = list(db.orders.aggregate([{"$facet": {"n": [{"$count": "n"}], "max": [{"$group": {"_id": None, "m": {"$max": "$total"}}}]}}]))
        assert facets == [{"n": [{"n": 2}], "max": [{"_id": None, "m": 7}]}]

    def test_money_is_exact(self, db):
        db.c.insert_many([{"price": Decimal128("0.10")} for _ in range(1000)])
        [total] = db.c.aggregate([{"$group": {"_id": None, "sum": {"$sum": "$price"}}}])
        assert str(total["sum"]) == "100.00"

    def test_out_and_merge(self, db, numbers):
        list(numbers.aggregate([{"$group": {"_id": "$mod", "n": {"$sum": 1}}}, {"$out": "per_mod"}]))
        assert db.per_mod.count_documents({}) == 7
        list(numbers.aggregate([{"$match": {"mod": 0}}, {"$group": {"_id": "$mod", "n": {"$sum": -1}}}, {"$merge": "per_mod"}]))
        assert db.per_mod.find_one({"_id": 0})["n"] == -143

    def test_errors(self, numbers):
        for pipeline, code in [([{"$nope": {}}], 40324), ([{"$group": {"n": {"$sum": 1}}}], 15955),
                               ([{"$match": {"$expr": {"$nope": 1}}}], 168), ([{"$limit": 0}], 15958)]:
            with pytest.raises(OperationFailure) as error:
                list(numbers.aggregate(pipeline))
            assert error.value.code == code, pipeline


class TestIndexes:
    def test_create_list_drop(self, db):
        assert db.c.create_index([("a", ASCENDING), ("b", DESCENDING)]) == "a_1_b_-1"
        assert db.c.create_indexes([IndexModel("email", unique=True, name="by_email"), IndexModel("x", sparse=True)]) == ["by_email", "x_1"]
        info = db.c.index_information()
        assert set(info) == {"_id_", "a_1_b_-1", "by_email", "x_1"}
        assert info["a_1_b_-1"]["key"] == [("a", 1), ("b", -1)]
        assert info["by_email"]["unique"] is True and info["x_1"]["sparse"] is True
        assert [i["v"] for i in db.c.list_indexes()] == [2] * 4
        db.c.drop_index("x_1")
        assert "x_1" not in db.c.index_information()
        db.c.drop_indexes()
        assert set(db.c.index_information()) == {"_id_"}

    def test_unique(self, db):
        db.c.create_index("email", unique=True)
        db.c.insert_one({"_id": 1, "email": "a@x"})
        with pytest.raises(DuplicateKeyError) as error:
            db.c.insert_one({"_id": 2, "email": "a@x"})
        assert error.value.details["keyPattern"] == {"email": 1}
        db.c.insert_one({"_id": 2, "email": "b@x"})
        with pytest.raises(DuplicateKeyError):
            db.c.update_one({"_id": 2}, {"$set": {"email": "a@x"}})
        assert db.c.find_one({"_id": 2})["email"] == "b@x"

    def test_unique_on_existing_duplicates(self, db):
        db.c.insert_many([{"k": 1}, {"k": 1}])
        with pytest.raises(OperationFailure) as error:
            db.c.create_index("k", unique=True)
        assert error.value.code == 11000
        assert set(db.c.index_information()) == {"_id_"}

    def test_errors(self, db):
        db.c.create_index("a")
        for action, code in [
            (lambda: db.c.create_index("a", name="other"), 85), (lambda: db.c.drop_index("nope"), 27),
            (lambda: db.c.drop_index("_id_"), 72), (lambda: db.c.create_index([("b", 1)], name="a_1"), 86),
            (lambda: db.c.create_index([("a", "nope")]), 67),
        ]:
            with pytest.raises(OperationFailure) as error:
                action()
            assert error.value.code == code

    def test_answers_are_the_same_with_an_index(self, numbers):
        queries = [{"mod": 3}, {"half": {"$gt": 100, "$lte": 200}}, {"name": re.compile("^n01")}, {"tags": "even", "mod": {"$in": [1, 2]}}]
        before = [sorted(d["_id"] for d in numbers.find(q)) for q in queries]
        for key in ["mod", "half", "name", "tags"]:
            numbers.create_index(key)
        assert [sorted(d["_id"] for d in numbers.find(q)) for q in queries] == before
        assert [d["half"] for d in numbers.find().sort("half", -1).limit(3)] == [499.5, 499.0, 498.5]


class TestTypes:
    VALUES = [
        1, -(2**31), 2**31, Int64(5), -(2**63), 1.5, float("inf"), "naïve ☂ \U0001f9f5", "", True, None,
        Decimal128("0.10"), Decimal128("1E+6144"), Decimal128("NaN"), Decimal128("-0"),
        datetime.datetime(2024, 2, 29, 12, 30, 15, 123000, tzinfo=UTC), datetime.datetime(1950, 1, 1, tzinfo=UTC),
        ObjectId("0123456789abcdef01234567"), Regex("^a.*b$", "im"), Binary(b"abc", 128), b"\x00\x01\xff",
        Timestamp(1_700_000_000, 7), MinKey(), MaxKey(), Code("f()"), {"a": {"b": [1, [2, []], {}]}}, [], [None, 1, "x"],
    ]

    @pytest.mark.parametrize("value", VALUES, ids=repr)
    def test_round_trip(self, db, value):
        options = CodecOptions(tz_aware=True)
        collection = db.get_collection("c", codec_options=options)
        document = {"_id": 1, "v": value}
        collection.insert_one(document)
        raw = db.get_collection("c", codec_options=CodecOptions(document_class=bson.raw_bson.RawBSONDocument)).find_one()
        assert raw.raw == bson.encode(document, codec_options=options)
        found = collection.find_one()["v"]
        assert type(found) is type(value) or isinstance(value, (int, Regex))
        if not isinstance(value, (Regex, MinKey, MaxKey)) and value != Decimal128("NaN"):
            assert collection.find_one({"v": value}) is not None

    def test_uuid(self, db):
        options = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)
        collection = db.get_collection("c", codec_options=options)
        value = uuid.uuid4()
        collection.insert_one({"_id": value})
        assert collection.find_one({"_id": value}) == {"_id": value}

    def test_order_across_types(self, db):
        values = [MinKey(), None, -1.5, Int64(2), Decimal128("2.5"), 3, "a", "b", {"x": 1}, [5], Binary(b"a", 0),
                  ObjectId(), False, True, datetime.datetime(2020, 1, 1), Timestamp(1, 1), Regex("a"), MaxKey()]
        db.c.insert_many([{"_id": i, "v": [v] if isinstance(v, list) else v} for i, v in reversed(list(enumerate(values)))])
        assert [d["_id"] for d in db.c.find().sort("v")] == list(range(len(values)))

    def test_keys_keep_their_order(self, db):
        names = ["z", "a", "m", "", "ü", "a b"]
        db.c.insert_one({name: i for i, name in enumerate(names)})
        assert [k for k in db.c.find_one() if k != "_id"] == names


class TestConcurrency:
    def test_counters_lose_nothing(self, db):
        db.c.insert_one({"_id": "n", "n": 0})
        errors = []

        def work():
            try:
                for _ in range(50):
                    db.c.update_one({"_id": "n"}, {"$inc": {"n": 1}})
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must fail with it
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert db.c.find_one()["n"] == 400

    def test_one_of_many_inserts_wins(self, db):
        wins, losses = [], []

        def work(number):
            for i in range(30):
                try:
                    db.c.insert_one({"_id": i, "by": number})
                    wins.append(i)
                except DuplicateKeyError:
                    losses.append(i)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(wins) == list(range(30)) and len(losses) == 150

    def test_readers_and_writers(self, db):
        stop = threading.Event()
        errors = []

        def read():
            try:
                while not stop.is_set():
                    # Each insert is all or nothing, and batches of it come one after the other.
                    seen = [d["_id"] for d in db.c.find(batch_size=50)]
                    assert seen == list(range(len(seen)))
            except Exception as error:  # noqa: BLE001
                errors.append(error)

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        for i in range(40):
            db.c.insert_many([{"_id": i * 10 + k} for k in range(10)])
        stop.set()
        for reader in readers:
            reader.join()
        assert errors == []
        assert db.c.count_documents({}) == 400


class TestServing:
    def test_data_outlives_the_server(self, tmp_path):
        server = Server(tmp_path / "s.store")
        with server.client() as client:
            client.shop.orders.insert_many([{"_id": i} for i in range(100)])
            client.shop.orders.create_index("x")
        assert server.stop() == 0
        server = Server(tmp_path / "s.store")
        with server.client() as client:
            assert client.shop.orders.count_documents({}) == 100
            assert "x_1" in client.shop.orders.index_information()
        assert server.stop(signal.SIGINT) == 0

    def test_acknowledged_writes_survive_a_kill(self, tmp_path):
        server = Server(tmp_path / "s.store")
        with server.client() as client:
            for i in range(50):
                client.shop.orders.insert_one({"_id": i})
        server.stop(signal.SIGKILL)
        server = Server(tmp_path / "s.store")
        with server.client() as client:
            assert [d["_id"] for d in client.shop.orders.find().sort("_id")] == list(range(50))
        assert server.stop() == 0

    def test_stops_with_clients_connected(self, tmp_path):
        server = Server(tmp_path / "s.store")
        client = pymongo.MongoClient(server.uri, serverSelectionTimeoutMS=300)
        client.admin.command("ping")
        assert server.stop() == 0
        with pytest.raises((ServerSelectionTimeoutError, pymongo.errors.AutoReconnect)):
            client.admin.command("ping")
        client.close()

    def test_what_nobody_waits_for_is_stopped(self, tmp_path):
        """A pipeline that would run for hours ends with its client, and another one with the server."""
        def join(count):
            stages = [{"$lookup": {"from": "c", "pipeline": [], "as": f"j{i}"}} for i in range(count)]
            unwinds = [{"$unwind": f"$j{i}"} for i in range(count)]
            pairs = [stage for pair in zip(stages, unwinds) for stage in pair]
            return [*pairs, {"$group": {"_id": None, "n": {"$sum": 1}}}]

        server = Server(tmp_path / "s.store")
        with server.client(socketTimeoutMS=500, retryReads=False) as impatient:
            impatient.shop.c.insert_many([{"_id": i} for i in range(2000)])
            with pytest.raises(pymongo.errors.NetworkTimeout):
                list(impatient.shop.c.aggregate(join(5)))
        with server.client() as client:
            errors = []

            def ask():
                try:
                    list(client.shop.c.aggregate(join(5)))
                except pymongo.errors.PyMongoError as error:
                    errors.append(error)

            asker = threading.Thread(target=ask)
            asker.start()
            time.sleep(0.5)
            assert server.stop() == 0
            asker.join()
            assert len(errors) == 1

    def test_unix_socket(self, tmp_path):
        path = tmp_path / "a.sock"
        server = Server(tmp_path / "s.store", listen=f"unix:{path}")
        assert path.stat().st_mode & 0o777 == 0o600
        with server.client() as client:
            client.shop.orders.insert_one({"_id": 1})
            assert client.shop.orders.find_one() == {"_id": 1}
        assert server.stop() == 0
        assert not path.exists()

    @pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
    def test_refuses_other_addresses(self, tmp_path, address):
        with pytest.raises(RuntimeError, match="authentication"):
            Server(tmp_path / "s.store", listen=address)
