"""DAX's two caches do what the guide says, on moto's DynamoDB and on a virtual clock."""

import copy
import math

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from patternlab.caching.dax import Dax, two_views
from patternlab.caching.errors import CachingError
from patternlab.clock import VirtualClock

TABLE = "DocumentRevisions"
FROM_5 = {
    "TableName": TABLE,
    "KeyConditionExpression": "DocId = :d AND RevisionNumber >= :r",
    "ExpressionAttributeValues": {":d": {"N": "101"}, ":r": {"N": "5"}},
}


@pytest.fixture(scope="module")
def empty_dynamodb():
    """moto's DynamoDB without tables: to start it is what takes time."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    with mock_aws():
        yield boto3.client("dynamodb", region_name="us-east-1", **keys)


@pytest.fixture
def dynamodb(empty_dynamodb):
    tables = {TABLE: ["DocId", "RevisionNumber"], "Prices": ["product"]}
    for table, keys in tables.items():
        kind = "S" if table == "Prices" else "N"
        empty_dynamodb.create_table(
            TableName=table,
            KeySchema=[
                {"AttributeName": name, "KeyType": role}
                for name, role in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    yield empty_dynamodb
    for table in tables:
        empty_dynamodb.delete_table(TableName=table)


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def dax(dynamodb, clock):
    return Dax(dynamodb, clock)


def key(revision):
    return {"DocId": {"N": "101"}, "RevisionNumber": {"N": str(revision)}}


def item(revision, text="text"):
    return {**key(revision), "Text": {"S": text}}


def text(answer):
    return answer["Item"]["Text"]["S"] if "Item" in answer else None


def revisions(answer):
    return [int(found["RevisionNumber"]["N"]) for found in answer["Items"]]


def read(source, revision, **named):
    return text(source.get_item(TableName=TABLE, Key=key(revision), **named))


# -- What the guide says --------------------------------------------------------------------------


def test_query_update_query_the_documented_inconsistency(dax, dynamodb, clock):
    """Writes to the item cache do not affect the query cache (DAX.consistency)."""
    for revision in (5, 6):
        dynamodb.put_item(TableName=TABLE, Item=item(revision))
    assert revisions(dax.query(**FROM_5)) == [5, 6]

    dax.put_item(TableName=TABLE, Item=item(20))
    assert read(dax, 20) == "text"
    assert revisions(dax.query(**FROM_5)) == [5, 6]
    assert revisions(dynamodb.query(**FROM_5)) == [5, 6, 20]

    clock.wait(299)
    assert revisions(dax.query(**FROM_5)) == [5, 6]
    clock.wait(1)
    assert revisions(dax.query(**FROM_5)) == [5, 6, 20]


def test_an_item_is_kept_for_five_minutes_whoever_changes_the_table(dax, dynamodb, clock):
    dynamodb.put_item(TableName=TABLE, Item=item(1, "first"))
    assert read(dax, 1) == "first"
    dynamodb.put_item(TableName=TABLE, Item=item(1, "second"))  # past DAX
    clock.wait(299.9)
    assert read(dax, 1) == "first"
    clock.wait(0.1)
    assert read(dax, 1) == "second"
    assert dax.metrics == {"ItemCacheMisses": 2, "ItemCacheHits": 1}


def test_a_write_through_dax_is_read_at_once_and_kept_for_the_whole_ttl(dax, clock):
    """The guide's example: read, three minutes later written, then read for the whole TTL."""
    dax.put_item(TableName=TABLE, Item=item(1, "42"))
    clock.wait(180)
    dax.put_item(TableName=TABLE, Item=item(1, "41"))
    clock.wait(299)
    assert read(dax, 1) == "41"
    assert dax.metrics == {"ItemCacheHits": 1}


def test_an_update_reaches_both(dax, dynamodb):
    dax.put_item(TableName=TABLE, Item=item(1, "old"))
    dax.update_item(
        TableName=TABLE,
        Key=key(1),
        UpdateExpression="SET #t = :t",
        ExpressionAttributeNames={"#t": "Text"},
        ExpressionAttributeValues={":t": {"S": "new"}},
    )
    assert read(dax, 1) == read(dynamodb, 1) == "new"
    assert dax.metrics == {"ItemCacheHits": 1}


def test_a_deleted_item_is_not_read_any_more(dax):
    dax.put_item(TableName=TABLE, Item=item(1))
    dax.delete_item(TableName=TABLE, Key=key(1))
    assert read(dax, 1) is None


def test_what_is_absent_is_kept_as_absent_in_both_caches(dax, dynamodb, clock):
    assert read(dax, 9) is None and revisions(dax.query(**FROM_5)) == []
    dynamodb.put_item(TableName=TABLE, Item=item(9))  # past DAX
    assert read(dax, 9) is None and revisions(dax.query(**FROM_5)) == []
    clock.wait(300)
    assert read(dax, 9) == "text" and revisions(dax.query(**FROM_5)) == [9]


