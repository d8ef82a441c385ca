"""What AWS does not publish, as named parameters with neutral defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Knobs:
    """The engine's free choices; none of these is an AWS number.

    AWS promises no value for any of them (events-72), so each is visible, seeded if it is random,
    and neutral unless you turn it. Seconds and probabilities (0 to 1).
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
    #: Batches that an idle mapping keeps open (AWS: 5 at start, "may drop to 2").
    idle_batches: int = 5
    #: Seconds between tries of a batch that a throttled function refused.
    throttle_retry: float = 1.0
    #: Share of its concurrency a mapping gives up after a failed batch.
    error_backoff: float = 0.0
    #: Lambda's asynchronous retries wait 60 s and 120 s, each times U(this range).
    async_retry_jitter: tuple[float, float] = (0.85, 1.1)
    #: The same for its 1, 2, 4 ... 300 s after a throttle or a system error; never above 300 s.
    async_backoff_jitter: tuple[float, float] = (1.0, 1.15)
    #: Probability that an asynchronous event is run once more without any error (AWS: it happens).
    async_duplicates: float = 0.0
    #: SNS's retries wait as documented, multiplied by U(this range) (AWS: "applies jittering").
    delivery_jitter: tuple[float, float] = (1.0, 1.0)
    #: Seconds until a changed filter policy of a subscription takes effect (AWS: up to 15 minutes).
    filter_policy_lag: float = 0.0
    #: Probability that a successful delete is lost, so that the message comes back.
    duplicates: float = 0.0
    #: Probability that a standard queue hands out a later message first.
    reordering: float = 0.0
    #: Probability that a short poll does not see an available message.
    short_poll_miss: float = 0.0
    #: Seconds over which a fair queue measures who takes its processing time; 0 does not measure.
    fair_window: float = 300.0
    #: Messages per second that a move task moves if it was given no rate (AWS: "optimized").
    move_rate: int = 500
    #: Count API calls of FIFO queues against their quotas (AWS always does).
    fifo_quotas: bool = False
    #: Seconds until SetQueueAttributes takes effect (AWS: up to 60).
    attribute_lag: float = 0.0
    #: The same for MessageRetentionPeriod (AWS: up to 15 minutes).
    retention_lag: float = 0.0
    #: Seconds until PurgeQueue deletes (AWS: up to 60).
    purge_lag: float = 0.0
    #: Seconds by which the Approximate... counters may be old (AWS: about a minute).
    counter_lag: float = 0.0
    #: Seconds until a queue can be used after it was created (AWS: at least 1).
    creation_lag: float = 0.0
    #: Seconds until a deleted queue's name can be used again (AWS: 60).
    name_reuse_lag: float = 0.0
    #: Seconds from an event in a bucket to its notification; the median where they differ.
    s3_latency: float = 1.0
    #: How much they differ: the standard deviation of the latency's logarithm.
    s3_latency_spread: float = 0.0
    #: Probability that S3 sends a notification twice (AWS: at least once).
    s3_duplicates: float = 0.0
    #: Probability that two writes of a key at once, without versioning, give one notification.
    s3_merged_writes: float = 0.0
    #: Seconds until a changed notification configuration takes effect (AWS: about 5 minutes).
    s3_configuration_lag: float = 0.0
    #: **Hypothetical.** Probability that a notification of S3 never comes. AWS promises at least
    #: once; turn this to ask whether a design would notice.
    hypothetical_loss: float = 0.0
    #: Seconds an event takes through an EventBridge bus to a target.
    bus_latency: float = 0.5
    #: EventBridge's retries wait 1, 2, 4 ... 488 s (185 fill 24 hours), each times U(this range).
    bus_retry_jitter: tuple[float, float] = (0.5, 1.0)
    #: Seconds that API Gateway itself takes for a request.
    gateway_overhead: float = 0.01
    #: Seconds to create, resize or delete a stage's cache (AWS: "about 4 minutes").
    gateway_cache_change: float = 240.0
    #: Seconds to flush it (AWS: "a couple of minutes").
    gateway_cache_flush: float = 120.0
    #: Seconds until an instance has booted and its Session Manager agent reports.
    instance_boot: float = 45.0
    #: vCPUs of every family that the account may run on demand. Real accounts begin far lower.
    vcpu_quota: float = 384.0
    #: Seconds that DataSync launches an execution (AWS: "usually goes quickly", up to minutes).
    datasync_launch: float = 60.0
    #: The least seconds of each phase of an execution, listing and copying little included.
    datasync_phase: float = 30.0
