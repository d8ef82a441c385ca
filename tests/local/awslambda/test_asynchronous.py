"""Asynchronous invocation through boto3: events, attempts, settings (events-40 to events-49)."""

import json

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from patternlab import Knobs, open_cloud
from tests.local.refusals import refused

FAILS = "def handler(event, context):\n    1 / 0\n"
WORKS = "def handler(event, context):\n    return 'done'\n"
SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(event.get('seconds', 9))\n"
DEFAULTS = {"DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}}


def starts(world, name):
    return [line for line in world.lines(name) if line.startswith("START")]


def hand_over(world, name, event=None):
    got = world.invoke(name, event, InvocationType="Event")
    assert (got.status, got.payload, got.error) == (202, None, None)


# -- accepting -----------------------------------------------------------------------------------


def test_events_40_an_event_is_accepted_at_once_and_runs_on_the_clock(world):
    world.create("f", "def handler(event, context):\n    print('n is', event['n'])\n")
    begun = world.cloud.now()
    hand_over(world, "f", {"n": 7})
    assert world.cloud.now() == begun
    assert world.logs.describe_log_groups()["logGroups"] == []
    world.cloud.wait(1)
    assert "n is 7\n" in world.lines("f")


@pytest.mark.parametrize("payload", [json.dumps("x" * 1_048_576), "{no"], ids=["1 MB", "no JSON"])
def test_events_40_a_bad_payload_is_refused_and_not_run(world, payload):
    world.create("f", WORKS)
    asked = {"FunctionName": "f", "Payload": payload, "InvocationType": "Event"}
    code, message = refused(world.lam.invoke, **asked)
    if payload == "{no":
        assert code == "InvalidRequestContentException"
    else:
        assert code == "RequestEntityTooLargeException"
        assert message == (
            "1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)"
        )
    world.cloud.wait(minutes=10)
    assert world.logs.describe_log_groups()["logGroups"] == []


def test_events_40_a_payload_of_exactly_1_mb_is_accepted(world):
    world.create("f", WORKS)
    payload = json.dumps("x" * (1_048_576 - 2))
    got = world.lam.invoke(FunctionName="f", Payload=payload, InvocationType="Event")
    assert got["StatusCode"] == 202


def test_the_old_invoke_async_goes_the_same_way(world):
    world.create("f", FAILS)
    assert world.lam.invoke_async(FunctionName="f", InvokeArgs="{}")["Status"] == 202
    world.cloud.wait(minutes=10)
    assert len(starts(world, "f")) == 3


# -- attempts ------------------------------------------------------------------------------------


def test_events_41_and_43_it_is_tried_three_times_with_one_request_id_in_one_log_stream(world):
    world.create("f", FAILS)
    hand_over(world, "f")
    world.cloud.wait(minutes=10)
    assert len(starts(world, "f")) == 3
    assert len(set(starts(world, "f"))) == 1
    streams = world.logs.describe_log_streams(logGroupName="/aws/lambda/f")["logStreams"]
    assert len(streams) == 1


def test_events_41_a_time_out_is_retried_too(world):
    world.create("f", SLEEPS, Timeout=2)
    hand_over(world, "f", {"seconds": 9})
    world.cloud.wait(minutes=10)
    assert sum("Status: timeout" in line for line in world.lines("f")) == 3


@pytest.mark.parametrize("retries", [0, 1])
def test_events_41_the_number_of_retries_can_be_set(world, retries):
    world.create("f", FAILS)
    world.lam.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=retries)
    hand_over(world, "f")
    world.cloud.wait(minutes=10)
    assert len(starts(world, "f")) == retries + 1


def bad_order(event, context):
    raise ValueError(event["key"])


