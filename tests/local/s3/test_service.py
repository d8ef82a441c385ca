"""S3 events through boto3: configured, permitted, delivered on the clock."""

import json

import pytest

from tests.local.permits import permit, policy
from tests.local.refusals import refusal

ACCOUNT = "123456789012"
CREATED, REMOVED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*"
UNABLE = "Unable to validate the following destination configurations"


def arn_of(name, service="sqs", region="us-east-1"):
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{name}"


def letting(service, action, resource, source):
    return policy(service, action, resource, source, ACCOUNT)


class Lab:
    """A bucket and a queue, and shortcuts."""

    def __init__(self, cloud):
        self.cloud, self.s3, self.sqs = cloud, cloud.client("s3"), cloud.client("sqs")
        self.s3.create_bucket(Bucket="photos")
        self.url = self.queue("events")

    def queue(self, name, permit=True, **attributes):
        if permit:
            attributes["Policy"] = letting(
                "s3", "sqs:SendMessage", arn_of(name), "arn:aws:s3:::photos"
            )
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def configure(self, *entries, kind="Queue", **more):
        config = {f"{kind}Configurations": list(entries)} if entries else {}
        self.s3.put_bucket_notification_configuration(
            Bucket="photos", NotificationConfiguration=config, **more
        )

    def to_queue(self, name="events", events=(CREATED, REMOVED), **filters):
        entry = {"QueueArn": arn_of(name), "Events": list(events)}
        if filters:
            rules = [{"Name": key, "Value": value} for key, value in filters.items()]
            entry["Filter"] = {"Key": {"FilterRules": rules}}
        return entry

    def ready(self, *args, **kwargs):
        """Notify the queue of everything, with its test event received."""
        self.configure(self.to_queue(*args, **kwargs))
        assert self.bodies()[0]["Event"] == "s3:TestEvent"

    def bodies(self):
        found = []
        while got := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in got:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def records(self, wait=60):
        self.cloud.wait(wait)
        return [body["Records"][0] for body in self.bodies()]

    def events(self):
        return [(r["eventName"], r["s3"]["object"]["key"]) for r in self.records()]

    def shown(self):
        got = self.s3.get_bucket_notification_configuration(Bucket="photos")
        return {name: value for name, value in got.items() if name != "ResponseMetadata"}

    def refusal(self, *args, **kwargs):
        before = self.shown()
        error = refusal(self.configure, *args, **kwargs)["Error"]
        assert self.shown() == before  # nothing is half-configured
        return error


@pytest.fixture
def lab(cloud):
    return Lab(cloud)


# -- what is told ----------------------------------------------------------------------------------


def test_events_61_nothing_arrives_before_its_time(lab):
    lab.ready()
    lab.s3.put_object(Bucket="photos", Key="a", Body=b"1")
    assert lab.bodies() == []
    assert len(lab.records(wait=1)) == 1


def test_put_copy_and_delete_have_one_event_each(lab):
    lab.ready()
    lab.s3.put_object(Bucket="photos", Key="a b", Body=b"meow", Tagging="x=y")
    lab.s3.copy_object(Bucket="photos", Key="c", CopySource={"Bucket": "photos", "Key": "a b"})
    lab.s3.delete_object(Bucket="photos", Key="a b")
    lab.s3.delete_object(Bucket="photos", Key="never there")
    assert lab.events() == [
        ("ObjectCreated:Put", "a+b"),
        ("ObjectCreated:Copy", "c"),
        ("ObjectRemoved:Delete", "a+b"),
    ]


def test_delete_objects_has_an_event_for_each(lab):
    for key in "ab":
        lab.s3.put_object(Bucket="photos", Key=key)
    lab.ready()
    lab.s3.delete_objects(Bucket="photos", Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
    assert lab.events() == [("ObjectRemoved:Delete", "a"), ("ObjectRemoved:Delete", "b")]


def test_a_multipart_upload_has_one_event_when_it_is_complete(lab):
    lab.ready()
    where = {"Bucket": "photos", "Key": "big"}
    upload = lab.s3.create_multipart_upload(**where)["UploadId"]
    part = lab.s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"x" * 100)
    assert lab.records() == []
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    lab.s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts)
    [record] = lab.records()
    assert record["eventName"] == "ObjectCreated:CompleteMultipartUpload"
    assert record["s3"]["object"]["size"] == 100
    assert record["s3"]["object"]["eTag"].endswith("-1")


def test_tagging_tells_of_itself_only_when_it_was_asked_for(lab):
    lab.ready(events=("s3:ObjectTagging:*",))
    lab.s3.put_object(Bucket="photos", Key="a", Tagging="x=y")
    assert lab.records() == []
    tags = {"TagSet": [{"Key": "k", "Value": "v"}]}
    lab.s3.put_object_tagging(Bucket="photos", Key="a", Tagging=tags)
    lab.s3.delete_object_tagging(Bucket="photos", Key="a")
    records = lab.records()
    assert [r["eventName"] for r in records] == ["ObjectTagging:Put", "ObjectTagging:Delete"]
    assert set(records[0]["s3"]["object"]) == {"key", "eTag"}


