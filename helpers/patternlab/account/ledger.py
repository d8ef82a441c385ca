"""What a session was about to make, on disk before AWS is asked to make it.

One file a session, one JSON object a line, only ever appended to. A kernel that is killed at any
point leaves at most one resource too many in it, never one too few: the sweep looks for what
exists.

    {"is": "header", "session": "k3f9qb", "region": "us-east-1", ...}
    {"is": "planned", "entry": "5d01c2aa", "kind": "queue", "name": "patternlab-k3f9qb-orders", ...}
    {"is": "made", "entry": "5d01c2aa", ...}                  or "failed"; and "gone" in the end

Names and ids only: no ARN, no URL, no account id, no credential.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from patternlab.resources import KINDS
from patternlab.resources.errors import AccountError
from patternlab.resources.naming import Session

AWS = "aws"
_FOLDER = "ledger"
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
_FINE_STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"  # when a create was sent
_MENDED = b'\n{"is": "mended"}\n'  # ends the line that a killed process began
_SECRET = re.compile(r"arn:|://|[?&]X-Amz-|(?<!\d)\d{12}(?!\d)")
# A random id may hold 12 digits: a UUID at its end (one in 280), one of EC2 ("i-...") anywhere (one
# in 100).
_RANDOM = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[a-z]+-[0-9a-f]{17}\b")


class LedgerError(AccountError):
    """A ledger that cannot be written or read, and what to do."""


@dataclass(frozen=True)
class Entry:
    """One create: its resource may exist while `state` is "planned" or "made".

    `region` is where it was sent; `identifier` the id AWS gave, where names are not enough.
    """

    id: str
    kind: str
    name: str
    region: str
    at: datetime
    state: str = "planned"
    identifier: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state in ("planned", "made")


@dataclass(frozen=True)
class Ledger:
    """The ledger of one session.

    Attributes:
        path: the file.
        session, region, notebook, expires: as in ``naming.Session``.
        account: the last four digits of the account.
        endpoint: "aws", or host and port of a stand-in.
    """

    path: Path
    session: str
    region: str
    notebook: str
    expires: datetime
    account: str
    endpoint: str

    @classmethod
    def open(cls, state: Path, session: Session, *, account: str, endpoint: str | None) -> Ledger:
        """Begin the ledger of `session` in the folder `state`; go on with it where it exists.

        `account` is an account id, whole or masked, of which only the last four digits are kept;
        `endpoint` a URL or a host that stands in for AWS, or None.
        """
        path = state / _FOLDER / f"{session.id}.jsonl"
        if path.exists():
            return cls.read(path)
        header = {
            "is": "header",
            "session": session.id,
            "region": session.region,
            "notebook": session.notebook,
            "expires": session.expires.strftime(_STAMP),
            "account": account[-4:],
            "endpoint": endpoint_host(endpoint),
        }
        try:
            _begin(path, json.dumps(header).encode() + b"\n")
        except OSError as error:
            raise LedgerError(_cannot_write(path, error)) from None
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """Return the ledger in the file `path`. Raises LedgerError if it cannot be trusted."""
        header = next(_lines(path), (1, None))[1]
        if not isinstance(header, dict) or header.get("is") != "header":
            raise _damaged(path, 1, "it does not begin with the ledger's header")
        try:
            ledger = cls(
                path=path,
                session=_text(header, "session"),
                region=_text(header, "region"),
                notebook=_text(header, "notebook"),
                expires=_moment(header["expires"]),
                account=_text(header, "account"),
                endpoint=_text(header, "endpoint"),
            )
        except (KeyError, TypeError, ValueError):
            raise _damaged(path, 1, "the header does not say what it has to") from None
        ledger.entries()
        return ledger

    # -- writing -----------------------------------------------------------------------------

    def planned(self, kind: str, name: str, region: str | None = None) -> str:
        """Write down that a create is about to be sent; on disk when this returns.

        Returns the entry's id. LedgerError: it is not on disk, and the create must not be sent.
        """
        if kind not in KINDS:
            raise LedgerError(f"The ledger knows no {kind!r}: add it to RESOURCES first.")
        entry = secrets.token_hex(4)
        where = {} if region in (None, self.region) else {"region": _clean(region)}
        self._write({"is": "planned", "entry": entry, "kind": kind, "name": _clean(name), **where})
        return entry

    def made(self, entry: str, identifier: str | None = None) -> None:
        """Note that the create was carried out; `identifier` is what ``id_in`` has read."""
        more = {"id": _clean(identifier)} if identifier else {}
        self._write({"is": "made", "entry": entry, **more})

    def failed(self, entry: str) -> None:
        """Note that AWS refused the create: nothing was made."""
        self._write({"is": "failed", "entry": entry})

    def gone(self, entry: str) -> None:
        """Note that it is deleted, or never existed."""
        self._write({"is": "gone", "entry": entry})

    def _write(self, record: dict[str, Any]) -> None:
        """Append one line in one write, and wait until the disk has it.

        The file is opened anew each time: forked processes and threads share no position in it,
        and O_APPEND keeps the lines of two writers apart.
        """
        stamp = datetime.now(UTC).strftime(_FINE_STAMP)
        line = json.dumps({**record, "at": stamp}).encode() + b"\n"
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND)
            try:
                if _is_cut(descriptor):
                    line = _MENDED + line
                if os.write(descriptor, line) != len(line):
                    raise OSError("the disk is full")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise LedgerError(_cannot_write(self.path, error)) from None

    # -- reading -----------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """Return all entries as they are on disk now, in the order in which they were planned."""
        found: dict[str, Entry] = {}
        for number, record in _lines(self.path):
            try:
                self._take(record, found)
            except (KeyError, TypeError, ValueError):
                raise _damaged(self.path, number, "this line is not one of a ledger") from None
        return list(found.values())

    def open_entries(self) -> list[Entry]:
        """Return those whose resource may exist."""
        return [entry for entry in self.entries() if entry.is_open]

    def _take(self, record: dict[str, Any], found: dict[str, Entry]) -> None:
        what = record["is"]
        if what in ("header", "mended"):
            return
        key = _text(record, "entry")
        if what == "planned":
            found[key] = Entry(
                key,
                _text(record, "kind"),
                _text(record, "name"),
                record.get("region", self.region),
                _moment(record["at"], _FINE_STAMP),
            )
        elif what in ("made", "failed", "gone"):
            identifier = record.get("id", found[key].identifier)
            found[key] = replace(found[key], state=what, identifier=identifier)
        else:
            raise ValueError(what)


def ledgers_in(state: Path) -> list[Path]:
    """Return the files of all ledgers in the folder `state`."""
    return sorted((state / _FOLDER).glob("*.jsonl"))


def endpoint_host(url: str | None) -> str:
    """Return "aws" for AWS itself, else host and port: no user, password, path or query."""
    if not url:
        return AWS
    parts = urlsplit(url if "://" in url else f"//{url}")
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    return AWS if re.search(r"\.amazonaws\.com(\.cn)?(:443)?$", host) else host


def _begin(path: Path, header: bytes) -> None:
    """A new file that holds the header, or does not exist: never a half one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, suffix=".new")  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(header)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    if hasattr(os, "O_DIRECTORY"):  # not on Windows: there a folder cannot be opened
        folder = os.open(path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)  # the name is on disk, too
        finally:
            os.close(folder)


