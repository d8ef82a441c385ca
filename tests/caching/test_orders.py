"""The orders: the same ones every time, and answers that agree with counting by hand."""

import re
import tempfile
import threading
from collections import Counter

import numpy as np
import pytest

from patternlab.caching import orders as module
from patternlab.caching.errors import CachingError
from patternlab.caching.orders import PRODUCTS, REGIONS, Orders


@pytest.fixture(scope="module")
def orders():
    with Orders(10_000) as made:
        yield made


@pytest.fixture(scope="module")
def rows(orders):
    return [orders.order(number) for number in range(1, 10_001)]


def test_the_same_seed_gives_the_same_orders_and_another_seed_others(orders):
    asked = [(region, month) for region in REGIONS for month in (1, 6, 12)]
    with Orders(10_000) as again, Orders(10_000, seed=2) as others:
        for question in asked:
            assert orders.top_products(*question) == again.top_products(*question)
            assert orders.top_products(*question) != others.top_products(*question)


def test_top_products_agree_with_adding_up_by_hand(orders, rows):
    revenue, count = Counter(), Counter()
    for row in rows:
        if (row["region"], row["month"]) == ("eu", 6):
            revenue[row["product"]] += row["cents"]
            count[row["product"]] += 1
    expected = sorted(revenue, key=lambda product: (-revenue[product], product))[:10]

    assert orders.top_products("eu", 6) == [[p, revenue[p], count[p]] for p in expected]
    assert len(orders.top_products("eu", 6, limit=3)) == 3


def test_orders_have_the_shares_and_the_prices_they_promise(rows):
    share = Counter(row["region"] for row in rows)
    for region, expected in REGIONS.items():
        assert share[region] / len(rows) == pytest.approx(expected, abs=0.03)
    assert {row["month"] for row in rows} == set(range(1, 13))
    assert all(0 <= row["product"] < PRODUCTS and row["quantity"] >= 1 for row in rows)
    prices = {(row["product"], row["cents"] / row["quantity"]) for row in rows}
    assert len(prices) == len({row["product"] for row in rows})  # one price for each product
    popular = Counter(row["product"] for row in rows)
    assert popular.most_common(1)[0][0] == 0


def test_the_list_reads_every_order(orders):
    plan = orders._ask("EXPLAIN QUERY PLAN " + module._TOP, "eu", 6, 10)
    assert "SCAN orders" in " ".join(str(step[3]) for step in plan)


def test_an_absent_order_is_none(orders):
    assert orders.order(10_001) is None


def test_a_changed_quantity_changes_the_price_of_the_order():
    with Orders(100) as orders:
        before = orders.order(7)
        orders.set_quantity(7, 10 * before["quantity"])
        after = orders.order(7)
    assert after == {**before, "quantity": 10 * before["quantity"], "cents": 10 * before["cents"]}


def test_many_threads_may_ask_at_once(orders):
    expected, answers = orders.top_products("us", 3), []
    threads = [
        threading.Thread(target=lambda: answers.append(orders.top_products("us", 3)))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 16


def test_closing_deletes_the_file_and_may_be_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    orders = Orders(100)
    assert list(tmp_path.iterdir())

    orders.close()
    orders.close()

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CachingError, match="closed"):
        orders.order(1)


def test_no_room_on_the_disk_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    connect = module.Orders._connect

    def small(self):
        connection = connect(self)
        connection.execute("PRAGMA max_page_count = 10")
        return connection

    monkeypatch.setattr(module.Orders, "_connect", small)
    with pytest.raises(CachingError, match=re.escape(str(tmp_path))):
        Orders(10_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0, -1, 1.5, float("nan"), "many", True])
def test_a_wrong_size_is_refused(size):
    with pytest.raises(ValueError, match=repr(size)):
        Orders(size)


def test_numpys_numbers_will_do():
    with Orders(np.int64(50)) as orders:
        assert orders.order(50)["id"] == 50


@pytest.mark.parametrize(
    ("question", "named"),
    [
        (("mars", 1), "'mars'"),
        (("eu", 13), "13"),
        (("eu", 0), "0"),
        (("eu", "June"), "'June'"),
    ],
)
def test_a_wrong_question_is_refused(orders, question, named):
    with pytest.raises(ValueError, match=named):
        orders.top_products(*question)


def test_a_wrong_quantity_is_refused(orders):
    with pytest.raises(ValueError, match="0"):
        orders.set_quantity(1, 0)
