"""The exercises of notebook 05: events of a bucket."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from patternlab.clock import VirtualClock
from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.receivers import Parcel, QueueReceiver
from patternlab.delivery.s3.bucket import Bucket
from patternlab.delivery.s3.records import key_of_record
from patternlab.delivery.s3.rules import Rule, check_rules
from patternlab.delivery.s3.scenarios import Pipeline, careful, s3_pipeline
from patternlab.delivery.s3.sequencer import newer
from patternlab.delivery.sqs.standard import StandardQueue
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, on_seeds

SEEDS = (1, 2, 3, 4, 5)

# -- newest-wins ---------------------------------------------------------------------------------

Record = dict[str, Any]
KEYS = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


class _Notes:
    """A receiver that keeps the records it gets."""

    arn, protocol = "arn:aws:sqs:us-east-1:123456789012:notes", "sqs"

    def __init__(self) -> None:
        self.records: list[Record] = []

    def deliver(self, parcel: Parcel) -> None:
        self.records += json.loads(parcel.body).get("Records", [])


def _mixed_up(seed: int) -> tuple[list[Record], dict[str, str]]:
    """Records of seeded writes and deletes in the order of arrival, and the ETags that are left.

    Some are written several times at one moment; then the second sequencer is longer. Every key
    meets something that a careless reader gets wrong.
    """
    rng, clock, notes = random.Random(seed), VirtualClock(), _Notes()
    knobs = Knobs(s3_latency=2.0, s3_latency_spread=1.5, s3_duplicates=0.3)
    bucket = Bucket(clock, "photos", knobs=knobs, rng=rng)
    bucket.configure([Rule(notes, ("s3:ObjectCreated:*", "s3:ObjectRemoved:*"))])
    for n in range(6):
        for key in rng.sample(KEYS, len(KEYS)):
            bucket.put(key, f"{key} {n}".encode())
            if rng.random() < 0.5:
                bucket.put(key, f"{key} {n} again".encode())
            clock.wait(rng.uniform(0.5, 2))
    bucket.put("b.jpg", b"b at last, at once")
    bucket.put("b.jpg", b"b at last")  # two writes within one millisecond
    bucket.put("c.jpg", b"c, a long sequencer")
    clock.wait(1)
    bucket.put("c.jpg", b"c at last")
    bucket.delete("d.jpg")
    clock.wait(7 * 86_400)
    records = notes.records
    rng.shuffle(records)
    return records, bucket.inventory()


def judge_newest(newest: Any) -> str:
    """Give it records in any order, and compare with the bucket."""

    def judge_records(seed: int) -> None:
        records, bucket = _mixed_up(seed)
        found = newest(copy.deepcopy(records))
        if not isinstance(found, dict):
            raise Wrong(f"Return a dictionary of ETags by key, not {type(found).__name__}.")
        _compare(found, bucket, records)

    on_seeds(SEEDS, judge_records)
    return "Whatever the order of arrival, the dictionary says what is in the bucket."


def _compare(found: dict[str, str], bucket: dict[str, str], records: list[Record]) -> None:
    """Refuse the first thing that is not as the bucket has it."""
    if strangers := sorted(set(found) - {key_of_record(record) for record in records}):
        raise Wrong(
            f"There is no object {strangers[0]!r}. The key is record['s3']['object']['key']."
        )
    if missing := sorted(set(bucket) - set(found)):
        raise Wrong(f"{missing[0]} is in the bucket, and not in your dictionary.")
    stale = sorted(key for key in bucket if found[key] != bucket[key])
    if stale:
        raise Wrong(
            f"{stale[0]} is not up to date: " + _why_stale(stale[0], found, bucket, records)
        )
    if gone := sorted(set(found) - set(bucket)):
        raise Wrong(f"{gone[0]} was deleted last, and your dictionary still has it.")


def _why_stale(
    key: str, found: dict[str, str], bucket: dict[str, str], records: list[Record]
) -> str:
    """What the version that was chosen has more of than the right one, in a sentence."""
    mine = [record for record in records if key_of_record(record) == key]
    of = {record["s3"]["object"].get("eTag"): record for record in mine}
    chosen, best = of.get(found[key]), of[bucket[key]]
    if chosen is None:
        return f"{found[key]!r} is none of its ETags."
    arrived = {key_of_record(r): r["s3"]["object"].get("eTag") for r in records}
    if all(found[name] == (arrived[name] or found[name]) for name in bucket):
        return "you took the record that arrived last, and that need not be the newest."
    long, short = (record["s3"]["object"]["sequencer"] for record in (chosen, best))
    if chosen["eventTime"] == best["eventTime"]:
        return "both writes have the same eventTime, and the sequencer tells which is later."
    if len(long) > len(short):
        return (
            f"{long} is longer than {short}, and earlier. Fill the shorter one up with zeros on "
            "its right before you compare."
        )
    return "you took another record than the one with the latest sequencer."


def newest(records):
    """Return the ETag of each object whose newest record is not a removal."""
    best = {}
    for record in records:
        stored = record["s3"]["object"]
        rank = stored["sequencer"].ljust(32, "0")
        if rank > best.get(stored["key"], ("",))[0]:
            best[stored["key"]] = (rank, record["eventName"], stored.get("eTag"))
    return {key: tag for key, (rank, name, tag) in best.items() if name.startswith("ObjectCreated")}


def _newest_pair_by_pair(records):
    last = {}
    for record in records:
        key = record["s3"]["object"]["key"]
        number = record["s3"]["object"]["sequencer"]
        if key not in last or newer(number, last[key]["s3"]["object"]["sequencer"]):
            last[key] = record
    return {
        key: record["s3"]["object"]["eTag"]
        for key, record in last.items()
        if not record["eventName"].startswith("ObjectRemoved")
    }


def _in_order_of(rank):
    """A reader that sorts the records by something, and takes the last."""

    def newest_by(records):
        found = {}
        for record in sorted(records, key=rank):
            found[record["s3"]["object"]["key"]] = record["s3"]["object"].get("eTag")
        return {key: tag for key, tag in found.items() if tag}

    return newest_by


def _last_arrival(records):
    return {r["s3"]["object"]["key"]: r["s3"]["object"].get("eTag", "deleted") for r in records}


def _never_deletes(records):
    best = {}
    for record in records:
        stored = record["s3"]["object"]
        if "eTag" in stored and stored["sequencer"] > best.get(stored["key"], ("",))[0]:
            best[stored["key"]] = (stored["sequencer"], stored["eTag"])
    return {key: tag for key, (_, tag) in best.items()}


newest_wins = Exercise(
    "newest-wins",
    judge=judge_newest,
    reference=newest,
    alternatives=[_in_order_of(lambda r: r["s3"]["object"]["sequencer"]), _newest_pair_by_pair],
    misconceptions=[
        (_last_arrival, "the record that arrived last"),
        (_in_order_of(lambda r: r["eventTime"]), "have the same eventTime"),
        (_in_order_of(lambda r: int(r["s3"]["object"]["sequencer"], 16)), "is longer than"),
        (_never_deletes, "was deleted last"),
    ],
    hints=[
        "Keep, for each key, the record with the latest sequencer that you have seen.",
        "Sequencers are hexadecimal and of different lengths: fill the shorter one up with "
        "zeros on its right, then compare as text. ljust does that.",
        "A record whose eventName begins with ObjectRemoved may be the newest. It has a "
        "sequencer, too, and the key must not be in the result.",
    ],
)

# -- neither-missed-nor-doubled --------------------------------------------------------------------

Handler = Callable[[Any, dict[str, Any], Callable[[str, str], None]], Any]


def _name(number: int) -> str:
    """Names as people give them: blanks, a plus sign, letters that are not ASCII."""
    return f"photos/{('cat {}', '1+{}', 'Zoë {}', 'dog-{}')[number % 4].format(number)}.jpg"


def _run(handler: Handler, seed: int) -> Pipeline:
    return s3_pipeline(
        handler,
        objects=16,
        writes=3,
        gap=1.0,
        duplicates=0.3,
        failure_rate=0.2,
        keys=_name,
        seed=seed,
    )


def judge_handler(handler: Any) -> str:
    """Run the consumer behind a bucket that is late, mixed up and repetitive."""
    on_seeds(SEEDS, lambda seed: _look_at(_run(handler, seed)))
    return "No object was missed, none was done twice, and all are in their newest version."


def _look_at(pipeline: Pipeline) -> None:
    """Refuse the first thing that is not as it should be."""
    books = pipeline.books
    unknown = [error for error in pipeline.failures if isinstance(error, FileNotFoundError)]
    other = [
        error
        for error in pipeline.failures
        if not isinstance(error, FileNotFoundError | TimeoutError)
    ]
    if other:
        told = f"Your handler raised {type(other[0]).__name__}: {other[0]}."
        if isinstance(other[0], KeyError) and "Records" in str(other[0]):
            told += " The first message of all is S3's test event, and its body has no Records."
        raise Wrong(told)
    if unknown:
        raise Wrong(f"process() says: {unknown[0]}. Keys come url-encoded, with + for a blank.")
    if not pipeline.processed:
        raise Wrong(
            "Nothing was worked on at all. Call process(key, version_id) for each new object."
        )
    if books.doubled:
        raise Wrong(
            f"One version of {books.doubled[0]!r} was worked on twice: S3 told of it twice."
        )
    if books.missing or books.stale:
        raise Wrong(_missed(pipeline, (books.missing or books.stale)[0]))


def _missed(pipeline: Pipeline, key: str) -> str:
    """Why the newest version of a key is not the last one that was worked on."""
    current = (key, pipeline.bucket.objects[key].version_id)
    if current in pipeline.processed:
        return f"{key!r} ended in an old version: its event came late, after that of a newer one."
    return (
        f"The newest version of {key!r} was never worked on. process() failed the first time, and "
        "nobody tried again: an error was hidden, or it was noted as done too early."
    )


def _with_partial_responses(event, table, process):
    failed = []
    for message in event["Records"]:
        try:
            careful({"Records": [message]}, table, process)
        except Exception:
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def _handler(order=True, once=True, decode=True, test_event=True, early=False):
    """A consumer that may lack one of the precautions."""

    def handler(event, table, process):
        for message in event["Records"]:
            body = json.loads(message["body"])
            for record in body.get("Records", []) if test_event else body["Records"]:
                stored = record["s3"]["object"]
                key = unquote_plus(stored["key"]) if decode else stored["key"]
                rank = stored["sequencer"]
                seen = table.setdefault(key, [])
                if (once and rank in seen) or (order and seen and rank < max(seen)):
                    continue
                if early:
                    seen.append(rank)
                process(key, stored["versionId"])
                if not early:
                    seen.append(rank)

    return handler


neither_missed_nor_doubled = Exercise(
    "neither-missed-nor-doubled",
    judge=judge_handler,
    reference=careful,
    alternatives=[_with_partial_responses, _handler()],
    misconceptions=[
        (_handler(test_event=False), "The first message of all"),
        (_handler(decode=False), "Keys come url-encoded"),
        (_handler(once=False, order=False), "was worked on twice"),
        (_handler(order=False), "ended in an old version"),
        (_handler(early=True), "noted as done too early"),
    ],
    hints=[
        "Go through event['Records']; json.loads each body. One body has no 'Records'.",
        "urllib.parse.unquote_plus gives the key its name back.",
        "Keep the latest sequencer of each key in `table`, and work only on what is newer. "
        "That stops duplicates as well as latecomers.",
        "Write into `table` after process() has succeeded, and let its error leave the "
        "handler: then the message comes back.",
    ],
    solution="""
            import json
            from urllib.parse import unquote_plus

            def handler(event, table, process):
                for message in event["Records"]:
                    for record in json.loads(message["body"]).get("Records", []):
                        stored = record["s3"]["object"]
                        key = unquote_plus(stored["key"])
                        rank = stored["sequencer"].ljust(32, "0")
                        if rank > table.get(key, ""):
                            process(key, stored["versionId"])
                            table[key] = rank
        """,
)

# -- no-overlap ------------------------------------------------------------------------------------

QUEUES = ("thumbnails", "videos", "cleanup")
CREATED = ("Put", "Post", "Copy", "CompleteMultipartUpload")


def _receiver(name: str) -> QueueReceiver:
    return QueueReceiver(StandardQueue(VirtualClock(), name))


def _wanted(name: str, key: str) -> str | None:
    """The queue that has to learn of an event: the need, in code."""
    if key.startswith("photos/") and name.startswith("ObjectRemoved"):
        return "cleanup"
    if key.startswith("photos/") and name.startswith("ObjectCreated"):
        return "thumbnails" if key.endswith((".jpg", ".png")) else None
    if key.startswith("videos/") and name.startswith("ObjectCreated"):
        return "videos"
    return None


def _events(seed: int) -> list[tuple[str, str]]:
    """Seeded events: pairs of an event name and a key, of every kind that matters."""
    rng = random.Random(seed)
    folders = ("thumbs/", "photos/", "photos/2026/", "videos/", "photos-old/", "videos.bak/", "")
    names = [f"ObjectCreated:{kind}" for kind in CREATED]
    names += ["ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated"]
    endings = (".jpg", ".png", ".txt", ".mp4", "")
    return [
        (name, f"{folder}img-{rng.randrange(10_000)}{ending}")
        for folder in folders
        for name in names
        for ending in endings
    ]


def judge_rules(answer: Any) -> str:
    """Give the rules to S3's own checks, then send seeded events through them."""
    if not isinstance(answer, list | tuple) or not all(isinstance(r, dict) for r in answer):
        raise Wrong("Give a list of rules, each a dictionary with to, events, prefix and suffix.")
    try:
        rules = [_rule(**entry) for entry in answer]
        check_rules(rules)
    except TypeError:
        raise Wrong(
            "A rule has these parts: to, events, and if you like prefix and suffix."
        ) from None
    except DeliveryError as error:
        raise Wrong(f"S3 refuses this: {error.code}: {error.message}") from None
    for seed in SEEDS:
        for name, key in _events(seed):
            _look_where(rules, name, key)
    return "S3 accepts these rules, and every event goes where it is needed."


