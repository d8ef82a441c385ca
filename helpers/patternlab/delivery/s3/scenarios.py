"""A seeded bucket, its queue and a consumer, for slider figures and exercises; without boto3."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from patternlab.delivery.functions.mapping_config import MappingConfig
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.receivers import Parcel, QueueReceiver
from patternlab.delivery.s3.bucket import Bucket
from patternlab.delivery.s3.reconcile import Reconciliation, reconcile
from patternlab.delivery.s3.records import key_of_record
from patternlab.delivery.s3.rules import Rule
from patternlab.delivery.s3.sequencer import newer
from patternlab.delivery.scenarios import World, sqs_lambda

#: Works on one version of an object: ``process(key, version_id)``. It may raise.
Process = Callable[[str, str], None]
#: A consumer: it gets Lambda's event, a table that outlives the invocation, and `process`.
Consumer = Callable[[Any, dict[str, Any], Process], Any]

PATIENCE = 7 * 86_400.0  # seconds after the last write; the slowest notification takes less


class _Watched(QueueReceiver):
    """A queue that notes how long after its event each notification comes."""

    def __init__(self, world: World) -> None:
        super().__init__(world.queue)
        self._clock = world.clock
        self.latencies: list[float] = []

    def deliver(self, parcel: Parcel) -> None:
        for record in json.loads(parcel.body).get("Records", ()):
            begun = datetime.fromisoformat(record["eventTime"]).timestamp()
            self.latencies.append(max(0.0, round(self._clock.time() - begun, 3)))
        super().deliver(parcel)


@dataclass
class Pipeline:
    """What became of the objects of a bucket.

    Attributes:
        latencies: Seconds from each event to its notification in the queue.
        processed: Pairs of a key and a version that were worked on, in order.
        failures: The errors that the consumer raised.
    """

    bucket: Bucket
    world: World
    latencies: list[float]
    processed: list[tuple[str, str]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    @property
    def books(self) -> Reconciliation:
        """The bucket's inventory, compared with what was processed by version."""
        current = {key: str(stored.version_id) for key, stored in self.bucket.objects.items()}
        return reconcile(current, self.processed)


def s3_pipeline(
    consumer: Consumer,
    *,
    objects: int = 40,
    writes: int = 2,
    gap: float = 0.25,
    latency: float = 2.0,
    spread: float = 1.5,
    duplicates: float = 0.0,
    loss: float = 0.0,
    failure_rate: float = 0.0,
    keys: Callable[[int], str] = "photos/{}.jpg".format,
    seed: int = 1,
) -> Pipeline:
    """Write `objects` objects `writes` times each, and run until every notification was handled.

    The bucket is versioned. All objects are written once, then all again. A batch that failed comes
    back after 30 s, ten times at most. Latency, spread, duplicates and loss are knobs, not AWS
    numbers.

    Args:
        consumer: Gets Lambda's event, a table that outlives the invocation, and `process`, which
            raises FileNotFoundError for a version that the bucket does not have.
        objects: How many.
        writes: How often each is written.
        gap: Seconds from one write to the next.
        latency: The median, in seconds.
        spread: The standard deviation of its logarithm.
        duplicates: Probability of a second notification.
        loss: **Hypothetical.** Probability that a notification never comes.
        failure_rate: Probability that `process` fails the first time for a version.
        keys: Makes the key of each number.
        seed: Decides everything random.
    """
    knobs = Knobs(
        mapping_delay=0.0,
        s3_latency=latency,
        s3_latency_spread=spread,
        s3_duplicates=duplicates,
        hypothetical_loss=loss,
    )
    written: set[tuple[str, str]] = set()
    tried: set[tuple[str, str]] = set()
    table: dict[str, Any] = {}

    def process(key: str, version_id: str) -> None:
        version = (key, version_id)
        if version not in written:
            raise FileNotFoundError(f"there is no object {key!r} with the version {version_id!r}")
        first = version not in tried
        tried.add(version)
        if first and random.Random(f"{seed} {version}").random() < failure_rate:
            raise TimeoutError(f"the disk was too slow for {key}")
        pipeline.processed.append(version)

    def handler(event: Any, context: Any) -> Any:
        try:
            return consumer(event, table, process)
        except Exception as error:
            pipeline.failures.append(error)
            raise

    config = MappingConfig(batch_size=10, report_batch_item_failures=True)
    world = sqs_lambda(
        handler, visibility_timeout=30, max_receive_count=10, config=config, seed=seed, knobs=knobs
    )
    receiver = _Watched(world)
    bucket = Bucket(
        world.clock, "photos", versioned=True, knobs=knobs, rng=random.Random(f"{seed} bucket")
    )
    pipeline = Pipeline(bucket, world, receiver.latencies)
    bucket.configure([Rule(receiver)])
    for write in range(writes):
        for number in range(1, objects + 1):
            key = keys(number)
            event = bucket.put(key, f"{key} {write}".encode())
            written.add((key, str(event.version_id)))
            world.clock.wait(gap)
    world.clock.wait(PATIENCE)
    world.run()
    return pipeline


# -- two consumers to compare ----------------------------------------------------------------------


def naive(event: Any, table: dict[str, Any], process: Process) -> None:
    """Work on whatever arrives, whenever it arrives."""
    for key, version, _ in photos_in(event):
        process(key, version)


def careful(event: Any, table: dict[str, Any], process: Process) -> None:
    """Work only on what is newer than the last version done of the same key."""
    for key, version, sequencer in photos_in(event):
        if newer(sequencer, table.get(key, "")):
            process(key, version)
            table[key] = sequencer


def photos_in(event: Any) -> list[tuple[str, str, str]]:
    """Return key, version id and sequencer of the objects in a batch; a test event has none."""
    found = []
    for message in event["Records"]:
        for record in json.loads(message["body"]).get("Records", ()):
            stored = record["s3"]["object"]
            found.append((key_of_record(record), stored["versionId"], stored["sequencer"]))
    return found
