"""How long a DataSync task takes."""

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer.datasync import phases, tasks_needed

TB = 1e12
POINT, ONLY, NONE = "POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED", "NONE"


def test_basic_runs_its_phases_in_turn_and_enhanced_at_once():
    how = {"size": 10 * TB, "files": 1e7, "rate": 10e9, "storage": 20e9, "verify": ONLY}
    basic, enhanced = phases(**how, mode="BASIC"), phases(**how, mode="ENHANCED")
    assert (basic.prepare, basic.transfer, basic.verify) == pytest.approx(
        (0.2778, 2.222, 1.111), 1e-3
    )
    assert basic.total == pytest.approx(basic.prepare + basic.transfer + basic.verify)
    assert enhanced.total == pytest.approx(enhanced.transfer)


def test_a_basic_task_moves_at_most_ten_gigabits_a_second():
    slow = phases(100 * TB, 1e6, 100e9, mode="BASIC", verify=NONE)
    four = phases(100 * TB, 1e6, 100e9, mode="BASIC", verify=NONE, tasks=4)
    assert slow.transfer == pytest.approx(100 * TB * 8 / 10e9 / 3600)
    assert four.transfer == pytest.approx(slow.transfer / 4)
    assert phases(100 * TB, 1e6, 100e9).transfer == pytest.approx(slow.transfer / 10)


def test_more_than_fifty_million_files_need_more_basic_tasks():
    assert [tasks_needed(files) for files in (1, 50e6, 50e6 + 1, 120e6)] == [1, 1, 2, 3]
    assert tasks_needed(1e12, "ENHANCED") == 1
    with pytest.raises(HPCError, match="120,000,000.* 3 tasks"):
        phases(TB, 120e6, 1e9, mode="BASIC")


def test_a_point_in_time_verification_reads_what_was_there_before_too():
    how = {"size": TB, "files": 1e6, "rate": 10e9, "storage": 10e9, "mode": "BASIC"}
    all_of_it = phases(**how, verify=POINT, already=99 * TB)
    only = phases(**how, verify=ONLY, already=99 * TB)
    assert all_of_it.verify == pytest.approx(100 * only.verify)
    assert phases(**how, verify=NONE).verify == 0


@pytest.mark.parametrize(
    ("mode", "verify", "sentence"),
    [
        ("ENHANCED", POINT, f"{POINT}.*{ONLY}"),
        ("BASIC", "ALL", "VerifyMode"),
        ("FAST", None, "BASIC or ENHANCED, not 'FAST'"),
    ],
)
def test_what_datasync_does_not_know_is_told(mode, verify, sentence):
    with pytest.raises(HPCError, match=sentence):
        phases(TB, 1, 1e9, mode=mode, verify=verify)