def _rule(to: Any, events: Any, prefix: str = "", suffix: str = "") -> Rule:
    """One entry of the answer as a rule, if its parts are right."""
    if to not in QUEUES:
        raise Wrong(f"There is no queue {to!r}, only {', '.join(QUEUES)}.")
    names = (events,) if isinstance(events, str) else tuple(events)
    if not names or not all(isinstance(name, str) for name in names):
        raise Wrong('events is a list of names, for example ["s3:ObjectCreated:*"].')
    if not isinstance(prefix, str) or not isinstance(suffix, str):
        raise Wrong("A rule has one prefix and one suffix, each a text.")
    return Rule(_receiver(to), names, prefix, suffix)


def _look_where(rules: list[Rule], name: str, key: str) -> None:
    """Refuse the rules if this event goes where it should not."""
    fitting = [rule for rule in rules if name in rule.names() and rule.takes_key(key)]
    went = [rule.receiver.arn.rpartition(":")[2] for rule in fitting]
    wanted = _wanted(name, key)
    if went == ([wanted] if wanted else []):
        return
    what = f"s3:{name} of {key!r}"
    if wanted is None and key.startswith("thumbs/"):
        raise Wrong(
            f"{what} goes to {went[0]}: the function's own thumbnails call it again, for ever."
        )
    if wanted is None:
        raise Wrong(f"{what} goes to {went[0]}, and nobody asked for it.")
    if went:
        raise Wrong(f"{what} goes to {' and '.join(went)}, and should go to {wanted}.")
    if any("ObjectCreated:Put" in r.names() and r.takes_key(key) for r in rules):
        raise Wrong(f"{what} reaches nobody: Put is only one of the four ways to create an object.")
    raise Wrong(f"{what} reaches nobody, and should go to {wanted}.")


