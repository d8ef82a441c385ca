"""The files in ``data/policies/``: the documents, and a page about their statements."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from patternlab.account.calls import Row
from patternlab.account.policies.actions import STATEMENTS
from patternlab.account.policies.documents import instructor, lab, learner
from patternlab.paths import DATA

FOLDER = DATA / "policies"


def files(rows: Iterable[Row]) -> dict[str, str]:
    """Return name -> text of the files in ``data/policies/``."""
    rows = list(rows)
    made = {
        "learner.json": learner(rows),
        "lab.json": lab(rows),
        "instructor.json": instructor(rows),
    }
    texts = {name: json.dumps(document, indent=2) + "\n" for name, document in made.items()}
    return texts | {"README.md": _page(*made.values())}


_HEAD = """# IAM policies for the course

Written by `python -m patternlab policies` from what the notebooks and the course really call
(`data/notebook_calls.csv`, `helpers/patternlab/account/policies/documents.py`). Do not edit them
here.

An administrator makes them once, and attaches the learner's or the instructor's to whoever runs the
notebooks:

    aws iam create-policy --policy-name patternlab-learner \\
        --policy-document file://data/policies/learner.json
    aws iam create-policy --policy-name patternlab-lab \\
        --policy-document file://data/policies/lab.json
    aws iam create-policy --policy-name patternlab-instructor \\
        --policy-document file://data/policies/instructor.json

`patternlab-lab` is for the labs and is attached beside one of the other two. It lets its holder
launch instances, which are billed by the hour: attach it for the day of the lab.

**Give learners an account that holds nothing else.** All sessions share the prefix `patternlab-`,
so learners in one account can delete each other's resources. Whoever may tag a new API or
distribution may tag somebody else's, and then change it as the course's own. And whoever writes a
role's policy and passes the role to a function can do through the function whatever that policy
says: a learner's roles have no permissions boundary.

| statement | on what | why | learner | lab | instructor |
| --- | --- | --- | --- | --- | --- |
"""


def _page(*documents: dict[str, Any]) -> str:
    """A table of the statements: IAM's documents take no comments."""
    text = _HEAD
    for one in STATEMENTS:
        has = [one.sid in [some["Sid"] for some in document["Statement"]] for document in documents]
        if not any(has):
            continue  # no notebook needs it now
        where = "<br>".join(f"`{resource}`" for resource in one.resources)
        for kind, test in (one.condition or {}).items():
            known = ", if it is known," if kind.endswith("IfExists") else ""
            where += "".join(f"<br>where {key}{known} is `{value}`" for key, value in test.items())
        marks = " | ".join("yes" if is_in else "" for is_in in has)
        text += f"| {one.sid} | {where} | {one.why} | {marks} |\n"
    return text
