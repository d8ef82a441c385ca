"""What a task copies, deletes and finds, by its options."""

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer.sync import night, passes


def test_a_night_changes_the_dictionary_as_a_task_would_a_bucket():
    """The rules themselves are held against buckets in tests/local/datasync."""
    there, here = {"a": b"1", "b": b"2"}, {"a": b"theirs", "old": b"old"}
    options = {"OverwriteMode": "NEVER", "PreserveDeletedFiles": "REMOVE"}
    add = lambda: there.update(late=b"late")  # noqa: E731
    result = night(there, here, Options=options, meanwhile=add)
    assert (result.copied, result.deleted, result.faults) == (("b",), ("old",), ("late",))
    assert here == {"a": b"theirs", "b": b"2"}


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"Options": {"OverwriteMode": "SOMETIMES"}}, "OverwriteMode"),
        ({"TaskMode": "FAST"}, "FAST"),
    ],
)
def test_what_datasync_refuses_changes_nothing(settings, name):
    here = {}
    with pytest.raises(HPCError, match=name):
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
