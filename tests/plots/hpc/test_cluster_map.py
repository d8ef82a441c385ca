"""The map of a cluster: rows that cannot overlap, and the same in words."""

from dataclasses import replace

import pytest
from matplotlib.patches import Rectangle

from patternlab.hpc.parallelcluster import Cluster, Fleet, Queue, Storage, Subnet
from patternlab.plots import cluster_map
from patternlab.plots.hpc.cluster_map import NODE

FLEET = Fleet("c5n", ("c5n.18xlarge",), 1, 4, True, "mpi-c5n", True, 36, 72, 100.0, "x86_64", 0)
SUBNETS = (Subnet("subnet-public1a", public=True), Subnet("subnet-inside1a"))


def made(*queues, **more):
    parts = {"storage": (), "subnets": SUBNETS} | more
    return Cluster("us-east-1", "alinux2023", "c5.large", "subnet-public1a", queues, **parts)


def queue(called="mpi", **changes):
    return Queue(called, "ONDEMAND", ("subnet-inside1a",), (replace(FLEET, **changes),))


def many(count):
    queues = [queue(f"queue-{n}-with-a-long-name", name="a-long-name") for n in range(1, count)]
    own = "a-group-of-mine-" + "x" * 200
    queues.append(queue("own", placement_group=own, managed_group=False))
    storage = tuple(Storage(f"s{n}", "EBS", "/a" * 60, 100, True) for n in range(3))
    login = (("in", "c5.large", 2, "subnet-public1a"),)
    return made(*queues, storage=storage, login=login)


def frames(picture):
    """The boxes with a fill: VPC, bands, rows."""
    boxes = [a for a in picture.figure.artists if isinstance(a, Rectangle)]
    return [b.get_bbox() for b in boxes if b.get_width() > 1 and b.get_facecolor()[3]]


def nodes(picture):
    squares = [a for a in picture.figure.artists if isinstance(a, Rectangle)]
    top = picture.figure.get_size_inches()[1] - 0.6  # below the key
    return [s for s in squares if s.get_width() == NODE and s.get_y() < top]


def test_filled_squares_are_the_nodes_that_always_run():
    filled = [
        square.get_facecolor()[:3] != (1, 1, 1) for square in nodes(cluster_map(made(queue())))
    ]
    assert filled == [True, False, False, False]


def test_a_large_fleet_is_cut_short_and_says_by_how_much():
    picture = cluster_map(made(queue(maximum=1000)))
    assert len(nodes(picture)) == 14 and "1 to 1000 nodes" in picture.alt


@pytest.mark.parametrize("count", [1, 2, 6])
def test_boxes_are_inside_one_another_or_apart(count, assert_nothing_is_cut_off):
    picture = cluster_map(many(count))
    assert_nothing_is_cut_off(picture)
    boxes = frames(picture)
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one.y0 >= other.y1 or other.y0 >= one.y1
            inside = other.y0 >= one.y0 and other.y1 <= one.y1
            assert apart or inside


def test_the_words_say_what_the_picture_says():
    picture = cluster_map(made(queue()))
    assert picture.alt == (
        "A cluster in us-east-1: a head node c5.large in the public subnet subnet-public1a; queue "
        "mpi with c5n.18xlarge, 1 to 4 nodes, EFA, placement group (new)."
    )
    assert list(picture.table["part"]) == ["head node", "queue mpi"]


def test_the_key_has_only_what_is_in_the_picture():
    plain = queue(efa=False, placement_group="", managed_group=False, minimum=0)
    squares = [a for a in cluster_map(made(plain)).figure.artists if isinstance(a, Rectangle)]
    assert sum(square.get_width() == NODE for square in squares) == 4 + 1
    assert {square.get_linestyle() for square in squares} <= {"-", "solid"}


def test_a_cluster_without_nodes_is_drawn(assert_nothing_is_cut_off):
    assert_nothing_is_cut_off(cluster_map(made(queue(minimum=0, maximum=0))))
