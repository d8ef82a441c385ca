"""The query behind the cache: a real one, on a million generated orders in SQLite.

``with Orders() as orders:`` makes the database in a folder that goes with it (about 2 s and 20 MB
for a million). Two questions differ by four orders of magnitude: :meth:`Orders.top_products` reads
every order (about 80 ms), :meth:`Orders.order` finds one by its key (a few microseconds, quicker
than any cache across a socket).
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from patternlab.caching.checks import whole
from patternlab.caching.errors import CachingError
from patternlab.caching.workloads import zipf_weights

#: The regions of the shop, and their shares of the orders.
REGIONS = {"us": 0.4, "eu": 0.3, "asia": 0.2, "latam": 0.1}
PRODUCTS = 500

_TABLE = """
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, region TEXT, month INTEGER, product INTEGER, quantity INTEGER,
    cents INTEGER)
"""
_TOP = """
SELECT product, SUM(cents) AS revenue, COUNT(*) FROM orders WHERE region = ? AND month = ?
GROUP BY product ORDER BY revenue DESC, product LIMIT ?
"""
_ORDER = "SELECT id, region, month, product, quantity, cents FROM orders WHERE id = ?"
_MAPPED = 1 << 28  # bytes of the file that all connections share in memory: no disk is timed


class Orders:
    """A year of a shop's orders. May be asked from several threads at once.

    Args:
        size: how many orders.
        seed: the same size and seed give the same orders.

    Raises:
        ValueError: there is no such size.
        CachingError: the database cannot be written (no room on the disk).
    """

    def __init__(self, size: int = 1_000_000, seed: int = 1) -> None:
        self.size, self.seed = whole("size", size), seed
        folder = Path(tempfile.mkdtemp(prefix="patternlab-orders-"))
        self._file = folder / "orders.sqlite"
        self._idle: list[sqlite3.Connection] = []  # as many as ever asked at the same time
        self._end = weakref.finalize(self, _end, self._idle, folder)
        try:
            self._write()
        except sqlite3.Error as problem:
            self._end()
            raise CachingError(
                f"The orders cannot be written to {folder.parent} ({problem}): make room there, or "
                "ask for fewer orders."
            ) from None

    def top_products(self, region: str, month: int, limit: int = 10) -> list[list[int]]:
        """Return the best products by revenue: [product, revenue in cents, orders]."""
        if region not in REGIONS:
            raise ValueError(f"There is no region {region!r}: choose from {', '.join(REGIONS)}.")
        month = whole("month", month, most=12)
        return [list(row) for row in self._ask(_TOP, region, month, limit)]

    def order(self, number: int) -> dict[str, Any] | None:
        """Return the order with this number (from 1), or None."""
        rows = self._ask(_ORDER, number)
        names = ("id", "region", "month", "product", "quantity", "cents")
        return dict(zip(names, rows[0], strict=True)) if rows else None

    def set_quantity(self, number: int, quantity: int) -> None:
        """Change an order; its price changes with it. For strategies that write."""
        quantity = whole("quantity", quantity)
        change = "UPDATE orders SET cents = cents / quantity * ?, quantity = ? WHERE id = ?"
        self._ask(change, quantity, quantity, number)

    def close(self) -> None:
        """Delete the database. A second call does nothing."""
        self._end()

    def __enter__(self) -> Orders:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        if not self._end.alive:
            raise CachingError("These orders are closed: make new ones with Orders().")
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            return connection.execute(question, values).fetchall()
        finally:
            self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, isolation_level=None, check_same_thread=False, timeout=30
        )
        connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
        connection.execute("PRAGMA synchronous = OFF")  # the database is gone after a crash anyway
        return connection

    def _write(self) -> None:
        connection = self._connect()
        self._idle.append(connection)
        connection.execute("PRAGMA journal_mode = OFF")  # nothing to go back to
        connection.execute(_TABLE)
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", _orders(self.size, self.seed)
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")  # readers and a writer do not wait in turn


def _orders(size: int, seed: int) -> Any:
    """Generate the rows. A few products get most orders (Zipf); most orders are for one piece."""
    rng = np.random.default_rng(seed)
    cents = np.rint(rng.lognormal(mean=7.6, sigma=0.8, size=PRODUCTS)).astype(int) + 1
    product = rng.choice(PRODUCTS, size, p=zipf_weights(PRODUCTS, 0.9))
    region = rng.choice(list(REGIONS), size, p=list(REGIONS.values()))
    month = rng.integers(1, 13, size)
    quantity = rng.geometric(0.6, size)
    columns = (region, month, product, quantity, cents[product] * quantity)
    return zip(range(1, size + 1), *(column.tolist() for column in columns), strict=True)


def _end(idle: list[sqlite3.Connection], folder: Path) -> None:
    for connection in idle:
        connection.close()
    shutil.rmtree(folder, ignore_errors=True)
