"""What a task copies, deletes and finds, by its options."""

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer.sync import night, passes

POINT, ONLY, NONE = "POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED", "NONE"


def test_a_first_run_copies_everything_and_a_second_what_changed():
    there, here = {"a": b"1", "b": b"2"}, {}
    assert night(there, here).copied == ("a", "b") and here == there
    there["b"] = b"3"
    assert night(there, here).copied == ("b",)
    assert night(there, here, Options={"TransferMode": "ALL"}).copied == ("a", "b")


def test_what_is_at_the_destination_stays_unless_told_otherwise():
    there, here = {"a": b"new"}, {"a": b"theirs", "old": b"old"}
    assert night(there, dict(here), Options={"OverwriteMode": "NEVER"}).copied == ()
    assert night(there, dict(here)).deleted == ()
    removed = night(there, here, Options={"PreserveDeletedFiles": "REMOVE"})
    assert removed.deleted == ("old",) and here == {"a": b"new"}


@pytest.mark.parametrize(("verify", "found"), [(POINT, ("late",)), (ONLY, ()), (NONE, ())])
def test_only_a_point_in_time_notices_a_source_that_changes(verify, found):
    there = {"a": b"1"}
    add = lambda: there.update(late=b"late")  # noqa: E731
    assert night(there, {}, Options={"VerifyMode": verify}, meanwhile=add).faults == found


@pytest.mark.parametrize(("verify", "found"), [(POINT, ("a",)), (ONLY, ("a",)), (NONE, ())])
def test_each_verification_notices_a_spoilt_copy_and_none_does_not(verify, found):
    here = {}
    spoil = lambda: here.update(a=b"x")  # noqa: E731
    result = night({"a": b"1"}, here, Options={"VerifyMode": verify}, meanwhile=spoil)
    assert result.faults == found


def test_what_is_never_overwritten_may_differ():
    result = night({"a": b"1"}, {"a": b"theirs"}, Options={"OverwriteMode": "NEVER"})
    assert result.faults == ()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"Options": {"OverwriteMode": "SOMETIMES"}}, "OverwriteMode is one of ALWAYS, NEVER"),
        ({"TaskMode": "FAST"}, "TaskMode is BASIC or ENHANCED"),
        ({"TaskMode": "ENHANCED", "Options": {"VerifyMode": POINT}}, "Enhanced task cannot verify"),
        (
            {"Options": {"PreserveDeletedFiles": "REMOVE", "TransferMode": "ALL"}},
            "Use TransferMode CHANGED",
        ),
    ],
)
def test_what_datasync_refuses_changes_nothing(settings, sentence):
    here = {}
    with pytest.raises(HPCError, match=sentence):
        night({"a": b"1"}, here, **settings)
    assert here == {}


@pytest.mark.parametrize(
    ("path", "value", "matches"),
    [
        ("/tmp/x", "/tmp", True),
        ("/tmp2/x", "/tmp", False),
        ("/a/b.log", "*.log", True),
        ("/a/b.dat", "/x|*.dat", True),
        ("/A/b.dat", "/a", False),
    ],
)
def test_a_pattern_means_a_folder_a_file_or_an_ending(path, value, matches):
    filters = [{"FilterType": "SIMPLE_PATTERN", "Value": value}]
    assert passes(path, filters, []) is matches
    assert passes(path, [], filters) is not matches
