"""DataSync in a local cloud: modes, options that count, states on the clock, and real copies."""

import pytest

from tests.local.refusals import refused

ROLE = {"BucketAccessRoleArn": "arn:aws:iam::123456789012:role/datasync"}
LIGHT = {"FilterType": "SIMPLE_PATTERN"}
ENDED = ("SUCCESS", "ERROR")
INVALID = "InvalidRequestException"


class Site:
    """Two buckets, with a task between them."""

    def __init__(self, cloud):
        self.cloud, self.s3 = cloud, cloud.client("s3")
        self.datasync = cloud.client("datasync")
        for bucket in ("site", "lake"):
            self.s3.create_bucket(Bucket=bucket)

    def put(self, bucket="site", metadata=None, **objects):
        for key, body in objects.items():
            key = key.replace("_", ".")
            self.s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=metadata or {})

    def at(self, bucket, folder=""):
        where = {"Subdirectory": folder} if folder else {}
        return self.datasync.create_location_s3(
            S3BucketArn=f"arn:aws:s3:::{bucket}", S3Config=ROLE, **where
        )["LocationArn"]

    def task(self, source=None, **settings):
        return self.datasync.create_task(
            SourceLocationArn=source or self.at("site"),
            DestinationLocationArn=self.at("lake"),
            **settings,
        )["TaskArn"]

    def start(self, task, **settings):
        return self.datasync.start_task_execution(TaskArn=task, **settings)["TaskExecutionArn"]

    def told(self, execution):
        return self.datasync.describe_task_execution(TaskExecutionArn=execution)

    def until(self, execution, *statuses):
        self.cloud.wait_until(lambda: self.told(execution)["Status"] in statuses, timeout=3600)
        return self.told(execution)

    def run(self, task=None, **settings):
        if task is None:
            task = self.task(**settings)
            settings = {}
        return self.until(self.start(task, **settings), *ENDED)

    def lake(self):
        found = self.s3.list_objects_v2(Bucket="lake").get("Contents", [])
        read = {}
        for key in (each["Key"] for each in found):
            read[key] = self.s3.get_object(Bucket="lake", Key=key)["Body"].read()
        return read


@pytest.fixture
def site(cloud):
    return Site(cloud)


def test_an_execution_copies_what_is_in_the_folder_with_its_metadata_and_tags(site):
    site.s3.put_object(
        Bucket="site", Key="runs/1.dat", Body=b"one", Metadata={"run": "1"}, Tagging="kind=raw"
    )
    site.put(other_dat=b"no")
    told = site.run(site.task(site.at("site", "/runs/")))
    assert site.lake() == {"1.dat": b"one"}
    assert (told["Status"], told["FilesTransferred"], told["BytesTransferred"]) == ("SUCCESS", 1, 3)
    assert site.s3.head_object(Bucket="lake", Key="1.dat")["Metadata"] == {"run": "1"}
    tags = site.s3.get_object_tagging(Bucket="lake", Key="1.dat")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "raw"}]


def test_a_basic_task_lists_transfers_and_verifies_in_turn(site):
    site.put(a_dat=b"a")
    execution = site.start(site.task())
    seen = []
    while not seen or seen[-1] not in ENDED:
        status = site.told(execution)["Status"]
        seen += [status] if status not in seen else []
        site.cloud.wait(seconds=5)
    assert seen == ["LAUNCHING", "PREPARING", "TRANSFERRING", "VERIFYING", "SUCCESS"]
    result = site.told(execution)["Result"]
    parts = sum(result[f"{phase}Duration"] for phase in ("Prepare", "Transfer", "Verify"))
    assert result["TotalDuration"] == parts + 60_000  # the launch


def test_looking_does_not_move_an_execution_on_as_it_does_in_moto(site):
    execution = site.start(site.task())
    assert {site.told(execution)["Status"] for _ in range(10)} == {"LAUNCHING"}


def test_an_enhanced_task_takes_as_long_as_its_longest_phase_and_tells_more(site):
    site.put(a_dat=b"a")
    basic, enhanced = (site.run(TaskMode=mode) for mode in ("BASIC", "ENHANCED"))
    assert enhanced["TaskMode"] == "ENHANCED"
    assert enhanced["Result"]["TotalDuration"] < basic["Result"]["TotalDuration"]
    assert enhanced["FilesListed"]["AtSource"] == 1 and "FilesListed" not in basic


def test_without_verification_there_is_no_such_phase(site):
    site.put(a_dat=b"a")
    told = site.run(Options={"VerifyMode": "NONE"})
    assert told["FilesVerified"] == 0 and "VerifyDuration" not in told["Result"]