def _is_cut(descriptor: int) -> bool:
    """Whether the last line has no end: its writer was killed, or the disk was full."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size == 0:
        return False
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) != b"\n"


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number, record) of each whole line. A cut one counts for nothing: its create never left."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise LedgerError(f"The ledger {path} cannot be read: {error.strerror}.") from None
    if lines == [b""]:
        raise _damaged(path, 1, "the file is empty")
    for number, line in enumerate(lines, start=1):
        record = _record(line)
        if record is not None:
            yield number, record
            continue
        was_cut = number == len(lines) or lines[number : number + 1] == [_MENDED.strip()]
        if line.strip() and not was_cut:
            raise _damaged(path, number, "this line is not one of a ledger")


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _text(record: dict[str, Any], key: str) -> str:
    if not isinstance(record[key], str):
        raise TypeError(key)
    return record[key]


def _moment(text: str, stamp: str = _STAMP) -> datetime:
    return datetime.strptime(text, stamp).replace(tzinfo=UTC)


def _clean(text: str) -> str:
    if _SECRET.search(_RANDOM.sub("", text)):
        raise LedgerError(
            "A ledger keeps no ARN, no URL and nothing that looks like an account id (12 digits): "
            "give it a plain name."
        )
    return text


def _damaged(path: Path, line: int, what: str) -> LedgerError:
    return LedgerError(
        f"The ledger {path} is damaged at line {line}: {what}. Mend or delete that line, or move "
        "the file away; what it held is still found by its tags."
    )


def _cannot_write(path: Path, error: OSError) -> str:
    return (
        f"The ledger {path} cannot be written ({error.strerror or error}), so nothing is created. "
        "Make room, or choose another folder with PATTERNLAB_STATE."
    )
