"""What AWS does not publish, as named parameters with neutral defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Knobs:
    """The engine's free choices. **None of these is an AWS number.**

    AWS promises no value for any of them (facts/events.md, section 8), so each is visible, seeded
    where it is random, and neutral unless you turn it. Seconds and probabilities (0 to 1).
    """

    #: Seconds a new execution environment needs before its first invocation.
    cold_start: float = 0.2
    #: Seconds every invocation takes besides what the handler itself sleeps.
    handler_overhead: float = 0.002
    #: Megabytes printed as "Max Memory Used" in a REPORT line.
    memory_used: int = 40
    #: Seconds from creating an event source mapping to Enabled (AWS: seconds to a minute).
    mapping_delay: float = 5.0
    #: Longest extra wait of an idle poller; each message that finds it idle waits U(0, this).
    idle_poll: float = 0.0
    #: Batches an idle mapping keeps open (AWS: 5 at start, "may drop to 2").
    idle_batches: int = 5
    #: Seconds between tries of a batch that a throttled function refused.
    throttle_retry: float = 1.0
    #: Share of its concurrency a mapping gives up after a failed batch.
    error_backoff: float = 0.0
    #: Probability that a successful delete is lost, so that the message comes back.
    duplicates: float = 0.0
    #: Probability that a standard queue hands out a later message first.
    reordering: float = 0.0
    #: Probability that a short poll does not see an available message.
    short_poll_miss: float = 0.0
