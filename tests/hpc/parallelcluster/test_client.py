"""What AWS's schema and validators say of a file, through the judge's own process."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.parallelcluster import EXAMPLE, SecurityGroup, Site, Subnet, client, judge
from patternlab.hpc.parallelcluster.__main__ import main
from patternlab.learn.patience import OutOfPatience, patience

QUEUE = "Scheduling.SlurmQueues[0]"
FLEET = f"{QUEUE}.ComputeResources[0]"
SUBNETS = (Subnet("subnet-public1a", "a", public=True), Subnet("subnet-inside1a", "a"))


def said(judgement):
    """Level, validator and place of each finding."""
    return [(found.level, found.validator, found.where) for found in judgement.findings]


def test_a_good_file_is_accepted_without_a_word(judged):
    assert judged().findings == () and judged().accepted


@pytest.mark.parametrize(
    ("old", "new", "where", "line", "message", "advice"),
    [
        ("MaxCount", "MaxCont", f"{FLEET}.MaxCont", 18, "Unknown field.", "Write MaxCount."),
        ("MaxCount", "MaxNodes", f"{FLEET}.MaxNodes", 18, "Unknown field.", "Perhaps MaxCount"),
        ("MaxCount: 4", "MaxCount: four", f"{FLEET}.MaxCount", 18, "Not a valid", "integer"),
        ("Enabled: true", "Enabled: maybe", f"{FLEET}.Efa.Enabled", 20, "Not a valid", "boolean"),
        ("Scheduler: slurm", "Scheduler: awsbatch", "Scheduling.Scheduler", 11, "slurm.", "slurm"),
        ("Os: alinux2023", "Os: centos7", "Image.Os", 3, "alinux2023, ubuntu2204", "Choose"),
        ("InstanceType: c5.large", "InstanceType:", "HeadNode.InstanceType", 5, "null", "value"),
        ("Region: us-east-1", "Region: [a]", "Region", 1, "Not a valid string.", "string"),
        ("- subnet-inside1a", "- subnet-x", f"{QUEUE}.Networking.SubnetIds[0]", 23, "pattern", "8"),
        ("    SubnetId:", "  SubnetId:", "HeadNode.Networking", 6, "null", "indented below"),
    ],
)  # fmt: skip
def test_the_schema_says_what_and_where(judged, old, new, where, line, message, advice):
    first = judged(old, new).findings[0]
    assert (first.level, first.validator, first.where, first.line) == (
        "error",
        "schema",
        where,
        line,
    )
    assert message in first.message and advice in first.advice


#: Faults that one file can have together: what is written instead, and what AWS says of it.
FAULTS = [
    ("c5n.18xlarge", "c5n.4xlarge", "EfaValidator", f"{FLEET}.InstanceType", "support EFA"),
    ("MinCount: 1", "MinCount: 9", "ComputeResourceSizeValidator", f"{FLEET}.MinCount", "greater"),
    ("Name: mpi", "Name: MPI", "NameValidator", f"{QUEUE}.Name", "'MPI'"),
    (
        "        PlacementGroup:\n          Enabled: true\n", "",
        "EfaPlacementGroupValidator", f"{QUEUE}.Networking", "must be explicit",
    ),
]  # fmt: skip
#: Faults that hide others.
ALONE = [
    (
        "- subnet-inside1a", "- subnet-public1a", "MultiNetworkInterfacesInstancesValidator",
        f"{QUEUE}.Networking.SubnetIds", "auto-assign public IPs",
    ),
    (
        "c5n.18xlarge", "hpc7g.4xlarge", "InstanceArchitectureCompatibilityValidator",
        f"{FLEET}.InstanceType", "none of which are compatible",
    ),
    (
        "c5.large", "c5.lrge", "InstanceTypeValidator", "HeadNode.InstanceType",
        "'c5.lrge' is not supported",
    ),
    ("us-east-1", "us-east-9", "RegionValidator", "Region", "not yet officially supported"),
    (
        "Name: mpi", "Name: mpi\n      CapacityType: CAPACITY_BLOCK", "CapacityTypeValidator",
        f"{QUEUE}.CapacityType", "Capacity Reservation id is required",
    ),
]  # fmt: skip


@pytest.mark.parametrize("faults", [FAULTS, *([one] for one in ALONE)], ids=lambda one: one[0][2])
def test_the_validators_say_what_and_where(file, faults):
    for old, new, *_ in faults:
        file = file.replace(old, new, 1)
    errors = judge(file, EXAMPLE).of_level("error")
    assert all(error.advice for error in errors)
    for _, _, validator, where, message in faults:
        found = [(error.validator, error.where, message in error.message) for error in errors]
        assert (validator, where, True) in found


def test_several_zones_are_refused_for_efa_at_the_list_of_subnets(judged):
    errors = judged("- subnet-inside1a", "- subnet-inside1a\n          - subnet-inside1b").findings
    names = {"EfaMultiAzValidator", "MultiAzPlacementGroupValidator"}
    assert names < {error.validator for error in errors}
    assert {error.where for error in errors} == {f"{QUEUE}.Networking.SubnetIds"}


def test_the_finding_is_at_the_queue_it_is_about(file, changed):
    second = changed("Name: mpi", "Name: other").split("  SlurmQueues:\n")[1]
    judgement = judge(file + second.replace("c5n.18xlarge", "c5n.4xlarge"))
    efa = [found for found in judgement.findings if found.validator == "EfaValidator"]
    where = "Scheduling.SlurmQueues[1].ComputeResources[0].InstanceType"
    assert [found.where for found in efa] == [where] and efa[0].line == 29


def test_a_type_that_does_not_exist_is_refused_where_it_stands(judged):
    judgement = judged("c5n.18xlarge", "c5n.99xlarge")
    assert said(judgement) == [("error", "ParallelCluster", f"{FLEET}.InstanceType")]
    assert judgement.cluster is None


@pytest.mark.parametrize(("rules", "refused"), [("self", 0), ("self in", 1), ("open", 1)])
def test_efa_wants_a_group_that_lets_itself_in_and_out(judged, rules, refused):
    site = Site(SUBNETS, (SecurityGroup("sg-abcdefgh", rules),))
    groups = "        SecurityGroups: [sg-abcdefgh]\n        SubnetIds"
    errors = judged("        SubnetIds", groups, site).of_level("error")
    assert [error.validator for error in errors] == ["EfaSecurityGroupValidator"] * refused


@pytest.mark.deep
def test_the_findings_are_those_of_pcluster_create_cluster(changed):
    two_zones = "- subnet-inside1a\n          - subnet-inside1b"
    texts = [
        changed("- subnet-inside1a", two_zones),
        changed("c5n.18xlarge", "hpc7g.4xlarge"),
        changed("        PlacementGroup:\n          Enabled: true\n", ""),
        changed("    KeyName: lab", "    AllowedIps: 10.0.0.0/16"),
        changed("MinCount: 1", "MinCount: 9").replace("c5n.18xlarge", "t3.micro"),
    ]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("create_cluster.py"))],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        env=client._environment(),
    )
    for text, theirs in zip(texts, json.loads(done.stdout), strict=True):
        ours = {(f.level, f.validator, f.message) for f in judge(text, EXAMPLE).findings}
        assert ours and ours == {tuple(failure) for failure in theirs}


def test_a_subnet_that_the_site_does_not_have_is_refused(judged):
    first = judged("subnet-inside1a", "subnet-inside9z").findings[0]
    assert "does not exist" in first.message and first.where.endswith("SubnetIds[0]")


def test_a_type_is_refused_in_a_zone_that_does_not_offer_it(changed):
    text = changed("c5n.18xlarge", "hpc7g.16xlarge").replace("c5.large", "c7g.large")
    launch = judge(text, Site(SUBNETS)).findings[0]
    assert launch.validator == "ComputeResourceLaunchTemplateValidator"
    assert "us-east-1a" in launch.message and launch.where == f"{QUEUE}.Networking.SubnetIds"
    assert judge(text).accepted  # without a site the subnet is in a zone that offers it


def test_subnets_of_two_vpcs_are_refused(changed):
    site = Site((SUBNETS[0], Subnet("subnet-inside1a", "a", vpc="other")))
    pool = "LoginNodes:\n  Pools:\n    - Name: in\n      Count: 1\n      InstanceType: c5.large\n"
    pool += "      Networking: {SubnetIds: [subnet-inside1a]}\n"
    errors = judge(changed("", "") + pool, site).of_level("error")
    assert "SubnetsValidator" in [error.validator for error in errors]


def test_without_a_site_all_that_the_file_names_is_taken_for_granted(file):
    judgement = judge(file)
    assert judgement.accepted
    assert judgement.assumed == (
        "subnet-public1a is there: a public subnet in us-east-1a.",
        "subnet-inside1a is there: a private subnet in us-east-1a.",
        "lab is there.",
    )


def test_what_only_an_account_can_tell_is_not_judged(judged):
    role = "HeadNode:\n  Iam:\n    InstanceRole: arn:aws:iam::123456789012:role/mine"
    assert said(judged("HeadNode:", role)) == [("not judged", "RoleValidator", "HeadNode.Iam")]
    assert judged("HeadNode:", role).accepted


def test_no_url_is_opened(judged):
    script = "HeadNode:\n  CustomActions: {OnNodeConfigured: {Script: https://localhost/x.sh}}"
    (found,) = judged("HeadNode:", script).findings
    assert (found.level, found.validator) == ("not judged", "UrlValidator")
    assert "judged offline" in found.message


def test_what_moto_lacks_is_not_called_accepted(judged):
    target = "Name: mpi\n      CapacityReservationTarget:\n"
    target += "        CapacityReservationId: cr-0123456789abcdef0"
    judgement = judged("Name: mpi", target)
    assert not judgement.accepted and not judgement.of_level("error")
    assert judgement.summary == "Not judged to the end: 1 not judged."


def test_a_file_that_is_no_yaml_is_a_finding_too(judged):
    assert said(judged("    SubnetId", "\tSubnetId")) == [("error", "YAML", "")]


@pytest.mark.parametrize("text", ["1: a", "HeadNode: 5", "Scheduling: []", "Image: {1: {2: 3}}"])
def test_odd_files_are_refused_by_the_schema(text):
    assert {found.validator for found in judge(text).findings} == {"schema"}


@pytest.mark.deep
def test_another_process_says_the_same_bytes_whatever_came_before(judged, monkeypatch):
    old, new = "- subnet-inside1a", "- subnet-inside1a\n          - subnet-inside1b"
    first = judged(old, new)
    client._judged.cache_clear()
    client._JUDGE.close()
    # The learner's own settings must not matter either.
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "nowhere-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    judged("Region: us-east-1", "Region: eu-west-1", None)
    judged("MaxCount", "MaxCont")
    assert repr(judged(old, new)) == repr(first)


def test_awss_package_stays_out_of_this_process(judged):
    assert judged().accepted
    assert "pcluster" not in sys.modules


#: In the judge's place, which takes seconds to start: answers with the question.
ECHO = """
import json, sys, time
for line in sys.stdin:
    time.sleep(json.loads(line)["takes"])
    print(line, end="", flush=True)
