"""Gates for what a notebook must not give away: folders, keys, and places in an account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from patternlab.authoring.lesson import Finding, Lesson

#: Account numbers that AWS's own documentation uses in its examples.
EXAMPLE_ACCOUNTS = {"000000000000", "111111111111", "111122223333", "444455556666", "123456789012"}
_FOLDERS = r"(?<![\w.:/~-])/(?:home|root|Users|work|mnt|private)/\w+|[A-Z]:\\+Users"
_OF_A_RUN = r"|(?<![\w.:/~-])/(?:tmp|var/folders)/\w+"


def no_machine_paths(lesson: Lesson) -> Iterator[Finding]:
    """No source and no output names a folder of one machine."""
    shown = json.dumps(lesson.outputs)
    for path in re.findall(_FOLDERS, lesson.sources) + re.findall(_FOLDERS + _OF_A_RUN, shown):
        yield Finding(f"It names a folder of one machine: {path}", "Write a path of the course.")


def no_credentials(lesson: Lesson) -> Iterator[Finding]:
    """It holds no key, no token and no account number that may be real."""
    text, todo = lesson.sources + json.dumps(lesson.outputs), "Remove it, and make it invalid."
    if re.search(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", text):
        yield Finding("It holds an access key id.", todo)
    if re.search(r"aws_(?:secret_access_key|session_token)\W+[\w/+]{8,}", text, re.I):
        yield Finding("It holds a secret key or a session token.", todo)
    accounts = set(re.findall(r"arn:aws[\w-]*:[\w-]+:[\w-]*:(\d{12}):", text))
    accounts |= set(re.findall(r"amazonaws\.com/(\d{12})/", text))
    for account in sorted(accounts - EXAMPLE_ACCOUNTS):
        yield Finding(f"It names account {account}, which may be real.", "Use 123456789012.")


def no_addresses(lesson: Lesson) -> Iterator[Finding]:
    """No output shows where in an account something is: on a real one that tells which it is."""
    shown = json.dumps(lesson.outputs)
    found = re.findall(r"arn:aws[\w-]*:[\w-]+:[\w-]*:\d{12}:|amazonaws\.com/\d{12}/", shown)
    for text in found + re.findall(r"ReceiptHandle", shown):
        yield Finding(f"An output shows {text}", "Print the last part of the name.")
