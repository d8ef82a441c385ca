"""open_cloud(): the life of a local cloud, its clock, and two runs that are the same run."""

import importlib
import json
import math
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from patternlab import CloudError, WaitTimeout, open_cloud
from patternlab.clock import DEFAULT_START


@pytest.fixture
def cloud():
    with open_cloud() as cloud:
        yield cloud


def fine(event, context):
    return event


# -- life ----------------------------------------------------------------------------------------


def test_the_banner_tells_backend_region_and_time(capsys):
    start = datetime(2027, 3, 1, 12, tzinfo=UTC)
    with open_cloud(region="eu-west-1", start=start, seed=7) as cloud:
        assert cloud.now() == start
    out = capsys.readouterr().out
    for part in ("local cloud", "eu-west-1", "2027-03-01 12:00:00 UTC", "seed 7", "no network"):
        assert part in out
    assert out.endswith("Nothing is left: it only ever was in memory.\n")


def test_only_one_cloud_is_open_at_a_time(cloud):
    with pytest.raises(CloudError, match=r"cloud\.close\(\)"):
        open_cloud()
    assert cloud.client("sqs").list_queues()
    cloud.close()
    with open_cloud():
        pass


def test_closing_twice_is_closing_once(capsys):
    cloud = open_cloud()
    cloud.close()
    cloud.close()
    assert capsys.readouterr().out.count("is closed") == 1


def test_a_closed_cloud_says_so(cloud):
    cloud.close()
    for use in (
        lambda: cloud.client("sqs"),
        lambda: cloud.resource("s3"),
        cloud.now,
        lambda: cloud.wait(1),
        lambda: cloud.wait_until(lambda: True),
        cloud.history,
        lambda: cloud.deploy_function("f", fine),
    ):
        with pytest.raises(CloudError, match=r"open_cloud\(\)"):
            use()


def test_a_new_cloud_is_a_new_world(cloud):
    cloud.client("sqs").create_queue(QueueName="q")
    cloud.wait(60)
    cloud.close()
    with open_cloud() as fresh:
        assert fresh.now() == DEFAULT_START
        assert "QueueUrls" not in fresh.client("sqs").list_queues()


def test_a_cloud_is_closed_when_its_block_fails():
    with pytest.raises(ZeroDivisionError), open_cloud():
        raise ZeroDivisionError
    open_cloud().close()


def test_a_cloud_that_cannot_be_opened_leaves_nothing_open():
    with pytest.raises(AttributeError), open_cloud(start="today"):
        pass
    open_cloud().close()


def test_the_backend_comes_from_the_environment_unless_it_is_given(monkeypatch):
    monkeypatch.setenv("PATTERNLAB_BACKEND", "azure")
    with pytest.raises(CloudError, match="azure"):
        open_cloud()
    open_cloud(backend="local").close()
    monkeypatch.setenv("PATTERNLAB_BACKEND", "local")
    open_cloud().close()


# -- functions of the notebook -------------------------------------------------------------------


def test_a_function_is_deployed_and_deployed_again(cloud):
    def first(event, context):
        return 1

    def second(event, context):
        import os

        return os.environ["N"]

    arn = cloud.deploy_function("f", first)
    assert arn == "arn:aws:lambda:us-east-1:123456789012:function:f"
    lam = cloud.client("lambda")

    def invoke():
        return json.loads(lam.invoke(FunctionName="f")["Payload"].read())

    assert invoke() == 1
    again = cloud.deploy_function("f", second, timeout=9, memory=512, environment={"N": "2"})
    assert again == arn
    assert invoke() == "2"
    settings = lam.get_function_configuration(FunctionName="f")
    assert (settings["Timeout"], settings["MemorySize"]) == (9, 512)


def test_a_handler_that_cannot_be_sent_leaves_the_cloud_as_it_was(cloud):
    with pytest.raises(ValueError, match="handler"):
        cloud.deploy_function("f", "handler")
    assert cloud.client("lambda").list_functions()["Functions"] == []


# -- time ----------------------------------------------------------------------------------------


def test_time_passes_only_when_asked(cloud):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    for _ in range(20):
        sqs.send_message(QueueUrl=url, MessageBody="a")
    assert cloud.now() == DEFAULT_START
    cloud.wait(1.5, minutes=2, hours=1)
    assert (cloud.now() - DEFAULT_START).total_seconds() == 3_721.5
    cloud.wait()
    cloud.wait(0)
    assert (cloud.now() - DEFAULT_START).total_seconds() == 3_721.5