def test_a_write_ends_a_negative_entry(dax):
    assert read(dax, 9) is None
    dax.put_item(TableName=TABLE, Item=item(9))
    assert read(dax, 9) == "text"


def test_strongly_consistent_reads_pass_through_and_are_not_kept(dax, dynamodb):
    dynamodb.put_item(TableName=TABLE, Item=item(5, "first"))
    assert read(dax, 5) == "first" and revisions(dax.query(**FROM_5)) == [5]
    dynamodb.put_item(TableName=TABLE, Item=item(5, "second"))
    dynamodb.put_item(TableName=TABLE, Item=item(6))

    assert read(dax, 5, ConsistentRead=True) == "second"
    assert revisions(dax.query(**FROM_5, ConsistentRead=True)) == [5, 6]
    assert read(dax, 5) == "first" and revisions(dax.query(**FROM_5)) == [5]


def test_queries_do_not_warm_the_item_cache_and_scans_are_kept_as_results(dax, dynamodb):
    dynamodb.put_item(TableName=TABLE, Item=item(1))
    for _ in range(2):
        dax.scan(TableName=TABLE)
    read(dax, 1)
    assert dax.metrics == {"ScanCacheMisses": 1, "ScanCacheHits": 1, "ItemCacheMisses": 1}


def test_results_are_kept_by_the_requests_parameters(dax, dynamodb):
    dynamodb.put_item(TableName=TABLE, Item=item(5))
    dax.query(**FROM_5)
    dax.query(**FROM_5, Limit=1)
    dax.query(**dict(reversed(FROM_5.items())))
    assert dax.metrics == {"QueryCacheMisses": 2, "QueryCacheHits": 1}


def test_ttl_0_keeps_items_until_they_are_written_and_no_results(dynamodb, clock):
    dax = Dax(dynamodb, clock, item_ttl=0, query_ttl=0)
    dynamodb.put_item(TableName=TABLE, Item=item(5, "first"))
    assert read(dax, 5) == "first"
    dynamodb.put_item(TableName=TABLE, Item=item(5, "second"))
    clock.wait(365 * 86_400)
    assert read(dax, 5) == "first"
    dax.put_item(TableName=TABLE, Item=item(5, "third"))
    assert read(dax, 5) == "third"
    for _ in range(2):
        dax.query(**FROM_5)
    assert dax.metrics["QueryCacheMisses"] == 2


def test_the_least_recently_used_goes_first(dynamodb, clock):
    dax = Dax(dynamodb, clock, item_capacity=2)
    for revision in (1, 2, 1, 3, 1, 2):
        read(dax, revision)
    # 1 and 2 miss, 1 hits, 3 drives 2 out, 1 hits, 2 misses
    assert dax.metrics == {"ItemCacheMisses": 4, "ItemCacheHits": 2}


def test_a_write_the_table_refuses_changes_nothing(dax):
    dax.put_item(TableName=TABLE, Item=item(1, "old"))
    with pytest.raises(ClientError):
        dax.put_item(
            TableName=TABLE,
            Item=item(1, "new"),
            ConditionExpression="attribute_not_exists(DocId)",
        )
    assert read(dax, 1) == "old"
    assert dax.metrics == {"ItemCacheHits": 1}


def test_batches_are_many_single_requests(dax, dynamodb):
    dax.batch_write_item(
        RequestItems={TABLE: [{"PutRequest": {"Item": item(n)}} for n in (1, 2, 3)]}
    )
    dax.batch_write_item(RequestItems={TABLE: [{"DeleteRequest": {"Key": key(3)}}]})
    answer = dax.batch_get_item(RequestItems={TABLE: {"Keys": [key(n) for n in (1, 2, 3)]}})

    assert answer == {"Responses": {TABLE: [item(1), item(2)]}, "UnprocessedKeys": {}}
    assert dax.metrics == {"ItemCacheHits": 2, "ItemCacheMisses": 1}


def test_what_a_batch_leaves_unprocessed_is_not_kept(dynamodb, clock):
    class Throttled:
        def batch_write_item(self, RequestItems):
            return {"UnprocessedItems": {TABLE: RequestItems[TABLE][1:]}}

        def __getattr__(self, name):
            return getattr(dynamodb, name)

    dax = Dax(Throttled(), clock)
    dax.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": item(n)}} for n in (1, 2)]})
    assert read(dax, 1) == "text"
    assert read(dax, 2) is None


# -- The model itself -----------------------------------------------------------------------------


def test_callers_cannot_change_what_is_kept(dax):
    mine = item(1, "kept")
    dax.put_item(TableName=TABLE, Item=mine)
    mine["Text"]["S"] = "changed"
    dax.get_item(TableName=TABLE, Key=key(1))["Item"]["Text"]["S"] = "changed"
    assert read(dax, 1) == "kept"


