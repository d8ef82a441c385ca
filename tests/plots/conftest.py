"""A small history of deliveries that the tests of the plots share."""

import pandas as pd
import pytest

from patternlab.plots.lanes import COLUMNS

ORIGIN = pd.Timestamp("2026-01-01T00:00:00Z")


@pytest.fixture
def make_history():
    """Return a function: ``{key: [(start, end, outcome), ...]}`` in seconds -> history."""

    def make(messages, group=None):
        rows = []
        for key, attempts in messages.items():
            for count, (start, end, outcome) in enumerate(attempts, start=1):
                times = [ORIGIN + pd.Timedelta(seconds=value) for value in (start, end)]
                error = None if outcome == "succeeded" else "ValueError"
                rows.append(
                    (f"id-{key}", key, count, group, "orders", f"{key}-{count}", *times,
                     outcome, error)
                )  # fmt: skip
        return pd.DataFrame(rows, columns=list(COLUMNS))

    return make


@pytest.fixture
def poison(make_history):
    """Return one message that fails five times, 30 s apart."""
    attempts = [(30.0 * n, 30.0 * n + 0.02, "failed") for n in range(5)]
    return make_history({"order-1": attempts})


@pytest.fixture
def mixed(make_history):
    """Return a function: a history of ``messages`` messages with every outcome and fate."""

    def make(messages, step=30.0):
        life = [
            ["succeeded"],
            ["failed", "succeeded"],
            ["timed out", "failed", "succeeded"],
            ["failed"] * 5,
            ["failed", "timed out"],
        ]
        return make_history(
            {
                f"order-{n}": [
                    (n * step / 100 + step * i, n * step / 100 + step * i + step / 500, outcome)
                    for i, outcome in enumerate(life[n % len(life)])
                ]
                for n in range(messages)
            }
        )

    return make