def _rules(photos="photos/", videos="videos/", made="s3:ObjectCreated:*", images=(".jpg", ".png")):
    """The reference, or one like it with another prefix, event or suffix."""
    return [
        *({"to": "thumbnails", "events": [made], "prefix": photos, "suffix": s} for s in images),
        {"to": "videos", "events": [made], "prefix": videos},
        {"to": "cleanup", "events": ["s3:ObjectRemoved:*"], "prefix": "photos/"},
    ]


no_overlap = Exercise(
    "no-overlap",
    judge=judge_rules,
    reference=_rules(),
    alternatives=[
        [
            {"to": to, "events": [f"s3:ObjectCreated:{kind}" for kind in CREATED], **where}
            for to, where in (
                ("videos", {"prefix": "videos/"}),
                ("thumbnails", {"prefix": "photos/", "suffix": ".png"}),
                ("thumbnails", {"prefix": "photos/", "suffix": ".jpg"}),
            )
        ]
        + [
            {"to": "cleanup", "events": [f"s3:ObjectRemoved:{kind}"], "prefix": "photos/"}
            for kind in ("Delete", "DeleteMarkerCreated")
        ],
        tuple(reversed(_rules())),
    ],
    misconceptions=[
        (_rules(photos=""), "S3 refuses this"),
        (
            [rule for rule in _rules(photos="") if rule["to"] != "videos"],
            "the function's own thumbnails",
        ),
        (_rules(made="s3:ObjectCreated:Put"), "one of the four ways"),
        (_rules(photos="photos", videos="videos"), "nobody asked for it"),
        (_rules(images=(".jpg,.png",)), "reaches nobody, and should go"),
    ],
    hints=[
        "Two rules with a common event type overlap when one prefix begins with the other and "
        "one suffix ends with the other. A missing prefix begins everything.",
        "A rule has one prefix and one suffix. Two suffixes need two rules.",
        "Four rules do it: photos/ with .jpg, photos/ with .png, videos/, and the deletes.",
    ],
    solution="""
            created, removed = ["s3:ObjectCreated:*"], ["s3:ObjectRemoved:*"]
            answer = [
                {"to": "thumbnails", "events": created, "prefix": "photos/", "suffix": ".jpg"},
                {"to": "thumbnails", "events": created, "prefix": "photos/", "suffix": ".png"},
                {"to": "videos", "events": created, "prefix": "videos/"},
                {"to": "cleanup", "events": removed, "prefix": "photos/"},
            ]
        """,
)