def test_events_9_a_long_poll_moves_the_clock_by_its_wait_at_most(cloud):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert (cloud.now() - DEFAULT_START).total_seconds() == 20
    sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=7)
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]["Body"] == "a"
    assert (cloud.now() - DEFAULT_START).total_seconds() == 27
    sqs.send_message(QueueUrl=url, MessageBody="b")
    sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert (cloud.now() - DEFAULT_START).total_seconds() == 27


@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf, -math.inf, "soon", None, [1]])
def test_a_wait_that_is_no_length_of_time_is_refused(cloud, wrong):
    for use in (
        lambda: cloud.wait(wrong),
        lambda: cloud.wait(minutes=wrong),
        lambda: cloud.wait_until(lambda: False, timeout=wrong),
    ):
        with pytest.raises(ValueError):
            use()
    assert cloud.now() == DEFAULT_START
    cloud.wait(1)


def test_wait_until_asks_when_something_happened_and_at_most_once_a_second(cloud):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "100"})["QueueUrl"]
    for delay in (10, 50, 50, 300):
        sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=delay)
    name, asked = "ApproximateNumberOfMessages", []

    def all_visible():
        asked.append((cloud.now() - DEFAULT_START).total_seconds())
        got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return got["Attributes"][name] == "4"

    assert cloud.wait_until(all_visible) == 300
    assert asked == [0, 10, 50, 300]


def test_wait_until_with_much_going_on_asks_once_a_second(cloud):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    for _ in range(50):
        sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=5)
        cloud.wait(0.1)
    asked = []
    with pytest.raises(WaitTimeout):
        cloud.wait_until(lambda: asked.append(1), timeout=5)
    assert len(asked) <= 6


def test_wait_until_that_is_true_at_once_takes_no_time(cloud):
    assert cloud.wait_until(lambda: "anything true") == 0.0
    assert cloud.now() == DEFAULT_START


def test_wait_until_gives_up_with_a_sentence(cloud):
    with pytest.raises(WaitTimeout, match="90 s"):
        cloud.wait_until(lambda: False, timeout=90)
    assert (cloud.now() - DEFAULT_START).total_seconds() == 90
    assert issubclass(WaitTimeout, TimeoutError)


def test_what_a_condition_raises_is_the_learners(cloud):
    with pytest.raises(ZeroDivisionError):
        cloud.wait_until(lambda: 1 / 0)
    cloud.wait(1)


# -- one seed decides ----------------------------------------------------------------------------

SCENARIO = '''
import json
from patternlab import open_cloud

def handler(event, context):
    for record in event["Records"]:
        print(sorted({record["messageId"], record["receiptHandle"]}))
        if record["body"] == "poison":
            raise ValueError("poison")

def failing(event, context):
    raise KeyError("no")

def scenario(**settings):
    """Everything that a learner can see, as text."""
    seen = []
    with open_cloud(**settings) as cloud:
        sqs, lam = cloud.client("sqs"), cloud.client("lambda")
        url = sqs.create_queue(QueueName="q.fifo", Attributes={
            "FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        seen.append(arn)
        cloud.deploy_function("f", handler)
        cloud.deploy_function("g", failing)
        seen.append(lam.create_event_source_mapping(
            EventSourceArn=arn["QueueArn"], FunctionName="f"))
        lam.invoke(FunctionName="g", InvocationType="Event", Payload="{}")
        for n, body in enumerate(["a", "poison", "c"]):
            seen.append(sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=str(n % 2)))
        cloud.wait(400)
        seen.append(sqs.receive_message(QueueUrl=url))
        seen.append(lam.get_function(FunctionName="f"))
        seen.append(cloud.client("s3").create_bucket(Bucket="pictures"))
        logs = cloud.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            seen.append(logs.filter_log_events(logGroupName=group["logGroupName"])["events"])
        seen.append(cloud.history().to_csv())
    return json.dumps(seen, default=str, indent=1)
'''


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    """The scenario as a module, and as a file to run."""
    file = tmp_path / "a_scenario.py"
    file.write_text(SCENARIO + "\nif __name__ == '__main__':\n    print(scenario(seed=1))\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("a_scenario"), file
    del sys.modules["a_scenario"]


def test_one_seed_gives_the_same_bytes_again_in_another_process_too(scenario, capfd):
    module, file = scenario
    one, two, other = (module.scenario(seed=seed) for seed in (1, 1, 2))
    capfd.readouterr()
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    done = subprocess.run(
        [sys.executable, file], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert done.returncode == 0
    assert len(one) > 5_000
    assert one == two != other
    assert one in done.stdout
