"""What the exercises of notebook 10 rest on: the catalogue, the model of scaling, and n½."""

import pytest

from patternlab.exercises import compute_and_networking as bank
from patternlab.learn import check
from patternlab.learn.exercises import State


def verdict(**changed):
    return check("three-workloads", bank._workloads(**changed))


@pytest.mark.parametrize("workload", ["weather", "training"])
def test_every_type_that_has_what_is_needed_is_right_in_a_cluster_group(workload):
    types = bank._types()
    fits = types["efa"] & types["strategies"].str.contains("cluster")
    if workload == "weather":
        idle = (types["gpus"] > 0) | (types["accelerators"] > 0)
        fits &= ~idle & (types["architecture"] == "x86_64") & (types["vcpus"] >= 32)
    else:
        fits &= types["gpus"] >= 8
    # all that fit, and every sixth of the others
    tried = set(types.index[fits]) | set(types.index[::6])
    right = {
        name for name in tried if verdict(**{workload: (name, "cluster")}).state is State.RIGHT
    }
    assert right == set(types.index[fits]) and len(right) > 5


def test_the_sweep_may_run_on_any_plain_type_that_spot_sells():
    types = bank._types()
    plain = (
        types["spot"] & ~types["burstable"] & (types["gpus"] == 0) & (types["accelerators"] == 0)
    )
    for name, fits in plain.sample(60, random_state=1).items():
        assert (verdict(sweep=(name, "none")).state is State.RIGHT) == fits, name


@pytest.mark.parametrize("pair", ["c5n.9xlarge", ("c5n.9xlarge",), ("c5n.9xlarge", "near")])
def test_what_is_no_pair_is_told_how_to_give_one(pair):
    found = verdict(weather=pair)
    assert found.state is State.WRONG and "weather: give a pair" in found.message


def test_no_program_of_the_second_exercise_is_near_the_border():
    for name in bank.PROGRAMS:
        assert abs(bank.shorter(name) - bank.WORTH) > 0.02


def test_the_wires_are_those_of_the_notebook():
    from patternlab import facts
    from patternlab.hpc.hockney import fit

    table = facts.read("latency")
    rows = table[table["curve"] == "EFA hpc6a"]
    found = fit(dict(zip(rows["size_bytes"], rows["half_round_trip_us"], strict=True)))
    assert found.alpha_us == pytest.approx(bank.EFA.alpha_us, abs=0.05)
    assert found.gbps == pytest.approx(bank.EFA.gbps, abs=0.05)


def test_a_line_through_two_points_passes_with_any_seed():
    for seed in range(50):
        wire, curve = bank._curve(seed)
        assert bank.n_half(curve) == pytest.approx(wire.n_half, rel=bank.CLOSE)


def test_a_number_that_is_no_known_slip_is_told_with_the_right_one():
    assert check("half-bandwidth", lambda curve: 3.0).message.endswith("you say 3.")
