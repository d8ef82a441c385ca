"""Node ranges of AWS Batch: which node belongs to which group.

A multi-node parallel job has nodes 0 to n - 1, in up to five groups. Each group names its nodes by
a range, both ends included: ``"0:3"``, ``":3"`` (from 0), ``"4:"`` (to the last), ``"2"`` (one).
Ranges may be nested: of ``"0:10"`` and ``"4:5"`` the inner one holds for nodes 4 and 5.

Source: AWS Batch API Reference, NodeRangeProperty and NodeProperties (botocore 1.44.5); User Guide,
"Node groups".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from patternlab.hpc.errors import HPCError

MOST_GROUPS = 5
MOST_NODES = 1000  # the default quota: instances of an ECS cluster

_RANGE = re.compile(r"(\d*)(:?)(\d*)")


def nodes_in(target: str, nodes: int) -> range:
    """The nodes that `target` names, of a job with this number of `nodes`.

    Raises:
        HPCError: it is not a range, runs backwards, or names nodes that are not there.
    """
    found = _RANGE.fullmatch(target.strip()) if isinstance(target, str) else None
    if found is None or not target.strip():
        raise HPCError(
            f"A node range is text such as '0:3', ':3', '4:' or '2', not {target!r}. Both ends "
            "belong to it."
        )
    start, colon, end = found.groups()
    first = int(start or 0)
    last = int(end) if end else nodes - 1 if colon else first
    if last < first <= nodes - 1:
        raise HPCError(f"The node range {target!r} runs backwards. Write the smaller index first.")
    if max(first, last) >= nodes:
        raise HPCError(
            f"The node range {target!r} names node {max(first, last)}, and a job of {nodes} nodes "
            f"has 0 to {nodes - 1}. Change the range, or numNodes."
        )
    return range(first, last + 1)


def is_open(target: str) -> bool:
    """Does the range run to the last node, however many there are (``":"`` or ``"4:"``)?"""
    return target.strip().endswith(":")


def groups_of(targets: Sequence[str], nodes: int) -> list[int]:
    """For each node the position in `targets` of the range that holds for it.

    Raises:
        HPCError: a range is wrong, two overlap without one inside the other, or a node has none.
    """
    if not 1 <= len(targets) <= MOST_GROUPS:
        raise HPCError(
            f"A multi-node parallel job has 1 to {MOST_GROUPS} node groups, not {len(targets)}. "
            "Put nodes that run the same container into one range."
        )
    ranges = [nodes_in(target, nodes) for target in targets]
    _check_nested(targets, ranges)
    widest_first = sorted(range(len(ranges)), key=lambda group: -len(ranges[group]))
    # The widest range comes first, so that an inner range overwrites the outer one.
    groups = {node: group for group in widest_first for node in ranges[group]}
    if missing := set(range(nodes)) - set(groups):
        raise HPCError(
            f"Node {min(missing)} is in none of the node ranges {', '.join(targets)}. "
            f"Together they must name all nodes, 0 to {nodes - 1}."
        )
    return [groups[node] for node in range(nodes)]


def _check_nested(targets: Sequence[str], ranges: Sequence[range]) -> None:
    """Refuse ranges that overlap without nesting: AWS documents only what nested ranges mean."""
    for i, one in enumerate(ranges):
        for j in range(i):
            other = ranges[j]
            shared = range(max(one.start, other.start), min(one.stop, other.stop))
            if one == other or (shared and shared not in (one, other)):
                raise HPCError(
                    f"The node ranges {targets[j]!r} and {targets[i]!r} share nodes, and neither "
                    "is a part inside the other. Let one lie within the other, or keep them apart."
                )
