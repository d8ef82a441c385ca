"""What a handler's time, datetime and boto3 are."""

import datetime
import time

import boto3
import pytest

from patternlab.clock import VirtualClock
from patternlab.local.awslambda.facades import datetime_module, time_module


@pytest.fixture
def clock():
    clock = VirtualClock()
    clock.wait(90.5)
    return clock


def test_time_is_the_clouds(clock):
    cloud = time_module(clock)
    assert cloud.time() == clock.epoch + 90.5
    assert cloud.time_ns() == round((clock.epoch + 90.5) * 1e9)
    assert (cloud.monotonic(), cloud.perf_counter()) == (90.5, 90.5)
    assert cloud.strftime("%H:%M:%S") == "09:01:30"
    assert cloud.gmtime().tm_min == cloud.localtime().tm_min == 1
    assert cloud.gmtime(0).tm_year == 1970
    assert cloud.struct_time is time.struct_time
    with pytest.raises(ValueError, match="time.sleep"):
        cloud.sleep(-1)


def test_pythons_own_time_is_not_touched(clock):
    before = time.time, time.sleep, datetime.datetime
    time_module(clock)
    datetime_module(clock)
    assert (time.time, time.sleep, datetime.datetime) == before


def test_datetime_is_the_clouds(clock):
    cloud = datetime_module(clock)
    now = datetime.datetime(2026, 1, 5, 9, 1, 30, 500_000)
    assert cloud.datetime.now() == cloud.datetime.utcnow() == cloud.datetime.today() == now
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    aware = cloud.datetime.now(berlin)
    assert (aware.hour, aware.tzinfo) == (10, berlin)
    assert cloud.date.today() == now.date()


def test_dates_of_handlers_and_of_the_rest_mix(clock):
    cloud = datetime_module(clock)
    made = cloud.datetime(2026, 1, 5)
    assert isinstance(made, cloud.datetime)
    assert isinstance(made, datetime.datetime)
    assert isinstance(datetime.datetime(2026, 1, 5), cloud.datetime)
    assert isinstance(datetime.date(2026, 1, 5), cloud.date)
    assert made + cloud.timedelta(days=1) == datetime.datetime(2026, 1, 6)
    assert cloud.datetime.fromisoformat("2026-01-05") == made
    assert type(made).__name__ == "datetime"


# -- boto3, in handlers --------------------------------------------------------------------------

BOTO3 = """
import boto3, boto3.session
from boto3 import client as make
from boto3.session import Session
from boto3.dynamodb.conditions import Key
import botocore.exceptions
AT_IMPORT = boto3.client("sqs")

def handler(event, context):
    clients = {
        "at import": AT_IMPORT,
        "in the body": boto3.client("sqs"),
        "by name": make("sqs"),
        "a session's": boto3.Session(profile_name="nobody").client("sqs"),
        "a submodule's": boto3.session.Session().client("sqs"),
        "its name": Session().client("sqs"),
    }
    urls = {how: client.list_queues()["QueueUrls"] for how, client in clients.items()}
    urls["a resource's"] = [queue.url for queue in boto3.resource("sqs").queues.all()]
    return urls
"""


def test_whatever_a_handler_makes_reaches_the_same_cloud(world):
    url, _ = world.queue("orders")
    world.create("f", BOTO3)
    found = world.invoke("f").payload
    assert len(found) == 7
    assert set(map(tuple, found.values())) == {(url,)}


def test_a_handlers_client_is_in_the_functions_region_unless_it_says_otherwise(world):
    source = """
import boto3
def handler(event, context):
    boto3.setup_default_session(region_name="eu-west-1")
    return [
        boto3.Session().client("sqs").meta.region_name,
        boto3.client("sqs").meta.region_name,
        boto3.Session(region_name="eu-north-1").client("sqs").meta.region_name,
        boto3.client("sqs", region_name="ap-south-1").meta.region_name,
        boto3.Session(region_name="eu-north-1").region_name,
    ]
"""
    world.create("f", source)
    regions = ["us-east-1", "eu-west-1", "eu-north-1", "ap-south-1", "eu-north-1"]
    assert world.invoke("f").payload == regions
    assert boto3.DEFAULT_SESSION is None or boto3.DEFAULT_SESSION.region_name != "eu-west-1"


def test_a_handler_may_give_a_client_a_config_and_credentials(world):
    url, _ = world.queue("orders")
    source = """
import boto3
from botocore.config import Config
def handler(event, context):
    sqs = boto3.client("sqs", config=Config(retries={"max_attempts": 9}),
                       aws_access_key_id="a", aws_secret_access_key="b")
    return sqs.list_queues()["QueueUrls"]
"""
    world.create("f", source)
    assert world.invoke("f").payload == [url]
