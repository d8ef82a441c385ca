"""The picture of the instance types."""

import pandas as pd
import pytest

from patternlab.plots import instance_catalogue


@pytest.fixture
def table():
    columns = ["type", "vcpus", "memory_gib", "gpus", "accelerators", "network", "network_gbps"]
    rows = [
        ("t3.micro", 2, 1.0, 0, 0, "Up to 5 Gigabit", 5.0, False, 0),
        ("m5.2xlarge", 8, 32.0, 0, 0, "Up to 10 Gigabit", 10.0, False, 0),
        ("c5n.9xlarge", 36, 96.0, 0, 0, "50 Gigabit", 50.0, True, 1),
        ("trn2.3xlarge", 12, 128.0, 0, 1, "200 Gigabit", 200.0, True, 1),
        ("p5.48xlarge", 192, 2048.0, 8, 0, "3200 Gigabit", 3200.0, True, 32),
    ]
    return pd.DataFrame(rows, columns=[*columns, "efa", "max_efa"]).set_index("type")


def test_the_twin_has_a_row_for_each_named_type_that_is_there(table):
    twin = instance_catalogue(table, ["p5.48xlarge", "gone.large", "t3.micro"]).table
    assert list(twin["type"]) == ["p5.48xlarge", "t3.micro"]
    assert list(twin["EFA interfaces"]) == [32, 0]
    assert list(twin["network"]) == ["3200 Gigabit", "Up to 5 Gigabit"]


def test_the_alternative_text_counts_what_is_seen(table):
    assert instance_catalogue(table).alt == (
        "5 instance types by vCPUs and network bandwidth. 3 have EFA, 2 of them with GPUs or "
        "accelerators: from 12 vCPUs up, at 50 to 3200 Gbps."
    )
    assert instance_catalogue(table[~table["efa"]]).alt.endswith("None has EFA.")


def test_kinds_differ_in_mark_and_each_type_is_drawn_once(table):
    lines = instance_catalogue(table, []).figure.axes[0].get_lines()
    assert len({line.get_marker() for line in lines}) == 3
    assert sum(len(line.get_xdata()) for line in lines) == len(table)


def test_names_do_not_meet(table):
    close = pd.concat([table] * 2)
    close.index = [f"{name}{number}" for number, name in enumerate(close.index)]
    picture = instance_catalogue(close, list(close.index))
    renderer = picture.figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in picture.figure.axes[0].texts]
    assert len(boxes) == len(close)
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_no_types_and_too_many_names_are_refused(table):
    with pytest.raises(ValueError, match="suitable"):
        instance_catalogue(table.iloc[:0])
    with pytest.raises(ValueError, match="11 .*10"):
        instance_catalogue(table, [f"x{n}" for n in range(11)])
