"""Pictures of multi-node jobs: who holds which node, how each node ended."""

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.plots import node_lives, node_ranges


def node(index, started, ended, code, main=False):
    return {
        "jobId": f"job#{index}",
        "nodeDetails": {"nodeIndex": index, "isMainNode": main},
        "startedAt": started * 1000,
        "stoppedAt": ended * 1000,
        "container": {"exitCode": code},
    }


LIVES = [
    node(0, 1, 6, 143),
    node(1, 0, 5, 0, main=True),
    node(2, 2, 4, 3),
    node(3, 3, 6, 137),
    node(4, 3, 4, 137),  # killed long before the main node ended: by somebody else
]


def test_the_inner_range_holds(assert_nothing_is_cut_off):
    picture = node_ranges(["0:10", "4:5", "11:"], 16, title="Groups")
    assert picture.table.values.tolist() == [
        ["0:10", "0–10", "0–3, 6–10", 9],
        ["4:5", "4–5", "4–5", 2],
        ["11:", "11–15", "11–15", 5],
    ]
    assert '"0:10" holds 0–3, 6–10; "4:5" holds 4–5' in picture.alt
    assert_nothing_is_cut_off(picture)


@pytest.mark.parametrize("nodes", [1, 2, 13, 1000])
def test_any_number_of_nodes_can_be_drawn(nodes, assert_nothing_is_cut_off):
    picture = node_ranges(["0:"], nodes)
    assert picture.table["nodes"].tolist() == [nodes]
    assert_nothing_is_cut_off(picture)


def test_a_range_that_is_wholly_inside_others_may_hold_all_and_leave_none():
    picture = node_ranges([":", "0:1", "2:"], 4)
    assert picture.table["holds"].tolist() == ["none", "0–1", "2–3"]


def test_wrong_ranges_are_refused_in_a_sentence():
    with pytest.raises(HPCError, match="0:2.*1:3"):
        node_ranges(["0:2", "1:3"], 4)


def test_lives_tell_who_was_stopped_and_who_failed(assert_nothing_is_cut_off, marks_of):
    picture = node_lives(LIVES)
    assert picture.table["node"].tolist() == ["0", "1, main", "2", "3", "4"]
    ends = ["stopped", "exit code 0", "exit code 3", "stopped", "exit code 137"]
    assert picture.table["end"].tolist() == ends
    assert picture.table["started (s)"].tolist() == [1, 0, 2, 3, 3]
    assert len(marks_of(picture, "succeeded")) == 1
    assert len(marks_of(picture, "failed")) == 2
    assert picture.alt == (
        "A job of 5 nodes. The main node, 1, ended with exit code 0. Of 4 children 2 failed by "
        "themselves, 2 were stopped."
    )
    assert_nothing_is_cut_off(picture)


def test_a_main_node_that_was_stopped_has_an_exit_code():
    picture = node_lives([node(0, 0, 4, 143, main=True), node(1, 1, 4, 143)])
    assert picture.table["end"].tolist() == ["exit code 143", "stopped"]


def test_only_nodes_that_have_ended_are_drawn():
    with pytest.raises(ValueError, match="describe_jobs"):
        node_lives([])
    running = node(1, 0, 1, 0)
    del running["stoppedAt"]
    with pytest.raises(ValueError, match="job#1"):
        node_lives([running])