def test_events_66_versions_and_delete_markers(lab):
    lab.s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    lab.ready()
    put = lab.s3.put_object(Bucket="photos", Key="a", Body=b"1")
    marker = lab.s3.delete_object(Bucket="photos", Key="a")
    lab.s3.delete_object(Bucket="photos", Key="a", VersionId=put["VersionId"])
    records = lab.records()
    shown = [(r["eventName"], r["s3"]["object"]["versionId"]) for r in records]
    assert shown == [
        ("ObjectCreated:Put", put["VersionId"]),
        ("ObjectRemoved:DeleteMarkerCreated", marker["VersionId"]),
        ("ObjectRemoved:Delete", put["VersionId"]),
    ]
    about = records[1]["s3"]["object"]
    assert about["eTag"] == "d41d8cd98f00b204e9800998ecf8427e"
    assert "size" not in about


def test_events_63_prefix_and_suffix_in_any_case_of_their_names(lab):
    lab.ready(Prefix="in/", suffix=".csv")
    for key in ("in/a.csv", "in/a.txt", "a.csv", "in/.csv"):
        lab.s3.put_object(Bucket="photos", Key=key)
    assert lab.events() == [("ObjectCreated:Put", "in/a.csv"), ("ObjectCreated:Put", "in/.csv")]


def test_a_bucket_of_another_region_notifies_there(cloud):
    s3, sqs = (cloud.client(name, region_name="eu-west-1") for name in ("s3", "sqs"))
    s3.create_bucket(Bucket="fotos", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    arn = arn_of("events", region="eu-west-1")
    policy = letting("s3", "sqs:SendMessage", arn, "arn:aws:s3:::fotos")
    url = sqs.create_queue(QueueName="events", Attributes={"Policy": policy})["QueueUrl"]
    entry = {"QueueArn": arn, "Events": [CREATED]}
    s3.put_bucket_notification_configuration(
        Bucket="fotos", NotificationConfiguration={"QueueConfigurations": [entry]}
    )
    s3.put_object(Bucket="fotos", Key="a")
    cloud.wait(5)
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(got[1]["Body"])["Records"][0]["awsRegion"] == "eu-west-1"


# -- to functions, topics and EventBridge ----------------------------------------------------------

HANDLER = """
import json
def handler(event, context):
    print("GOT", json.dumps(event))
    raise ValueError("no")
"""


def test_events_50_a_function_is_invoked_asynchronously_three_times(lab, world):
    function = world.create("thumbnail", HANDLER)["FunctionArn"]
    entry = {"LambdaFunctionArn": function, "Events": [CREATED]}
    error = lab.refusal(entry, kind="LambdaFunction")
    assert error["Code"] == "InvalidArgument"
    assert error["Message"] == UNABLE
    permit(lab.cloud, "thumbnail", "s3", "arn:aws:s3:::photos", SourceAccount=ACCOUNT)
    lab.configure(entry, kind="LambdaFunction")
    lab.s3.put_object(Bucket="photos", Key="a")
    lab.cloud.wait(600)
    got = [line for line in world.lines("thumbnail") if line.startswith("GOT")]
    assert len(got) == 3  # and no test event
    assert json.loads(got[0][4:])["Records"][0]["s3"]["object"]["key"] == "a"


def test_events_67_a_topic_passes_the_subject_on(lab):
    sns = lab.cloud.client("sns")
    topic = sns.create_topic(Name="uploads")["TopicArn"]
    entry = {"TopicArn": topic, "Events": [CREATED]}
    assert "topic" in lab.refusal(entry, kind="Topic")["ArgumentValue"]
    allow = letting("s3", "sns:Publish", topic, "arn:aws:s3:::photos")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=allow)
    allow = letting("sns", "sqs:SendMessage", arn_of("events"), topic)
    lab.sqs.set_queue_attributes(QueueUrl=lab.url, Attributes={"Policy": allow})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn_of("events"))
    lab.configure(entry, kind="Topic")
    lab.s3.put_object(Bucket="photos", Key="a")
    lab.cloud.wait(60)
    bodies = lab.bodies()
    assert [body["Subject"] for body in bodies] == ["Amazon S3 Notification"] * 2
    assert json.loads(bodies[1]["Message"])["Records"][0]["eventName"] == "ObjectCreated:Put"