@pytest.mark.parametrize(
    ("mode", "verify"),
    [("BASIC", "POINT_IN_TIME_CONSISTENT"), ("ENHANCED", "ONLY_FILES_TRANSFERRED")],
)
def test_each_mode_has_its_default_verification(site, mode, verify):
    task = site.datasync.describe_task(TaskArn=site.task(TaskMode=mode))
    assert (task["TaskMode"], task["Options"]["VerifyMode"]) == (mode, verify)


def test_no_mode_is_basic(site):
    assert site.datasync.describe_task(TaskArn=site.task())["TaskMode"] == "BASIC"


def test_a_second_run_copies_what_changed_or_all_of_it(site):
    site.put(a_dat=b"a", b_dat=b"b")
    task = site.task()
    site.run(task)
    site.put(b_dat=b"B")
    again = site.run(task)
    assert (again["FilesTransferred"], again["FilesSkipped"]) == (1, 1)
    everything = site.run(task, OverrideOptions={"TransferMode": "ALL"})
    assert (everything["FilesTransferred"], everything["FilesSkipped"]) == (2, 0)


def test_an_object_that_came_in_parts_is_copied_once_and_verified_by_its_content(site):
    at = {"Bucket": "site", "Key": "a.dat"}
    upload = {**at, "UploadId": site.s3.create_multipart_upload(**at)["UploadId"]}
    part = site.s3.upload_part(**upload, PartNumber=1, Body=b"a")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    site.s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    task = site.task()
    first, second = site.run(task), site.run(task)
    assert (first["Status"], first["FilesTransferred"]) == ("SUCCESS", 1)
    assert (second["Status"], second["FilesTransferred"]) == ("SUCCESS", 0)


def test_never_overwrite_keeps_what_is_there(site):
    site.put(a_dat=b"new", b_dat=b"new")
    site.put("lake", a_dat=b"theirs")
    told = site.run(Options={"OverwriteMode": "NEVER"})
    assert site.lake() == {"a.dat": b"theirs", "b.dat": b"new"}
    assert told["Status"] == "SUCCESS"


def test_what_is_deleted_at_the_source_stays_unless_it_is_to_be_removed(site):
    site.put(a_dat=b"a")
    site.put("lake", old_dat=b"old")
    assert site.run()["FilesDeleted"] == 0 and "old.dat" in site.lake()
    told = site.run(Options={"PreserveDeletedFiles": "REMOVE"})
    assert told["FilesDeleted"] == 1 and set(site.lake()) == {"a.dat"}


def test_what_is_excluded_is_neither_copied_nor_removed(site):
    site.put(a_dat=b"a", b_log=b"log")
    site.put("lake", old_log=b"old")
    site.run(
        Excludes=[{**LIGHT, "Value": "*.log|/scratch"}],
        Options={"PreserveDeletedFiles": "REMOVE"},
    )
    assert set(site.lake()) == {"a.dat", "old.log"}


def test_an_include_takes_a_folder_and_what_is_in_it(site):
    for key in ("runs/1.dat", "runs/deep/2.dat", "runs2/3.dat"):
        site.s3.put_object(Bucket="site", Key=key, Body=b"x")
    site.run(Includes=[{**LIGHT, "Value": "/runs"}])
    assert set(site.lake()) == {"runs/1.dat", "runs/deep/2.dat"}


@pytest.mark.parametrize(
    ("bucket", "key", "verify", "status"),
    [
        ("site", "late_dat", "POINT_IN_TIME_CONSISTENT", "ERROR"),
        ("site", "late_dat", "ONLY_FILES_TRANSFERRED", "SUCCESS"),
        ("site", "late_dat", "NONE", "SUCCESS"),
        ("lake", "a_dat", "POINT_IN_TIME_CONSISTENT", "ERROR"),
        ("lake", "a_dat", "ONLY_FILES_TRANSFERRED", "ERROR"),
        ("lake", "a_dat", "NONE", "SUCCESS"),
    ],
    ids=lambda value: value,
)
def test_which_verification_notices_a_late_source_or_a_spoilt_copy(
    site, bucket, key, verify, status
):
    site.put(a_dat=b"a")
    execution = site.start(site.task(Options={"VerifyMode": verify}))
    site.until(execution, "TRANSFERRING")
    site.put(bucket, **{key: b"changed"})
    told = site.until(execution, *ENDED)
    assert told["Status"] == status
    named = f"/{key.replace('_', '.')}"
    assert status == "SUCCESS" or told["Result"]["ErrorDetail"].endswith(named)


def test_an_object_that_goes_before_it_is_copied_ends_the_execution_with_a_sentence(site):
    site.put(a_dat=b"a")
    execution = site.start(site.task())
    site.until(execution, "PREPARING")
    site.s3.delete_object(Bucket="site", Key="a.dat")
    told = site.until(execution, *ENDED)
    assert told["Status"] == "ERROR" and "NoSuchKey" in told["Result"]["ErrorDetail"]


