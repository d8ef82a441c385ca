"""The three shapes in which AWS's APIs take the tags of a new resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Params = dict[str, Any]
Tags = Mapping[str, str]


class TagShape(Protocol):
    """A place for tags in the parameters of a create."""

    def put(self, params: Params, tags: Tags) -> None:
        """Put `tags` into `params`, in place. The learner's other tags stay."""


@dataclass(frozen=True)
class TagMap:
    """Tags as ``{"project": "patternlab"}`` under `key`."""

    key: str

    def put(self, params: Params, tags: Tags) -> None:
        params[self.key] = {**(params.get(self.key) or {}), **tags}


@dataclass(frozen=True)
class TagPairs:
    """Tags as ``[{"Key": "project", "Value": "patternlab"}]`` at `path` ("A.B": B inside A)."""

    path: str

    def put(self, params: Params, tags: Tags) -> None:
        *outer, last = self.path.split(".")
        for key in outer:
            params[key] = dict(params.get(key) or {})  # a copy: the dictionary is the learner's
            params = params[key]
        params[last] = _merged(params.get(last), tags)


@dataclass(frozen=True)
class TagSpecifications:
    """EC2's shape: one list of tags for each type of resource that the call makes."""

    types: tuple[str, ...]

    def __init__(self, *types: str) -> None:
        object.__setattr__(self, "types", types)

    def put(self, params: Params, tags: Tags) -> None:
        given = params.get("TagSpecifications") or []
        theirs = {one.get("ResourceType"): one.get("Tags") for one in given}
        params["TagSpecifications"] = [
            *(one for one in given if one.get("ResourceType") not in self.types),
            *(
                {"ResourceType": name, "Tags": _merged(theirs.get(name), tags)}
                for name in self.types
            ),
        ]


def pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    """Return tags in the shape of most APIs as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def _merged(given: list[dict[str, str]] | None, tags: Tags) -> list[dict[str, str]]:
    kept = [pair for pair in given or [] if pair.get("Key") not in tags]
    return kept + [{"Key": key, "Value": value} for key, value in tags.items()]
