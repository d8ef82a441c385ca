"""DAX's two caches in front of DynamoDB, as its guide describes them.

DAX keeps single items in an item cache and the results of queries and scans in a query cache, each
with a TTL of five minutes. Writes through DAX update the item cache and leave the query cache as
it is: until its TTL has passed, a query answers what was true before. :class:`Dax` takes the same
calls as boto3's DynamoDB client and needs one behind it. Provenance: modelled, after the pages
DAX.concepts and DAX.consistency of the DynamoDB developer guide (2023-06-15).

Left out: several nodes (they follow the first one within about a second), transactions,
projections.
"""

from __future__ import annotations

import copy
import json
import math
from collections import Counter, OrderedDict
from collections.abc import Hashable
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from patternlab.caching.checks import number, whole
from patternlab.caching.errors import CachingError

#: Seconds; the default of both caches (parameters record-ttl-millis and query-ttl-millis).
TTL = 300.0

#: What a request may name without changing which attributes come back.
_WHOLE_ITEM = {"TableName", "Key", "ConsistentRead", "ReturnConsumedCapacity"}


class HasTime(Protocol):
    """A clock: patternlab.clock's are, and so is the module ``time``."""

    def time(self) -> float: ...


@runtime_checkable
class CanWait(Protocol):
    """A clock that can be moved on, as patternlab.clock's can."""

    def wait(self, seconds: float) -> object: ...