def test_a_task_has_one_execution_at_a_time_and_is_free_again_after_it(site):
    task = site.task(Name="nightly")
    first = site.start(task)
    assert site.datasync.describe_task(TaskArn=task)["Status"] == "RUNNING"
    code, message = refused(site.start, task)
    assert code == INVALID and "nightly" in message
    site.until(first, *ENDED)
    (listed,) = site.datasync.list_tasks()["Tasks"]
    assert (listed["Name"], listed["Status"]) == ("nightly", "AVAILABLE")
    second = site.start(task)
    runs = site.datasync.list_task_executions(TaskArn=task)["TaskExecutions"]
    assert [run["TaskExecutionArn"] for run in runs] == [first, second]


def test_a_cancelled_execution_keeps_what_it_has_copied(site):
    site.put(a_dat=b"a")
    execution = site.start(site.task())
    site.until(execution, "TRANSFERRING")
    site.datasync.cancel_task_execution(TaskExecutionArn=execution)
    site.cloud.wait(minutes=10)
    assert site.told(execution)["Status"] == "ERROR" and set(site.lake()) == {"a.dat"}
    code, message = refused(site.datasync.cancel_task_execution, TaskExecutionArn=execution)
    assert code == INVALID and "ERROR" in message


def test_an_update_changes_what_it_names_and_nothing_else(site):
    task = site.task(Name="nightly", Options={"OverwriteMode": "NEVER"})
    site.datasync.update_task(TaskArn=task, Options={"VerifyMode": "NONE"})
    told = site.datasync.describe_task(TaskArn=task)
    options = told["Options"]
    assert (told["Name"], options["OverwriteMode"], options["VerifyMode"]) == (
        "nightly",
        "NEVER",
        "NONE",
    )


@pytest.mark.parametrize(
    ("mode", "options", "more", "part"),
    [
        ("ENHANCED", {"VerifyMode": "POINT_IN_TIME_CONSISTENT"}, {}, "POINT_IN_TIME_CONSISTENT"),
        ("BASIC", {"PreserveDeletedFiles": "REMOVE", "TransferMode": "ALL"}, {}, "TransferMode"),
        ("BASIC", {"Mtime": "NONE"}, {}, "Mtime"),
        ("ENHANCED", {"Mtime": "NONE"}, {}, "Mtime"),
        ("FAST", {}, {}, "'FAST'"),
        ("BASIC", {}, {"Excludes": [{"FilterType": "REGEX", "Value": "x"}]}, "'REGEX'"),
    ],
)
def test_what_does_not_go_together_is_refused_before_there_is_a_task(
    site, mode, options, more, part
):
    code, message = refused(site.task, TaskMode=mode, Options=options, **more)
    assert code == INVALID and part in message
    assert site.datasync.list_tasks()["Tasks"] == []


def test_a_bucket_that_is_not_there_and_a_file_server_are_refused(site):
    code, message = refused(site.at, "nowhere")
    assert code == INVALID and "nowhere" in message
    server = site.datasync.create_location_smb(
        Subdirectory="/share",
        ServerHostname="nas",
        User="me",
        Password="x",
        AgentArns=["arn:aws:a"],
    )["LocationArn"]
    assert refused(site.start, site.task(server))[0] == INVALID


def test_an_agent_is_refused(site):
    agents = {"AgentArns": [f"arn:aws:datasync:us-east-1:{1:012}:agent/agent-1"]}
    share = {"Subdirectory": "/data", "ServerHostname": "nas", "OnPremConfig": agents}
    assert refused(site.datasync.create_location_nfs, **share)[0] == INVALID
    key = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
    assert refused(site.datasync.create_agent, ActivationKey=key)[0] == INVALID


def test_a_limit_of_bandwidth_slows_a_basic_task_and_not_an_enhanced_one(site):
    site.put(a_dat=bytes(100_000))
    limit = {"Options": {"BytesPerSecond": 1000, "TransferMode": "ALL"}}
    took = {
        mode: site.run(TaskMode=mode, **limit)["Result"]["TransferDuration"]
        for mode in ("BASIC", "ENHANCED")
    }
    assert took == {"BASIC": 100_000, "ENHANCED": 30_000}  # milliseconds


def test_a_task_or_execution_that_is_not_there_is_told(site):
    task = "arn:aws:datasync:us-east-1:111222333444:task/task-00000000000000009"
    for operation, name in (("start", task), ("told", f"{task}/execution/exec-1")):
        code, message = refused(getattr(site, operation), name)
        assert code == INVALID and name in message