def test_events_42_the_history_counts_attempts_and_shows_their_gaps(cloud):
    first, second = starts_of(cloud).diff().dt.total_seconds().tolist()[1:]
    history = cloud.history("orders")
    assert history["receive_count"].tolist() == [1, 2, 3]
    assert history["key"].tolist() == ["order 1"] * 3
    assert history["outcome"].tolist() == ["failed"] * 3
    assert history["request_id"].nunique() == 1
    assert 50 <= first <= 70
    assert 100 <= second <= 135


def test_events_44_a_throttled_event_waits_for_room_and_uses_no_retry(world):
    world.create("f", SLEEPS, Timeout=60)
    world.lam.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    hand_over(world, "f", {"seconds": 50})
    hand_over(world, "f", {"seconds": 0})
    world.cloud.wait(45)
    assert world.logs.describe_log_groups()["logGroups"] == []  # none has ended
    world.cloud.wait(minutes=5)
    assert len(starts(world, "f")) == 2
    assert not any("ERROR" in line for line in world.lines("f"))


def test_events_44_an_outage_of_the_function_is_a_system_error(world):
    arn = world.create("f", WORKS)["FunctionArn"]
    world.cloud.faults.outage(arn, minutes=10)
    hand_over(world, "f")
    code, _ = refused(world.lam.invoke, FunctionName="f")
    assert code == "ServiceException"
    world.cloud.wait(minutes=9)
    assert world.logs.describe_log_groups()["logGroups"] == []
    world.cloud.wait(minutes=10)
    assert len(starts(world, "f")) == 1


@pytest.mark.parametrize(("age", "attempts"), [(60, 1), (90, 2)])
def test_events_45_an_event_that_would_be_too_old_is_given_up(world, age, attempts):
    world.create("f", FAILS)
    world.lam.put_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=age)
    hand_over(world, "f")
    world.cloud.wait(minutes=10)
    assert len(starts(world, "f")) == attempts


def test_events_46_a_reserved_concurrency_of_zero_drops_events_and_refuses_callers(world):
    world.create("f", WORKS)
    world.lam.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    hand_over(world, "f")
    assert refused(world.lam.invoke, FunctionName="f")[0] == "TooManyRequestsException"
    world.cloud.wait(1)
    world.lam.delete_function_concurrency(FunctionName="f")
    world.cloud.wait(minutes=10)
    assert world.logs.describe_log_groups()["logGroups"] == []


def starts_of(cloud):
    """When a function that fails was tried, as the history shows it."""
    cloud.deploy_function("orders", bad_order)
    lam = cloud.client("lambda")
    lam.invoke(FunctionName="orders", InvocationType="Event", Payload='{"key": "order 1"}')
    cloud.wait(minutes=10)
    return cloud.history("orders")["start"]


def test_two_runs_with_one_seed_retry_at_the_same_moments():
    def moments(seed):
        with open_cloud(seed=seed) as cloud:
            return starts_of(cloud).tolist()

    assert moments(1) == moments(1) != moments(2)


def test_the_jitter_is_a_knob():
    with open_cloud(knobs=Knobs(async_retry_jitter=(1.0, 1.0))) as cloud:
        gaps = starts_of(cloud).diff().dt.total_seconds().tolist()[1:]
    assert gaps == pytest.approx([60, 120], abs=0.01)


# -- settings ------------------------------------------------------------------------------------


def shown(got):
    return {k: v for k, v in got.items() if k not in ("ResponseMetadata", "LastModified")}


def test_put_replaces_the_settings_and_update_merges_them(world):
    arn = world.create("f", WORKS)["FunctionArn"]
    _, queue = world.queue("told")
    base = {"FunctionArn": arn + ":$LATEST", **DEFAULTS}
    lam = world.lam
    got = lam.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=1)
    assert shown(got) == base | {"MaximumRetryAttempts": 1}
    got = lam.update_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=100)
    assert shown(got) == base | {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 100}
    told = {"OnFailure": {"Destination": queue}}
    got = lam.update_function_event_invoke_config(FunctionName="f", DestinationConfig=told)
    assert got["DestinationConfig"] == {"OnSuccess": {}, **told}
    assert got["MaximumRetryAttempts"] == 1
    assert shown(lam.get_function_event_invoke_config(FunctionName="f")) == shown(got)
    got = lam.put_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=60)
    assert shown(got) == base | {"MaximumEventAgeInSeconds": 60}
    [listed] = lam.list_function_event_invoke_configs(FunctionName="f")[
        "FunctionEventInvokeConfigs"
    ]
    assert shown(listed) == shown(got)