class Dax:
    """A model of a DAX cluster with one node.

    Args:
        client: a DynamoDB client of boto3.
        clock: tells the time in seconds with ``time()``, as Python's module ``time`` does.
        item_ttl: seconds an item is kept. 0: until it is evicted or written.
        query_ttl: seconds a result is kept. 0: results are not kept.
        item_capacity, query_capacity: how many entries each cache holds; the least recently used
            one goes. None: no limit. (DAX counts bytes.)

    Attributes:
        metrics: hits and misses under CloudWatch's names: ItemCacheHits, ItemCacheMisses,
            QueryCacheHits, QueryCacheMisses, ScanCacheHits, ScanCacheMisses. Strongly consistent
            reads are neither.
    """

    def __init__(
        self,
        client: Any,
        clock: HasTime,
        item_ttl: float = TTL,
        query_ttl: float = TTL,
        item_capacity: int | None = None,
        query_capacity: int | None = None,
    ) -> None:
        self.client, self.clock = client, clock
        number("item_ttl", item_ttl, "seconds", advice="0: until evicted or written.")
        number("query_ttl", query_ttl, "seconds", advice="0 switches the query cache off.")
        self._items = _Lru(clock, item_ttl or math.inf, item_capacity)
        self._results = _Lru(clock, query_ttl, query_capacity)
        self._keys: dict[str, list[str]] = {}
        self.metrics: Counter[str] = Counter()

    # -- Reads ------------------------------------------------------------------------------------

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Get one item from the item cache, or from the table; an absent item is kept as absent."""
        if strange := set(request) - _WHOLE_ITEM:
            raise CachingError(
                f"This model of DAX reads whole items: leave {', '.join(sorted(strange))} out."
            )
        if request.get("ConsistentRead"):
            return self.client.get_item(**request)
        place = request["TableName"], _frozen_key(request["Key"])
        return self._read(self._items, place, "Item", self.client.get_item, request)

    def batch_get_item(self, *, RequestItems: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Get several items, as that many :meth:`get_item` would."""
        found = {}
        for table, wanted in RequestItems.items():
            beside = {name: value for name, value in wanted.items() if name != "Keys"}
            answers = [self.get_item(TableName=table, Key=key, **beside) for key in wanted["Keys"]]
            found[table] = [answer["Item"] for answer in answers if "Item" in answer]
        return {"Responses": found, "UnprocessedKeys": {}}

    def query(self, **request: Any) -> dict[str, Any]:
        """Get a result from the query cache if the same request came before, or from the table."""
        return self._result("Query", self.client.query, request)

    def scan(self, **request: Any) -> dict[str, Any]:
        """Get a result as :meth:`query` does."""
        return self._result("Scan", self.client.scan, request)

    def _result(self, kind: str, ask: Any, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("ConsistentRead"):
            return ask(**request)
        return self._read(self._results, (kind, _frozen(request)), kind, ask, request)

    def _read(self, cache: _Lru, place: Hashable, kind: str, ask: Any, request: Any) -> Any:
        """Return what the cache holds there, or else the table's answer, which is kept."""
        answer = cache.get(place)
        self.metrics[f"{kind}Cache{'Misses' if answer is None else 'Hits'}"] += 1
        if answer is None:
            answer = dict(ask(**request))
            answer.pop("ResponseMetadata", None)  # of that one request to the table
            cache.put(place, answer)
        return copy.deepcopy(answer)  # the caller may change what it got

    # -- Writes: the table first; if it refuses, nothing changes here -----------------------------

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Write an item to the table, then to the item cache."""
        response = self.client.put_item(**request)
        self._put(request["TableName"], request["Item"])
        return response

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Change an item in the table, then in the item cache."""
        response = self.client.update_item(**request)
        table, key = request["TableName"], request["Key"]
        # How DAX learns the whole item is not documented. The model asks for it.
        now = self.client.get_item(TableName=table, Key=key, ConsistentRead=True)
        if "Item" in now:
            self._put(table, now["Item"])
        else:  # deleted in between
            self._items.drop((table, _frozen_key(key)))
        return response

    def delete_item(self, **request: Any) -> dict[str, Any]:
        """Delete an item from the table, then from the item cache.

        Whether DAX keeps it as absent is not documented. The model asks the table the next time.
        """
        response = self.client.delete_item(**request)
        self._items.drop((request["TableName"], _frozen_key(request["Key"])))
        return response

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:
        """Put and delete several items; what the table leaves unprocessed changes nothing here."""
        response = self.client.batch_write_item(RequestItems=RequestItems)
        for table, writes in RequestItems.items():
            left = response.get("UnprocessedItems", {}).get(table, [])
            for write in (write for write in writes if write not in left):
                if "PutRequest" in write:
                    self._put(table, write["PutRequest"]["Item"])
                else:
                    self._items.drop((table, _frozen_key(write["DeleteRequest"]["Key"])))
        return response

    def _put(self, table: str, item: dict[str, Any]) -> None:
        if table not in self._keys:
            schema = self.client.describe_table(TableName=table)["Table"]["KeySchema"]
            self._keys[table] = [part["AttributeName"] for part in schema]
        key = {name: item[name] for name in self._keys[table]}
        self._items.put((table, _frozen_key(key)), {"Item": copy.deepcopy(item)})


class _Lru:
    """Entries that expire `ttl` seconds after they were put; the least recently used goes first."""

    def __init__(self, clock: HasTime, ttl: float, capacity: int | None) -> None:
        if capacity is not None:
            whole("capacity", capacity, advice="Give None for no limit.")
        self.clock, self.ttl, self.capacity = clock, ttl, capacity
        self.entries: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def get(self, place: Hashable) -> Any:
        """Return what is kept there and has not expired, or None."""
        if place not in self.entries:
            return None
        expires, entry = self.entries[place]
        if self.clock.time() >= expires:
            del self.entries[place]
            return None
        self.entries.move_to_end(place)
        return entry

    def put(self, place: Hashable, entry: Any) -> None:
        if self.ttl == 0:
            return
        self.entries[place] = self.clock.time() + self.ttl, entry
        self.entries.move_to_end(place)
        if self.capacity is not None and len(self.entries) > self.capacity:
            self.entries.popitem(last=False)

    def drop(self, place: Hashable) -> None:
        self.entries.pop(place, None)


def two_views(
    dax: Dax,
    table: str,
    seconds: float = 1800.0,
    every: float = 30.0,
    change_every: float = 120.0,
    seed: int = 1,
) -> pd.DataFrame:
    """Read one price by its key and by a query, while all its changes go through DAX.

    `table` has the partition key ``product`` (a string) and nothing else. The price is changed at
    random moments (Poisson), on average each `change_every` seconds. Every `every` seconds it is
    read in three ways. The clock of `dax` must have ``wait(seconds)``, and moves by `seconds`.

    Returns:
        One row for each reading: `time` (seconds since the beginning), and the number of the price
        seen in the `table` (strongly consistent), by `item` and by `query`, the first price being
        0; `behind` says for how many seconds the query's price was out of date, 0 if it is current.
    """
    for name, given in {"seconds": seconds, "every": every, "change_every": change_every}.items():
        number(name, given, "seconds", above=True)
    clock = dax.clock
    if not isinstance(clock, CanWait):
        raise ValueError("The clock of this Dax cannot wait: give it one that has wait(seconds).")
    rng = np.random.default_rng(seed)
    changes = np.cumsum(rng.exponential(change_every, size=rng.poisson(seconds / change_every)))
    readings = np.arange(0.0, seconds, every)
    changed_at = [0.0]
    events = [(float(moment), "change") for moment in changes if moment < seconds]
    events += [(float(moment), "read") for moment in readings]
    rows, time = [], 0.0
    _set_price(dax, table, 0)
    for moment, what in sorted(events):
        clock.wait(moment - time)
        time = moment
        if what == "change":
            _set_price(dax, table, len(changed_at))
            changed_at.append(moment)
            continue
        seen = _three_ways(dax, table)
        behind = 0.0 if seen["query"] == seen["table"] else moment - changed_at[seen["query"] + 1]
        rows.append({"time": moment, **seen, "behind": behind})
    return pd.DataFrame(rows)


def _set_price(dax: Dax, table: str, price: int) -> None:
    dax.put_item(TableName=table, Item={"product": {"S": "lamp"}, "price": {"N": str(price)}})


def _three_ways(dax: Dax, table: str) -> dict[str, int]:
    key = {"product": {"S": "lamp"}}
    by_key = {"TableName": table, "Key": key}
    result = dax.query(
        TableName=table,
        KeyConditionExpression="product = :p",
        ExpressionAttributeValues={":p": key["product"]},
    )
    items = {
        "table": dax.get_item(**by_key, ConsistentRead=True)["Item"],
        "item": dax.get_item(**by_key)["Item"],
        "query": result["Items"][0],
    }
    return {how: int(item["price"]["N"]) for how, item in items.items()}


def _frozen_key(key: dict[str, dict[str, Any]]) -> str:
    """Return a key as text; to DynamoDB 1 and 1.0 are the same number."""
    plain = {
        name: {"N": str(Decimal(value["N"]).normalize())} if "N" in value else value
        for name, value in key.items()
    }
    return _frozen(plain)


def _frozen(request: dict[str, Any]) -> str:
    return json.dumps(request, sort_keys=True, default=repr)  # repr: bytes
