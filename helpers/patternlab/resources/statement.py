"""One statement of an IAM policy: which actions, on what, when, and why so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from patternlab.resources.naming import PROJECT

OURS = f"{PROJECT}-*"
#: Conditions that a new resource gets the tag of the course, or that an existing one has it.
NEW_WITH_TAG = {"StringEquals": {"aws:RequestTag/project": PROJECT}}
WITH_TAG = {"StringEquals": {"aws:ResourceTag/project": PROJECT}}


@dataclass(frozen=True)
class Statement:
    """What a policy allows in one statement.

    An action may have a few words behind its name, separated by a space, which lead it to a
    statement of its own: "ec2:RunInstances with what is there". For API Gateway, whose actions are
    the verbs of HTTP, these words are a path: "apigateway:PUT /x".

    Attributes:
        sid: its name.
        actions: patterns of the actions that it allows.
        resources: the ARNs that they reach.
        why: the reason, for the page about the policies.
        condition: when it holds, as IAM writes it.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str
    condition: Mapping[str, Mapping[str, Any]] | None = None

    def takes(self, action: str) -> bool:
        """Return whether `action` goes to this statement."""
        return any(fnmatchcase(action, pattern) for pattern in self.actions)


def pass_role(service: str) -> str:
    """Return the action of passing a role to `service`; policies collect the services."""
    return f"iam:PassRole to {service}.amazonaws.com"