def test_events_67_eventbridge_gets_all_events(lab):
    events = lab.cloud.client("events")
    rule = events.put_rule(Name="r", EventPattern=json.dumps({"source": ["aws.s3"]}))["RuleArn"]
    allow = letting("events", "sqs:SendMessage", arn_of("events"), rule)
    lab.sqs.set_queue_attributes(QueueUrl=lab.url, Attributes={"Policy": allow})
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn_of("events")}])
    lab.s3.put_bucket_notification_configuration(
        Bucket="photos", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    assert lab.shown() == {"EventBridgeConfiguration": {}}
    lab.s3.put_object(Bucket="photos", Key="a b", Body=b"1")
    lab.s3.delete_object(Bucket="photos", Key="a b")
    lab.cloud.wait(60)
    bodies = lab.bodies()
    assert [body["detail-type"] for body in bodies] == ["Object Created", "Object Deleted"]
    assert bodies[0]["detail"]["object"]["key"] == "a b"


# -- events-62 and events-63: what is refused ------------------------------------------------------


def test_events_62_a_configuration_needs_the_permission_of_its_queue(lab):
    lab.queue("closed", permit=False)
    error = lab.refusal(lab.to_queue(), lab.to_queue("closed", suffix="x"))
    error = lab.refusal(lab.to_queue("closed"))
    assert (error["Code"], error["Message"]) == ("InvalidArgument", UNABLE)
    assert error["ArgumentName"] == arn_of("closed")
    assert error["ArgumentValue"].startswith("Permissions on the destination queue do not allow S3")
    assert lab.bodies() == []  # the other queue has no test event either


def test_events_62_a_configuration_whose_queue_does_not_exist_is_refused(lab):
    error = lab.refusal(lab.to_queue("nowhere"))
    assert (error["Code"], error["Message"]) == ("InvalidArgument", UNABLE)
    assert error["ArgumentValue"] == "The destination queue does not exist"


def test_events_62_validation_can_be_skipped(lab):
    lab.refusal(lab.to_queue("nowhere"))
    lab.configure(lab.to_queue("nowhere"), SkipDestinationValidation=True)
    lab.s3.put_object(Bucket="photos", Key="a")
    lab.cloud.wait(60)  # it goes nowhere, and nobody is told
    assert len(lab.shown()["QueueConfigurations"]) == 1


def test_events_62_permission_that_is_taken_away_later_stops_the_deliveries(lab):
    lab.ready()
    lab.sqs.set_queue_attributes(QueueUrl=lab.url, Attributes={"Policy": ""})
    lab.s3.put_object(Bucket="photos", Key="a")
    assert lab.records() == []


def test_events_62_an_empty_configuration_stops_everything(lab):
    lab.ready()
    lab.configure()
    lab.s3.put_object(Bucket="photos", Key="a")
    assert lab.records() == []
    assert lab.shown() == {}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (
            [{}, {}],
            "Configurations overlap. Configurations on the same bucket cannot share a common event "
            "type.",
        ),
        (
            [{"prefix": "in/"}, {"suffix": ".csv"}],
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules "
            "if the prefixes are overlapping for the same event type.",
        ),
    ],
)
def test_events_63_overlapping_rules_are_refused(lab, entries, words):
    lab.ready()
    error = lab.refusal(*[lab.to_queue(**entry) for entry in entries])
    assert (error["Code"], error["Message"]) == ("InvalidArgument", words)
    lab.s3.put_object(Bucket="photos", Key="a")
    assert len(lab.records()) == 1  # the old configuration is in force


def test_events_63_a_fifo_queue_is_refused(lab):
    lab.queue("events.fifo", FifoQueue="true")
    error = lab.refusal(lab.to_queue("events.fifo"))
    words = "FIFO SQS queues are not supported."
    assert (error["Code"], error["Message"]) == ("InvalidArgument", words)


@pytest.mark.parametrize(
    "change",
    [
        {"Events": ["s3:ObjectCreated:Sneeze"]},
        {"Filter": {"Key": {"FilterRules": [{"Name": "middle", "Value": "x"}]}}},
        {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": v} for v in "ab"]}}},
        {"QueueArn": arn_of("events", region="eu-west-1")},
        {"QueueArn": "arn:aws:kinesis:us-east-1:123456789012:stream/x"},
    ],
)
def test_events_63_bad_rules_are_an_invalid_argument(lab, change):
    lab.ready()
    assert lab.refusal({**lab.to_queue(), **change})["Code"] == "InvalidArgument"


def test_two_rules_of_one_id_are_refused(lab):
    a, b = lab.to_queue(prefix="a"), lab.to_queue(prefix="b")
    assert lab.refusal({**a, "Id": "x"}, {**b, "Id": "x"})["Code"] == "InvalidArgument"


def test_a_deleted_bucket_leaves_no_rules_to_the_next_of_that_name(lab):
    lab.ready()
    lab.s3.delete_bucket(Bucket="photos")
    lab.s3.create_bucket(Bucket="photos")
    lab.s3.put_object(Bucket="photos", Key="a")
    assert lab.records() == []
