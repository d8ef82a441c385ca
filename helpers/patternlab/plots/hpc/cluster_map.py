"""What a ParallelCluster file creates, as a map: the subnets, and in them the nodes.

Everything stands in rows below one another, so nothing can overlap, however many queues there are.
A filled square is a node that always runs, an empty one is started when a job needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from patternlab.hpc.parallelcluster.created import Cluster, Fleet, Queue, Storage
from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import EDGE, Box, Canvas, Entry
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import theme_named
from patternlab.plots.drawing.text import fit, shortened

BAND_HEAD, BAND_GAP = 0.30, 0.12  # inches, as all distances here
ROW, ROW_GAP = 0.62, 0.08
PAD = 0.12
NODES_AT = 4.75  # where the squares begin
NODE, STEP = 0.17, 0.225
MOST_SQUARES = 14

Row = tuple[str, str, Fleet | str]  # its name, what it is, and its nodes, or words about it
Band = tuple[str, list[Row]]


def cluster_map(cluster: Cluster, *, theme: str = "light", title: str | None = None) -> Picture:
    """Draw what a cluster file creates.

    Args:
        cluster: ``judge(text).cluster``.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin is ``cluster.table()``.
    """
    colours = theme_named(theme)
    bands = _bands(cluster)
    inside = sum(_height(rows) for _, rows in bands) + BAND_GAP * (len(bands) + 1)
    top = EDGE + inside + BAND_HEAD
    canvas = Canvas(top, colours, title)
    _frame(canvas, (EDGE, EDGE, style.WIDTH - EDGE, top), colours.background)
    _write(canvas, EDGE + PAD, top - BAND_HEAD / 2 - 0.02, f"VPC in {cluster.region}", bold=True)
    y = top - BAND_HEAD
    for name, rows in bands:
        _draw_band(canvas, y, name, rows)
        y -= _height(rows) + BAND_GAP
    return Picture(canvas.finish(_key(canvas, cluster)), cluster.table(), _alt_text(cluster))


def _bands(cluster: Cluster) -> list[Band]:
    """Return the subnets from top to bottom, each with the rows in it; the shared storage last."""
    bands: dict[tuple[str, ...], list[Row]] = {}
    system = f"{cluster.head_type}, {cluster.system}"
    bands.setdefault((cluster.head_subnet,), []).append(
        ("head node", system, "always on; its Slurm starts and stops the nodes of the queues")
    )
    for name, kind, count, subnet in cluster.login:
        row = (f"login nodes {name}", f"{count} × {kind}", "always on; people log in here")
        bands.setdefault((subnet,), []).append(row)
    for queue, fleet in cluster.fleets:
        bands.setdefault(queue.subnets, []).append(_fleet_row(queue, fleet))
    named = [(_subnets(cluster, names), rows) for names, rows in bands.items()]
    if cluster.storage:
        named.append(("shared storage", [_storage_row(storage) for storage in cluster.storage]))
    return named


def _subnets(cluster: Cluster, names: Sequence[str]) -> str:
    subnets = [cluster.subnet(name) for name in names]
    public = "public" if all(subnet.public for subnet in subnets) else "private"
    places = " and ".join(f"{subnet.id} in {cluster.region}{subnet.zone}" for subnet in subnets)
    return f"{public} subnet{'s' if len(names) > 1 else ''} {places}"


def _fleet_row(queue: Queue, fleet: Fleet) -> Row:
    kinds = fleet.instance_types[0]
    if len(fleet.instance_types) > 1:
        kinds += f" or {len(fleet.instance_types) - 1} more"
    speed = f", {fleet.gbps:g} Gbit/s" if fleet.gbps else ""
    bought = {"ONDEMAND": "on demand", "SPOT": "Spot"}.get(queue.capacity_type, "reserved")
    what = f"{kinds}, {fleet.cores} cores{speed}, {bought}"
    return f"queue {queue.name}, {fleet.name}", what, fleet


def _storage_row(storage: Storage) -> Row:
    size = f"{storage.size_gib:,} GiB, " if storage.size_gib else ""
    what = f"{storage.name}: {size}{'new' if storage.new else 'there already'}"
    return f"{storage.kind} at {storage.mounted_at}", what, "mounted on all nodes"


def _height(rows: Sequence[Row]) -> float:
    return BAND_HEAD + len(rows) * (ROW + ROW_GAP) + PAD - ROW_GAP


def _draw_band(canvas: Canvas, top: float, name: str, rows: Sequence[Row]) -> None:
    left, right = EDGE + PAD, style.WIDTH - EDGE - PAD
    _frame(canvas, (left, top - _height(rows), right, top), canvas.theme.grid)
    _write(canvas, left + PAD, top - BAND_HEAD / 2 - 0.01, name, most=right - left - 2 * PAD)
    y = top - BAND_HEAD
    for row in rows:
        _draw_row(canvas, (left + PAD, y - ROW, right - PAD, y), row)
        y -= ROW + ROW_GAP


def _draw_row(canvas: Canvas, box: Box, row: Row) -> None:
    left, bottom, right, top = box
    name, what, beside = row
    _frame(canvas, box, canvas.theme.background)
    room = NODES_AT - left - 2 * PAD
    _write(canvas, left + PAD, top - 0.20, name, most=room, bold=True)
    _write(canvas, left + PAD, bottom + 0.18, what, most=room, small=True)
    if isinstance(beside, Fleet):
        _draw_nodes(canvas, bottom + 0.18, top - 0.17, right - PAD, beside)
    else:
        _write(canvas, NODES_AT, top - 0.20, beside, most=right - PAD - NODES_AT, small=True)


def _draw_nodes(canvas: Canvas, y: float, label_y: float, right: float, fleet: Fleet) -> None:
    """Draw squares around height ``y``, and write above them what they are."""
    theme, shown = canvas.theme, min(fleet.maximum, MOST_SQUARES)
    for number in range(shown):
        filled = number < fleet.minimum
        _node(canvas, NODES_AT + 0.07 + number * STEP, y, theme.succeeded if filled else None)
    end = NODES_AT + 0.07 + shown * STEP
    if fleet.efa and shown:
        canvas.lines([[(NODES_AT + 0.05, y), (end - 0.03, y)]], theme.failed, 2.5, 2)
    if fleet.placement_group and shown:
        around = (NODES_AT - 0.02, y - 0.14, end + 0.02, y + 0.14)
        _frame(canvas, around, "none", dashed=True)
    if fleet.maximum > shown:
        _write(canvas, end + 0.08, y, f"+ {fleet.maximum - shown}", small=True)
    _write(canvas, NODES_AT, label_y, _nodes_in_words(fleet), most=right - NODES_AT, small=True)


def _nodes_in_words(fleet: Fleet) -> str:
    count = f"{fleet.minimum} to {fleet.maximum} nodes"
    if fleet.minimum == fleet.maximum:
        count = f"{fleet.maximum} node{'s' if fleet.maximum != 1 else ''}, always"
    extras = ["EFA"] if fleet.efa else []
    if fleet.placement_group:
        group = "new" if fleet.managed_group else shortened(fleet.placement_group)
        extras.append(f"placement group ({group})")
    return ", ".join([count, *extras])


def _node(canvas: Canvas, x: float, y: float, colour: str | None) -> None:
    colour, edge = colour or canvas.theme.background, canvas.theme.text
    canvas.box(x, y - NODE / 2, NODE, NODE, colour, edgecolor=edge, linewidth=0.9, zorder=3)


def _frame(canvas: Canvas, box: Box, colour: str, dashed: bool = False) -> None:
    left, bottom, right, top = box
    canvas.box(
        left,
        bottom,
        right - left,
        top - bottom,
        colour,
        edgecolor=canvas.theme.text if dashed else canvas.theme.muted,
        linewidth=1.1 if dashed else 0.8,
        linestyle=(0, (3, 2)) if dashed else "-",
        zorder=1,
    )


def _write(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    *,
    most: float = style.WIDTH,
    bold: bool = False,
    small: bool = False,
) -> None:
    """Write a line, smaller if it would be wider than ``most`` inches."""
    size = style.LEGEND_SIZE if small else style.LABEL_SIZE
    weight = "bold" if bold else "normal"
    size *= fit(text, size, most, weight)
    colour = canvas.theme.muted if small else canvas.theme.text
    canvas.write(x, y, text, size=size, colour=colour, weight=weight)


def _key(canvas: Canvas, cluster: Cluster) -> list[Entry]:
    """Return entries for what is in the picture, and no others."""
    theme, fleets = canvas.theme, [fleet for _, fleet in cluster.fleets]

    def node(colour: str | None) -> Callable[[float, float], None]:
        return lambda x, y: _node(canvas, x, y, colour)

    def group(x: float, y: float) -> None:
        _frame(canvas, (x, y - 0.1, x + 0.3, y + 0.1), "none", dashed=True)

    entries = []
    if any(fleet.minimum for fleet in fleets):
        entries.append(Entry("node, always on", NODE, node(theme.succeeded)))
    if any(fleet.maximum > fleet.minimum for fleet in fleets):
        entries.append(Entry("node, started for a job", NODE, node(None)))
    if any(fleet.efa for fleet in fleets):
        entries.append(canvas.line_entry("EFA", 0.3, [[(0, 0), (0.3, 0)]], theme.failed, 2.5))
    if any(fleet.placement_group for fleet in fleets):
        entries.append(Entry("cluster placement group", 0.3, group))
    return entries


def _alt_text(cluster: Cluster) -> str:
    head = cluster.subnet(cluster.head_subnet)
    parts = [
        f"A cluster in {cluster.region}: a head node {cluster.head_type} in the "
        f"{'public' if head.public else 'private'} subnet {head.id}"
    ]
    for queue, fleet in cluster.fleets:
        kinds = " or ".join(fleet.instance_types)
        parts.append(f"queue {queue.name} with {kinds}, {_nodes_in_words(fleet)}")
    for storage in cluster.storage:
        parts.append(f"{storage.kind} at {storage.mounted_at}")
    return "; ".join(parts) + "."
