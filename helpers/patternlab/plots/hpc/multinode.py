"""Multi-node parallel jobs of AWS Batch: which nodes a range holds, and how each node ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from patternlab.hpc.multinode.ranges import groups_of, nodes_in
from patternlab.plots.drawing import style
from patternlab.plots.drawing.axis import Scale, draw_time_axis
from patternlab.plots.drawing.canvas import EDGE, FOOT, GAP, Canvas, Entry
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import POINTS_PER_INCH
from patternlab.plots.drawing.text import widest

ROW = 0.34  # inches of one lane
BAR = 0.15  # thickness of a lane's bar
CUT = 0.11  # half the height of the stroke that ends a bar
MOST_TICKS = 12
MAIN, STOPPED = ", main", "stopped"
STOPPED_CODES = (137, 143)  # 128 + SIGKILL, 128 + SIGTERM


# -- ranges --------------------------------------------------------------------------------------


def node_ranges(
    targets: Sequence[str], nodes: int, *, theme: str = "light", title: str | None = None
) -> Picture:
    """Draw which nodes each node range of a job covers, and which of them it holds.

    Where ranges are nested, the inner one holds.

    Args:
        targets: the ranges, as ``targetNodes``: ``"0:3"``, ``":3"``, ``"4:"``.
        nodes: how many nodes the job has.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture; its twin has one row per range: range, covers, holds and nodes (how many it
        holds).

    Raises:
        HPCError: the ranges are wrong. The sentence says how.
    """
    colours = style.theme_named(theme)
    groups = groups_of(targets, nodes)
    held = [[node for node in range(nodes) if groups[node] == own] for own in range(len(targets))]
    covered = [nodes_in(target, nodes) for target in targets]
    canvas = Canvas(FOOT + ROW * len(targets), colours, title)
    names = [f'"{target}"' for target in targets]
    left = EDGE + widest(names, style.LABEL_SIZE) + GAP
    scale = Scale(left, style.WIDTH - EDGE, nodes)
    gap = min(0.02, 0.1 * (scale.right - scale.left) / nodes)  # between two nodes, in inches

    def draw(row: int, held: Iterable[int], colour: str, order: int) -> None:
        y = canvas.top - (row + 0.5) * ROW
        ends = [(scale.x(node) + gap, scale.x(node + 1) - gap) for node in held]
        bars = [[(begin, y), (end, y)] for begin, end in ends]
        canvas.lines(bars, colour, BAR * POINTS_PER_INCH, order)

    for row, name in enumerate(names):
        canvas.write(left - GAP, canvas.top - (row + 0.5) * ROW, name, align="right")
        draw(row, covered[row], colours.grid, 2)
        draw(row, held[row], colours.succeeded, 3)
    _node_axis(canvas, scale, nodes)
    key = [
        _sample(canvas, colours.succeeded, "holds the node"),
        _sample(canvas, colours.grid, "an inner range holds it"),
    ]
    twin = pd.DataFrame(
        {
            "range": list(targets),
            "covers": [_spans(list(each)) for each in covered],
            "holds": [_spans(each) for each in held],
            "nodes": [len(each) for each in held],
        }
    )
    parts = "; ".join(f"{name} holds {_spans(own)}" for name, own in zip(names, held, strict=True))
    words = f"Node ranges of a job with {nodes} nodes: {parts}."
    return Picture(canvas.finish(key), twin, words)


def _node_axis(canvas: Canvas, scale: Scale, nodes: int) -> None:
    muted, step = canvas.theme.muted, 1
    while nodes / step > MOST_TICKS:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    canvas.lines([[(scale.left, FOOT), (scale.right, FOOT)]], muted, 0.8, 1)
    for node in range(0, nodes, step):
        canvas.write(scale.x(node + 0.5), FOOT - 0.14, str(node), align="center")
    middle = (scale.left + scale.right) / 2
    canvas.write(middle, FOOT - 0.36, "node index", colour=muted, align="center")


def _spans(nodes: Sequence[int]) -> str:
    """Return, for example, ``0–3, 6–9``; "none" for no nodes."""
    spans: list[list[int]] = []
    for node in nodes:
        if spans and spans[-1][1] == node - 1:
            spans[-1][1] = node
        else:
            spans.append([node, node])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in spans) or "none"


# -- lives ---------------------------------------------------------------------------------------


def node_lives(
    nodes: Sequence[Mapping[str, Any]], *, theme: str = "light", title: str | None = None
) -> Picture:
    """Draw when each node of a multi-node parallel job started, when and how it ended.

    Args:
        nodes: what ``describe_jobs`` says of the nodes (``jobId#0``, ``jobId#1`` ...) of a job
            that has ended.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture; its twin has one row per node: node, started (s), ended (s), exit code and end.
        A node counts as stopped if a signal ended it and the main node had ended by then.

    Raises:
        ValueError: there are no nodes, or one of them has not ended.
    """
    colours = style.theme_named(theme)
    lives = _lives(nodes)
    names = [f"node {name}" for name in lives["node"]]
    canvas = Canvas(FOOT + ROW * len(lives), colours, title)
    left = EDGE + widest(names, style.LABEL_SIZE) + GAP
    right = style.WIDTH - EDGE - widest(lives["end"], style.LABEL_SIZE) - 2 * GAP
    scale = Scale(left, right, max(lives["ended (s)"].max(), 1.0), 0.08)
    draw_time_axis(canvas, scale, "the main node started")
    begins, ends = (scale.places(lives[moment]) for moment in ("started (s)", "ended (s)"))
    rows = zip(names, begins, ends, lives["exit code"], lives["end"], strict=True)
    for row, (name, begin, end, code, words) in enumerate(rows):
        y = canvas.top - (row + 0.5) * ROW
        colour = colours.succeeded if name.endswith(MAIN) else colours.waiting
        canvas.lines([[(begin, y), (end, y)]], colour, BAR * POINTS_PER_INCH, 2)
        canvas.write(left - GAP, y, name, align="right")
        canvas.write(end + GAP, y, words)
        if words == STOPPED:
            canvas.lines([[(end, y - CUT), (end, y + CUT)]], colours.text, 2.5, 4)
        else:
            canvas.marks([(end, y)], "failed" if code else "succeeded", 9)
    cut = [(0.07, -CUT), (0.07, CUT)]
    key = [
        _sample(canvas, colours.succeeded, "main node"),
        _sample(canvas, colours.waiting, "child"),
        canvas.mark_entry("succeeded", "exit code 0"),
        canvas.mark_entry("failed", "another exit code"),
        canvas.line_entry(STOPPED, 0.08, [cut], colours.text, 2.5, 4),
    ]
    return Picture(canvas.finish(key), lives, _alt_text(lives))


def _lives(nodes: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per node; times in seconds since the main node started."""
    if not nodes:
        raise ValueError("There are no nodes. Give what describe_jobs says of jobId#0, jobId#1 …")
    for node in nodes:
        if "nodeDetails" not in node or "stoppedAt" not in node:
            name = node.get("jobId", "?")
            raise ValueError(
                f"{name} is not a node that has ended. Wait for the job, ask for its #0."
            )
    main = next((node for node in nodes if node["nodeDetails"]["isMainNode"]), nodes[0])
    return pd.DataFrame([_life(node, main) for node in nodes])


def _life(node: Mapping[str, Any], main: Mapping[str, Any]) -> dict[str, object]:
    code, details = node["container"]["exitCode"], node["nodeDetails"]
    by_signal = code in STOPPED_CODES and not details["isMainNode"]
    is_stopped = by_signal and node["stoppedAt"] >= main["stoppedAt"]
    return {
        "node": f"{details['nodeIndex']}{MAIN if details['isMainNode'] else ''}",
        "started (s)": (node["startedAt"] - main["startedAt"]) / 1000,
        "ended (s)": (node["stoppedAt"] - main["startedAt"]) / 1000,
        "exit code": code,
        "end": STOPPED if is_stopped else f"exit code {code}",
    }


def _alt_text(lives: pd.DataFrame) -> str:
    is_main = lives["node"].str.endswith(MAIN)
    main = lives[is_main].iloc[0] if is_main.any() else lives.iloc[0]
    children = lives.drop(index=main.name)
    stopped = children["end"] == STOPPED
    failed = ~stopped & (children["exit code"] != 0)
    return (
        f"A job of {len(lives)} nodes. The main node, {main['node'].removesuffix(MAIN)}, ended "
        f"with {main['end']}. Of {len(children)} children {failed.sum()} failed by themselves, "
        f"{stopped.sum()} were stopped."
    )


def _sample(canvas: Canvas, colour: str, text: str) -> Entry:
    return canvas.line_entry(text, 0.26, [[(0, 0), (0.26, 0)]], colour, BAR * POINTS_PER_INCH)