"""


@pytest.fixture
def echo(monkeypatch):
    """A judge whose process answers each question with itself, `takes` seconds later."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
    command = [sys.executable, "-S", "-c", ECHO]
    monkeypatch.setattr(client, "_started", lambda: subprocess.Popen(command, **pipes))
    judge = client._Judge()
    yield judge
    judge.close()


def test_a_judge_that_ends_or_takes_too_long_is_started_again(echo, monkeypatch):
    assert echo.ask({"takes": 0})["number"] == 1
    echo._process.kill()
    echo._process.wait()
    with pytest.raises(HPCError, match="aws-parallelcluster"):
        echo.ask({"takes": 0})
    with monkeypatch.context() as patch:
        patch.setattr(client, "PATIENCE", 0.01)
        with pytest.raises(HPCError, match="0.01 s"):
            echo.ask({"takes": 60})
    assert echo.ask({"takes": 0})["number"] == 4


def test_who_is_interrupted_gets_no_others_answer_next(echo):
    with pytest.raises(OutOfPatience), patience(0.02):
        echo.ask({"takes": 0.1, "text": "first"})
    assert echo.ask({"takes": 0, "text": "second"})["text"] == "second"


def test_without_the_extra_one_sentence_says_how_to_get_it(judged, monkeypatch):
    monkeypatch.setattr(client, "find_spec", lambda name: None)
    with pytest.raises(HPCError, match="pip install"):
        judged("MaxCount: 4", "MaxCount: 8")


def test_that_sentence_names_the_extra_as_pyproject_does():
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8")
    (wanted,) = tomllib.loads(text)["project"]["optional-dependencies"]["parallelcluster"]
    assert f"'{wanted}'" in client.ABSENT


@pytest.mark.parametrize("text", [None, b"Region: x", {"Region": "us-east-1"}])
def test_only_text_is_judged(text):
    with pytest.raises(TypeError, match="YAML"):
        judge(text)


def test_the_command_judges_files(file, tmp_path, capsys):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(file)
    bad.write_text("Region: us-east-1")
    assert main([str(good)]) == 0
    assert "Accepted: nothing to say." in capsys.readouterr().out
    assert main([str(good), str(bad)]) == 1
    assert "Add HeadNode" in capsys.readouterr().out


def test_the_command_says_what_it_needs(tmp_path, capsys):
    assert main([]) == 2
    assert main([str(tmp_path / "absent.yaml")]) == 2
    assert "cannot be read" in capsys.readouterr().out
