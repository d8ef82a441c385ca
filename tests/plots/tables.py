"""Small tables of attempts and of deliveries, in seconds, for the tests of the plots."""

import pandas as pd
from hypothesis import settings

from patternlab.delivery.attempts import FAILED, SUCCEEDED, Attempt, history_frame
from patternlab.delivery.sns.delivery_log import DELIVERED, FILTERED, Delivery, delivery_frame

ORIGIN = pd.Timestamp("2026-01-01T00:00:00Z")
#: A quarter of the usual examples: each of them makes tables.
QUICK = settings(max_examples=settings.default.max_examples // 4)
#: A poison message: five failures, 30 s apart.
POISON = [(30.0 * n, 30.0 * n + 0.02, FAILED) for n in range(5)]


def history_of(messages, group=None, sent=None, function="orders"):
    """Return a history of ``{key: [(start, end, outcome), ...]}``.

    ``group`` and ``sent`` are those of all messages, or dictionaries by key.
    """

    def of(value, key):
        return value.get(key) if isinstance(value, dict) else value

    return history_frame(
        Attempt(f"m-{key}", key, count, of(group, key), function, f"r-{key}", of(sent, key),
                start, end, outcome, None if outcome == SUCCEEDED else "ValueError")
        for key, attempts in messages.items()
        for count, (start, end, outcome) in enumerate(attempts, start=1)
    )  # fmt: skip


def mixed(messages, step=30.0):
    """Return a history of so many messages with every outcome and fate."""
    lives = [
        ["succeeded"],
        ["failed", "succeeded"],
        ["timed out", "failed", "succeeded"],
        ["failed"] * 5,
        ["failed", "timed out"],
    ]
    return history_of(
        {
            f"order-{n}": [
                (n * step / 100 + step * i, n * step / 100 + step * i + step / 500, outcome)
                for i, outcome in enumerate(lives[n % len(lives)])
            ]
            for n in range(messages)
        }
    )


def deliveries_of(rows):
    """Return deliveries of (message, subscription, attempt, seconds, outcome)."""
    return delivery_frame(
        (Delivery(message, "shop", name, "sqs", attempt, seconds, outcome,
                  None if outcome in (DELIVERED, FILTERED) else f"error {attempt}")
         for message, name, attempt, seconds, outcome in rows),
        ORIGIN,
    )  # fmt: skip


def tries(message, name, *attempts):
    """Return rows for ``deliveries_of`` of one story: (seconds, outcome) of each attempt."""
    return [(message, name, n, s, outcome) for n, (s, outcome) in enumerate(attempts, start=1)]
