"""The internals of moto that asynchronous invocation leans on. A new moto that moves one of them
fails here, by name."""

import inspect

import pytest
from moto.awslambda import exceptions, models
from moto.events.models import EventsBackend, events_backends
from moto.s3.models import S3Backend, s3_backends
from moto.sns.models import sns_backends

from patternlab.local.receivers import exists

ACCOUNT, REGION = "123456789012", "us-east-1"


def test_the_list_of_settings_is_made_of_what_get_gives():
    source = inspect.getsource(models.LambdaBackend.list_function_event_invoke_configs)
    assert "self.get_function_event_invoke_config(function_name)" in source
    assert "except UnknownEventConfig" in source


def test_a_function_keeps_its_settings_in_a_list():
    assert "self.event_invoke_config: list" in inspect.getsource(models.LambdaFunction)


def test_the_settings_check_upper_limits_and_patterns_and_not_lower_limits():
    """The lower ones are ours."""
    config = models.EventInvokeConfig("arn", 7.0, {"MaximumEventAgeInSeconds": 1})
    assert config.config == {"MaximumEventAgeInSeconds": 1}
    assert config.response()["LastModified"] == 7.0
    for wrong in (
        {"MaximumRetryAttempts": 3},
        {"MaximumEventAgeInSeconds": 21_601},
        {"DestinationConfig": {"OnFailure": {"Destination": "q"}}},
    ):
        with pytest.raises(exceptions.ValidationException):
            models.EventInvokeConfig("arn", 7.0, wrong)


def test_a_published_version_is_a_shallow_copy():
    """So that it shares the queue of events with the function."""
    assert "copy.copy(" in inspect.getsource(models.LambdaStorage.publish_version)


def test_moto_keeps_no_dead_letter_queue_of_a_function():
    assert "DeadLetter" not in inspect.getsource(models)


def test_a_bus_takes_entries_and_a_bucket_takes_bytes_without_a_request():
    entries = ["self", "events"]
    assert list(inspect.signature(EventsBackend.put_events).parameters) == entries
    stored = ["self", "bucket_name", "key_name", "value"]
    assert list(inspect.signature(S3Backend.put_object).parameters)[:4] == stored


def test_what_can_be_told_is_found_in_the_backends(world):
    topic = world.cloud.client("sns").create_topic(Name="t")["TopicArn"]
    world.cloud.client("s3").create_bucket(Bucket="bucket")
    bus = world.cloud.client("events").create_event_bus(Name="bus")["EventBusArn"]
    assert topic in sns_backends[ACCOUNT][REGION].topics
    assert "bucket" in s3_backends[ACCOUNT]["aws"].buckets
    assert {"default", "bus"} <= set(events_backends[ACCOUNT][REGION].event_buses)
    function = world.create("f", "def handler(event, context): pass")["FunctionArn"]
    _, queue = world.queue("q")
    for arn in (topic, bus, function, queue, "arn:aws:s3:::bucket"):
        assert exists(arn, ACCOUNT)
        assert not exists(arn + "2", ACCOUNT)
