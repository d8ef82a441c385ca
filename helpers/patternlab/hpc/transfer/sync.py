"""What a DataSync task copies, deletes and finds when it verifies, by its options.

Pure rules about two listings, path -> :class:`Item`. :mod:`patternlab.local.datasync.run` applies
them to real buckets; :func:`night` to two dictionaries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from patternlab.hpc.transfer.options import checked_mode, checked_options


@dataclass(frozen=True)
class Item:
    """A file as DataSync compares it: size, checksum and metadata."""

    size: int
    checksum: str
    metadata: tuple[tuple[str, str], ...] = ()


Listing = Mapping[str, Item]


def to_copy(there: Listing, here: Listing, options: Mapping[str, Any]) -> dict[str, Item]:
    """Return what is copied from `there` to `here`."""
    return {path: item for path, item in there.items() if _copies(item, here.get(path), options)}


def _copies(item: Item, found: Item | None, options: Mapping[str, Any]) -> bool:
    if found is None:
        return True
    if options["OverwriteMode"] == "NEVER":
        return False
    return options["TransferMode"] == "ALL" or item != found


def to_delete(there: Listing, here: Listing, options: Mapping[str, Any]) -> list[str]:
    """List what exists only `here` and has to be removed."""
    removes = options["PreserveDeletedFiles"] == "REMOVE"
    return [path for path in here if path not in there] if removes else []


def faults(
    copied: Mapping[str, str], there: Listing, here: Listing, options: Mapping[str, Any]
) -> list[str]:
    """List the paths that a verification finds different.

    Args:
        copied: path -> checksum of what was read when it was copied.
        there, here: both ends as they are now.
        options: VerifyMode says whether what was copied is compared, or all of the source.
    """
    expected = expected_at_end(copied, there, here, options)
    return [
        path
        for path, checksum in expected.items()
        if path not in here or here[path].checksum != checksum
    ]


def expected_at_end(
    copied: Mapping[str, str], there: Listing, here: Listing, options: Mapping[str, Any]
) -> dict[str, str]:
    """Return the checksum that the verification expects of each path.

    A file that must never be overwritten may differ: AWS does not say otherwise.
    """
    if options["VerifyMode"] == "NONE":
        return {}
    if options["VerifyMode"] == "ONLY_FILES_TRANSFERRED":
        return dict(copied)
    kept = set(here) - set(copied) if options["OverwriteMode"] == "NEVER" else set()
    return {path: item.checksum for path, item in there.items() if path not in kept}


def passes(
    path: str, includes: Sequence[Mapping[str, str]], excludes: Sequence[Mapping[str, str]]
) -> bool:
    """Whether the filters let a path such as "/runs/1.dat" through."""
    return (not includes or _matches(path, includes)) and not _matches(path, excludes)


def _matches(path: str, filters: Sequence[Mapping[str, str]]) -> bool:
    """Whether a path, or a folder it is in, fits one of the patterns: "/tmp|*.log"."""
    patterns = [each for filter_ in filters for each in filter_["Value"].split("|")]
    return any(fnmatchcase(path, each) or fnmatchcase(path, f"{each}/*") for each in patterns)


# -- two dictionaries --------------------------------------------------------------------------


@dataclass(frozen=True)
class Night:
    """What one run did: paths copied and deleted, and what its verification found."""

    copied: tuple[str, ...]
    deleted: tuple[str, ...]
    faults: tuple[str, ...]


def night(
    there: Mapping[str, bytes],
    here: dict[str, bytes],
    *,
    TaskMode: str | None = None,
    Options: Mapping[str, Any] | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Night:
    """Run a task once between two dictionaries, path -> content; `here` is changed.

    Args:
        TaskMode, Options: as CreateTask takes them.
        meanwhile: called between the copy and the verification.

    Raises:
        HPCError: what DataSync refuses.
    """
    options = checked_options(checked_mode(TaskMode), Options)
    before = listing(there), listing(here)
    work, extra = to_copy(*before, options), to_delete(*before, options)
    here |= {path: there[path] for path in work}
    for path in extra:
        del here[path]
    meanwhile()
    copied = {path: item.checksum for path, item in work.items()}
    found = faults(copied, listing(there), listing(here), options)
    return Night(tuple(work), tuple(extra), tuple(found))


def listing(files: Mapping[str, bytes]) -> dict[str, Item]:
    """What DataSync sees of such a dictionary."""
    return {path: Item(len(body), hashlib.sha256(body).hexdigest()) for path, body in files.items()}
