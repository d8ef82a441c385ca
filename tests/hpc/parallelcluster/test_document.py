"""Text that is no YAML, or no cluster file: one sentence, with the line."""

import pytest

from patternlab.hpc.parallelcluster.judging.document import Unreadable, read, written


def refusal(text):
    with pytest.raises(Unreadable) as error:
        read(text)
    return error.value.line, error.value.message, error.value.advice


def test_every_part_has_its_line(file):
    document = read(file)
    assert document.line(("Image", "Os")) == 3
    queue = ("Scheduling", "SlurmQueues", 0)
    assert document.line(queue) == 13
    assert document.line((*queue, "Networking", "SubnetIds", 0)) == 23


def test_what_is_not_in_the_file_has_the_line_of_what_it_would_be_part_of(file):
    assert read(file).line(("HeadNode", "Networking", "Proxy", "HttpProxyAddress")) == 6


def test_a_path_is_written_as_people_write_it():
    path = ("Scheduling", "SlurmQueues", 0, "Networking", "SubnetIds", 1)
    assert written(path) == "Scheduling.SlurmQueues[0].Networking.SubnetIds[1]"


def test_a_tab_is_named_as_such(changed):
    line, message, advice = refusal(changed("    SubnetId", "\tSubnetId"))
    assert (line, advice) == (7, "Replace each tab by two spaces.")
    assert "begins with a tab" in message


@pytest.mark.parametrize("text", ["", "  \n\n"])
def test_nothing_is_said_to_be_empty(text):
    assert refusal(text)[1] == "The file is empty."


@pytest.mark.parametrize(
    ("text", "kind"),
    [("- a\n- b\n", "a list"), ("hello", "a piece of text"), ("# only", "nothing but comments")],
)
def test_what_is_no_mapping_is_said_to_be_what_it_is(text, kind):
    line, message, _ = refusal(text)
    assert (line, message) == (1, f"This is {kind}, and a cluster file is a mapping.")


def test_a_key_that_is_there_twice_is_refused_with_both_lines(file):
    line, message, _ = refusal(file + "Region: eu-west-1\n")
    assert (line, message) == (26, "The key Region is there twice, in lines 1 and 26.")


@pytest.mark.parametrize(
    ("old", "new", "line", "part"),
    [
        ("  Scheduler: slurm", "  Scheduler slurm", 11, "no colon in line 11"),
        ("- Name: mpi", "- Name mpi", 13, "no colon in line 13"),
        ("          MinCount", "           MinCount", 17, "indented below line 16"),
        ("          MinCount", "         MinCount", 17, "indented by 9 spaces"),
        ("Os: alinux2023", "Os: alinux: 2023", 3, "more than one key in line 3"),
        ("Os: alinux2023", "Os: [alinux2023", 4, "This is not YAML"),
    ],
)
def test_a_wrong_indentation_and_a_missing_colon_are_found(changed, old, new, line, part):
    found, message, advice = refusal(changed(old, new))
    assert found == line and part in message and advice.endswith(".")


@pytest.mark.parametrize(
    "text", ["a: &a [*a]", "'x", "a: {b: [1", "\x00", "a: !!python/object:os.system x"]
)
def test_odd_text_is_refused_in_a_sentence(text):
    line, message, advice = refusal(text)
    assert line == 1 and message.endswith(".") and advice.endswith(".")