def test_the_settings_say_when_they_were_changed_on_the_clouds_clock(world):
    world.create("f", WORKS)
    world.cloud.wait(hours=1)
    got = world.lam.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    assert got["LastModified"] == world.cloud.now()


def test_deleted_settings_are_the_defaults_again(world):
    world.create("f", FAILS)
    world.lam.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    world.lam.delete_function_event_invoke_config(FunctionName="f")
    hand_over(world, "f")
    world.cloud.wait(minutes=10)
    assert len(starts(world, "f")) == 3


@pytest.mark.parametrize("action", ["get", "update", "delete"])
def test_settings_that_are_not_there_are_not_found(world, action):
    arn = world.create("f", WORKS)["FunctionArn"]
    wanted = {"MaximumRetryAttempts": 1} if action == "update" else {}
    operation = getattr(world.lam, f"{action}_function_event_invoke_config")
    assert refused(operation, FunctionName="f", **wanted) == (
        "ResourceNotFoundException",
        f"The function {arn}:$LATEST doesn't have an EventInvokeConfig",
    )


BEYOND = [
    ({"MaximumRetryAttempts": 3}, "maximumRetryAttempts"),
    ({"MaximumEventAgeInSeconds": 59}, "maximumEventAgeInSeconds"),
    ({"MaximumEventAgeInSeconds": 21_601}, "maximumEventAgeInSeconds"),
]


@pytest.mark.parametrize("action", ["put", "update"])
def test_settings_beyond_the_limits_are_refused_and_change_nothing(world, action):
    """boto3 itself refuses some of these; Lambda refuses them all."""
    world.create("f", WORKS)
    before = world.lam.put_function_event_invoke_config(
        FunctionName="f", MaximumRetryAttempts=1, MaximumEventAgeInSeconds=90
    )
    name = f"{action}_function_event_invoke_config"
    unchecked = world.cloud.client("lambda", config=Config(parameter_validation=False))
    for wanted, setting in BEYOND:
        code, message = refused(getattr(unchecked, name), FunctionName="f", **wanted)
        [value] = wanted.values()
        assert code == "ValidationException"
        assert f"Value '{value}' at '{setting}'" in message
        with pytest.raises((ParamValidationError, ClientError)):
            getattr(world.lam, name)(FunctionName="f", **wanted)
    after = world.lam.get_function_event_invoke_config(FunctionName="f")
    assert shown(after) == shown(before)


def test_settings_that_say_nothing_are_refused(world):
    world.create("f", WORKS)
    assert refused(world.lam.put_function_event_invoke_config, FunctionName="f") == (
        "InvalidParameterValueException",
        "You must specify at least one of error handling or destination setting.",
    )


def test_settings_of_an_alias_are_refused_as_moto_would_set_the_function(world):
    world.create("f", WORKS)
    asked = {"FunctionName": "f", "Qualifier": "live", "MaximumRetryAttempts": 0}
    code, message = refused(world.lam.put_function_event_invoke_config, **asked)
    assert code == "InvalidParameterValueException" and "live" in message
    got = refused(world.lam.get_function_event_invoke_config, FunctionName="f")
    assert got[0] == "ResourceNotFoundException"


def test_a_configuration_update_keeps_the_settings(world):
    world.create("f", FAILS)
    world.lam.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    world.lam.update_function_configuration(FunctionName="f", Timeout=5)
    hand_over(world, "f")
    world.cloud.wait(minutes=10)
    assert len(starts(world, "f")) == 1
