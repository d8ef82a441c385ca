"""One execution of a DataSync task between two buckets: it lists, copies, deletes and verifies.

The objects are really copied, in the local S3. When a phase begins and ends is the clock's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import simpy
from botocore.exceptions import ClientError

from patternlab.hpc.transfer.datasync import BASIC, ENHANCED, phases
from patternlab.hpc.transfer.sync import Item, expected_at_end, faults, passes, to_copy, to_delete
from patternlab.hpc.transfer.tables import number
from patternlab.local.services import Services

DONE = ("SUCCESS", "ERROR")


@dataclass(frozen=True)
class Place:
    """One end of a transfer: a bucket and a folder in it."""

    bucket: str
    folder: str  # "" or "a/b/"


@dataclass
class Counters:
    """What DescribeTaskExecution counts."""

    at_source: int = 0
    at_destination: int = 0
    to_transfer: int = 0
    bytes_to_transfer: int = 0
    to_delete: int = 0
    transferred: int = 0
    bytes: int = 0
    deleted: int = 0
    skipped: int = 0
    verified: int = 0


@dataclass
class Run:
    """An execution: its settings, and where it stands."""

    services: Services
    source: Place
    destination: Place
    mode: str
    options: Mapping[str, Any]
    includes: Sequence[Mapping[str, str]]
    excludes: Sequence[Mapping[str, str]]
    status: str = "LAUNCHING"
    counters: Counters = field(default_factory=Counters)
    seconds: dict[str, float] = field(default_factory=dict)  # phase -> how long it took
    started: datetime | None = None
    ended: datetime | None = None
    error: str = ""

    def process(self) -> Generator[simpy.Event, Any, None]:
        """Run from LAUNCHING to SUCCESS or ERROR, as a SimPy process."""
        self.started = self.services.clock.now()
        yield from self._lasts(self.services.knobs.datasync_launch)
        try:
            yield from self._in_turn() if self.mode == BASIC else self._at_once()
        except ClientError as error:  # a bucket or an object that is gone meanwhile
            self.error = str(error)
        if self.status not in DONE:
            self._end("ERROR" if self.error else "SUCCESS")

    def cancel(self) -> None:
        """Stop at once. What has been copied stays."""
        self.error = "The task execution was cancelled."
        self._end("ERROR")

    def _end(self, status: str) -> None:
        self.status, self.ended = status, self.services.clock.now()

    # -- phases ------------------------------------------------------------------------------

    def _in_turn(self) -> Generator[simpy.Event, Any, None]:
        """A Basic task prepares, transfers and verifies one after the other."""
        if not self._enters("PREPARING"):
            return
        work = self._prepared()
        times = self._times(work)
        yield from self._lasts(times["prepare"], "prepare")
        if not self._enters("TRANSFERRING"):
            return
        copied = self._transferred(work)
        yield from self._lasts(times["transfer"], "transfer")
        if self.options["VerifyMode"] == "NONE" or not self._enters("VERIFYING"):
            return
        yield from self._lasts(times["verify"], "verify")
        if self.status not in DONE:
            self._verify(copied)

    def _at_once(self) -> Generator[simpy.Event, Any, None]:
        """Run an Enhanced task, whose phases overlap, so that it takes as long as the longest.

        AWS does not say which status it shows meanwhile; here it is TRANSFERRING.
        """
        if not self._enters("TRANSFERRING"):
            return
        work = self._prepared()
        copied = self._transferred(work)
        yield from self._lasts(max(self._times(work).values()), "transfer")
        if self.options["VerifyMode"] != "NONE" and self.status not in DONE:
            self._verify(copied)

    def _enters(self, status: str) -> bool:
        """Go on to the next phase, unless the execution has ended."""
        if self.status not in DONE:
            self.status = status
        return self.status not in DONE

    def _lasts(self, seconds: float, phase: str = "") -> Generator[simpy.Event, Any, None]:
        if phase:
            self.seconds[phase] = seconds
        yield self.services.clock.env.timeout(seconds)

    def _times(self, work: Mapping[str, Item]) -> dict[str, float]:
        """Seconds of each phase, by the model; at least as long as the knob says."""
        counted, rate = self.counters, number("DataSync Basic", "rate") * 1e9
        limit = self.options["BytesPerSecond"]  # an Enhanced task does not look at it
        line = min(rate, limit * 8) if limit > 0 and self.mode == BASIC else rate
        taken = phases(
            sum(item.size for item in work.values()),
            counted.at_source + counted.at_destination,
            line,
            mode=self.mode,
            verify=self.options["VerifyMode"],
            storage=rate,
        )
        least = self.services.knobs.datasync_phase
        hours = {"prepare": taken.prepare, "transfer": taken.transfer, "verify": taken.verify}
        return {phase: max(least, each * 3600) for phase, each in hours.items()}

    # -- the work ----------------------------------------------------------------------------

    def _prepared(self) -> dict[str, Item]:
        """Find out what is to be copied: path -> object. Deletions are counted here, too."""
        there, here = self._listed(self.source), self._listed(self.destination)
        work = to_copy(there, here, self.options)
        counted = self.counters
        counted.at_source, counted.at_destination = len(there), len(here)
        counted.to_transfer, counted.skipped = len(work), len(there) - len(work)
        counted.bytes_to_transfer = sum(item.size for item in work.values())
        counted.to_delete = len(to_delete(there, here, self.options))
        return work

    def _transferred(self, work: Mapping[str, Item]) -> dict[str, str]:
        """Copy and delete: path -> checksum of what was read at the source."""
        s3, read = self._s3, {}
        for path in work:
            read[path] = self._copy(path)
        there, here = self._listed(self.source), self._listed(self.destination)
        for path in to_delete(there, here, self.options):
            s3.delete_object(Bucket=self.destination.bucket, Key=self.destination.folder + path)
            self.counters.deleted += 1
        return read

    def _copy(self, path: str) -> str:
        copied_tags = "COPY" if self.options["ObjectTags"] == "PRESERVE" else "REPLACE"
        metadata = {} if self.options["ObjectMetadata"] == "PRESERVE" else {
            "MetadataDirective": "REPLACE", "Metadata": {}
        }  # fmt: skip
        source = {"Bucket": self.source.bucket, "Key": self.source.folder + path}
        read = self._read(source["Bucket"], source["Key"])
        self._s3.copy_object(
            CopySource=source,
            Bucket=self.destination.bucket,
            Key=self.destination.folder + path,
            TaggingDirective=copied_tags,
            **metadata,
        )
        self.counters.transferred += 1
        self.counters.bytes += read.size
        return read.checksum

    def _verify(self, copied: Mapping[str, str]) -> None:
        """Compare checksums: of what was copied, or of all of the source as it is now."""
        now = self._listed(self.source), self._listed(self.destination)
        expected = expected_at_end(copied, *now, self.options)
        wrong = faults(copied, *now, self.options)
        self.counters.verified = len(expected) - len(wrong)
        if wrong:
            self.error = f"Verification found {len(wrong)} that differ, the first: /{wrong[0]}"

    # -- S3 ----------------------------------------------------------------------------------

    @property
    def _s3(self) -> Any:
        return self.services.session.client("s3")

    def _listed(self, place: Place) -> dict[str, Item]:
        """Return the objects below a place by path, filtered."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=place.bucket, Prefix=place.folder
        )
        found = {}
        for page in pages:
            for entry in page.get("Contents", ()):
                path = entry["Key"].removeprefix(place.folder)
                if path and passes(f"/{path}", self.includes, self.excludes):
                    found[path] = self._read(place.bucket, entry["Key"])
        return found

    def _read(self, bucket: str, key: str) -> Item:
        """An object as it is compared. Not by its ETag: that depends on how it was uploaded."""
        found = self._s3.get_object(Bucket=bucket, Key=key)
        body = found["Body"].read()
        compared = found["Metadata"] if self.options["ObjectMetadata"] == "PRESERVE" else {}
        metadata = tuple(sorted(compared.items()))
        return Item(len(body), hashlib.sha256(body).hexdigest(), metadata)

    # -- what is shown -----------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """Return the part of DescribeTaskExecution that an execution knows."""
        counted, seconds = self.counters, self.seconds
        shown: dict[str, Any] = {
            "Status": self.status,
            "TaskMode": self.mode,
            "Options": dict(self.options),
            "Includes": list(self.includes),
            "Excludes": list(self.excludes),
            "StartTime": self.started.timestamp() if self.started else None,
            "EstimatedFilesToTransfer": counted.to_transfer,
            "EstimatedBytesToTransfer": counted.bytes_to_transfer,
            "EstimatedFilesToDelete": counted.to_delete,
            "FilesTransferred": counted.transferred,
            "BytesTransferred": counted.bytes,
            "BytesWritten": counted.bytes,
            "FilesDeleted": counted.deleted,
            "FilesSkipped": counted.skipped,
            "FilesVerified": counted.verified,
        }
        if self.mode == ENHANCED:
            shown["FilesListed"] = {"AtSource": counted.at_source}
            shown["FilesPrepared"] = counted.at_source
        if self.started and self.ended:
            shown["EndTime"] = self.ended.timestamp()
            shown["Result"] = {
                "TotalDuration": _milliseconds((self.ended - self.started).total_seconds()),
                **{f"{name.title()}Duration": _milliseconds(s) for name, s in seconds.items()},
            }
            if self.error:
                shown["Result"]["ErrorDetail"] = self.error
        return shown


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