def test_one_number_in_two_spellings_is_one_key(dax):
    dax.put_item(TableName=TABLE, Item=item(10, "old"))
    assert read(dax, "10.0") == read(dax, "1E1") == "old"
    dax.put_item(TableName=TABLE, Item={**item("10.0", "new")})
    assert read(dax, 10) == "new"


def test_projections_are_refused_and_not_answered_wrongly(dax):
    with pytest.raises(CachingError, match="ProjectionExpression"):
        dax.get_item(TableName=TABLE, Key=key(1), ProjectionExpression="Title")


@pytest.mark.parametrize("ttl", [-1, math.nan, math.inf, "300", None])
@pytest.mark.parametrize("name", ["item_ttl", "query_ttl"])
def test_a_wrong_ttl_is_refused(clock, name, ttl):
    with pytest.raises(ValueError, match=f"{name} .* {ttl!r}"):
        Dax(None, clock, **{name: ttl})


@pytest.mark.parametrize("capacity", [0, -1, 1.5, math.nan, True])
def test_a_wrong_capacity_is_refused(clock, capacity):
    with pytest.raises(ValueError, match=repr(capacity)):
        Dax(None, clock, query_capacity=capacity)


class Table:
    """As much of DynamoDB as one key needs, so that many examples are quick."""

    def __init__(self):
        self.items = {}

    def describe_table(self, TableName):
        return {"Table": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}

    def get_item(self, TableName, Key, ConsistentRead=False):
        found = self.items.get(Key["id"]["S"])
        return {} if found is None else {"Item": copy.deepcopy(found)}

    def put_item(self, TableName, Item):
        self.items[Item["id"]["S"]] = Item
        return {}

    def delete_item(self, TableName, Key):
        self.items.pop(Key["id"]["S"], None)
        return {}

    def query(self, TableName, id):
        return {"Items": [self.items[id]] if id in self.items else []}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["put", "delete", "get", "query"]), st.sampled_from("ab")),
        st.tuples(st.just("wait"), st.sampled_from([1, 100, 299, 300])),
    ),
    max_size=40,
)


@given(steps=STEPS, capacity=st.sampled_from([None, 1, 2]))
def test_when_all_writes_go_through_dax_items_are_right_and_results_at_most_a_ttl_old(
    steps, capacity
):
    """The two invariants of the two caches, whatever is done in whatever order."""
    clock, table = VirtualClock(), Table()
    dax = Dax(table, clock, item_capacity=capacity, query_capacity=capacity)
    history = {"a": [(0.0, None)], "b": [(0.0, None)]}  # since when it is what
    for number, (what, which) in enumerate(steps):
        if what == "wait":
            clock.wait(which)
            continue
        here = {"TableName": "T", "Key": {"id": {"S": which}}}
        current = history[which][-1][1]
        if what == "put":
            dax.put_item(TableName="T", Item={"id": {"S": which}, "n": {"N": str(number)}})
            history[which].append((clock.elapsed, number))
        elif what == "delete":
            dax.delete_item(**here)
            history[which].append((clock.elapsed, None))
        elif what == "get":
            assert number_in(dax.get_item(**here).get("Item")) == current
        else:
            items = dax.query(TableName="T", id=which)["Items"]
            seen = number_in(items[0] if items else None)
            assert seen in true_within(history[which], clock.elapsed - 300)


def number_in(found):
    return None if found is None else int(found["n"]["N"])


def true_within(history, begin):
    """What was true at some moment after `begin`."""
    ends = [since for since, _ in history[1:]] + [math.inf]
    return [value for (_, value), end in zip(history, ends, strict=True) if end > begin]


def test_two_views_of_one_price(dax, dynamodb):
    """Seeded: the item is always right; the query is behind, never by a TTL or more."""
    views = two_views(dax, "Prices", seconds=3600, every=30, change_every=120, seed=1)

    assert list(views.columns) == ["time", "table", "item", "query", "behind"]
    assert views["time"].tolist() == [30.0 * n for n in range(120)]
    assert (views["item"] == views["table"]).all()
    assert (views["query"] <= views["table"]).all()
    assert ((views["behind"] > 0) == (views["query"] != views["table"])).all()
    assert views["behind"].max() < 300
    assert (views["query"] != views["table"]).mean() > 0.3
    # The query is renewed every 300 s, and is right at that moment.
    renewed = views[views["time"] % 300 == 0]
    assert (renewed["query"] == renewed["table"]).all()
    assert dax.metrics["QueryCacheMisses"] == 12


def test_two_views_are_the_same_from_the_same_seed(dynamodb):
    first, again, other = (
        two_views(Dax(dynamodb, VirtualClock()), "Prices", 600, seed=seed) for seed in (1, 1, 2)
    )
    assert first.equals(again) and not first.equals(other)


@pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf])
def test_wrong_times_are_refused(dax, wrong):
    for name in ("seconds", "every", "change_every"):
        with pytest.raises(ValueError, match=f"{name} .* {wrong!r}"):
            two_views(dax, "Prices", **{name: wrong})
